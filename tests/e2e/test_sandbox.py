#!/usr/bin/env python3
"""End to end on the sandbox: what needs injected faults, or no real control plane."""
import http.server
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from harness import (Davit, Exporter, HangingServer, Prometheus, Redis, Sandbox, binaries, enter, free_port, holds, prometheus_trigger, redis_trigger,
                     scaled_object, wait)

DAVIT, SANDBOX = binaries()


class OnSandbox(unittest.TestCase):
    def setUp(self):
        enter(self)
        self.sandbox = self.keep(Sandbox(SANDBOX, self.folder, "--ready-delay", "200ms"))
        self.api = self.sandbox.api

    def davit(self, *args):
        return self.keep(Davit(DAVIT, self.folder, self.sandbox.kubeconfig, *args))

    def redis_object(self, davit, redis, replicas=0, **spec):
        self.api.deployment("default", "worker", replicas)
        davit.write("a.yaml", scaled_object("worker", [redis_trigger(redis.port, "jobs")], **{"pollingInterval": 1, "cooldownPeriod": 2,
                                                                                             "maxReplicaCount": 10, **spec}))

    def test_zero_to_n_to_zero(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}})
        davit.start()
        redis.push("jobs", 50)
        wait("0 to 10 in one step", lambda: self.api.replicas("default", "worker") == 10, 10)
        scales = self.sandbox.http.json("GET", "/sandbox/scales")
        self.assertEqual([(s["from"], s["to"]) for s in scales["scales"]], [(0, 10)])
        redis.command("DEL", "jobs")
        wait("back to 0", lambda: self.api.replicas("default", "worker") == 0, 15)
        self.assertEqual(davit.stop(), 0)

    def test_cron_window_opens_and_closes(self):
        def around(first, last):
            """A window from so many hours from now to so many."""
            start, end = (time.gmtime(time.time() + hours * 3600) for hours in (first, last))
            return {"type": "cron", "metadata": {"timezone": "Etc/UTC", "desiredReplicas": "3", "start": time.strftime("%M %H * * *", start),
                                                 "end": time.strftime("%M %H * * *", end)}}

        def window(davit, first, last):
            davit.write("a.yaml", scaled_object("worker", [around(first, last)], pollingInterval=1, cooldownPeriod=3, maxReplicaCount=10))

        davit = self.davit()
        self.api.deployment("default", "worker", 0)
        window(davit, -1, 2)
        davit.start()
        wait("the open window's three", lambda: self.api.replicas("default", "worker") == 3, 10)
        decision = davit.decisions("worker")
        self.assertTrue(decision["decisions"][0]["active"])
        self.assertIn("cron", str(decision))
        window(davit, 2, 4)
        holds("the cooldown", lambda: self.api.replicas("default", "worker") == 3, 1.5)
        wait("none when it is closed", lambda: self.api.replicas("default", "worker") == 0, 15)
        holds("and none later", lambda: self.api.replicas("default", "worker") == 0, 2)
        window(davit, -2, -1)
        holds("nor for a window that has been", lambda: self.api.replicas("default", "worker") == 0, 3)
        scales = self.sandbox.http.json("GET", "/sandbox/scales")
        self.assertEqual([(s["from"], s["to"]) for s in scales["scales"]], [(0, 3), (3, 0)])
        self.assertEqual(davit.stop(), 0)

    def test_conflict_is_retried(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        self.sandbox.faults({"method": "PATCH", "path": "/scale", "status": 409, "times": 2})
        davit.start()
        redis.push("jobs", 50)
        wait("scaled in spite of conflicts", lambda: self.api.replicas("default", "worker") == 10, 15)

    def test_server_errors_are_retried(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        self.sandbox.faults({"method": "PATCH", "path": "/scale", "status": 500, "times": 2}, {"method": "PATCH", "path": "/scale", "status": 429,
                                                                                              "retryAfter": 1, "times": 1})
        davit.start()
        redis.push("jobs", 50)
        wait("scaled in spite of 500 and 429", lambda: self.api.replicas("default", "worker") == 10, 20)

    def test_torn_and_expired_watches(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, replicas=1, minReplicaCount=1)
        self.sandbox.faults({"method": "GET", "path": "/deployments", "tearWatchAfterBytes": 300, "times": 3})
        davit.start()
        self.sandbox.faults({"goneWatches": True, "times": 2})
        self.api.scale("default", "worker", 3)
        scales = lambda: [(s["from"], s["to"]) for s in self.sandbox.http.json("GET", "/sandbox/scales")["scales"]]
        wait("the change by another hand is seen, and undone", lambda: (3, 1) in scales(), 20)

    def test_files_change_live(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        davit.start()
        redis.push("jobs", 100)
        wait("at max", lambda: self.api.replicas("default", "worker") == 10, 10)
        davit.write("a.yaml", scaled_object("worker", [redis_trigger(redis.port, "jobs")], pollingInterval=1, maxReplicaCount=15))
        wait("new max applied", lambda: self.api.replicas("default", "worker") == 15, 5)
        davit.write("a.yaml", "kind: [broken\n")
        wait("the error is reported", lambda: davit.metric("davit_config_errors") > 0, 5)
        self.assertEqual(davit.metric("davit_objects"), 1)
        redis.push("jobs", 1)
        holds("the old object runs on", lambda: self.api.replicas("default", "worker") == 15, 3)
        (davit.config / "a.yaml").unlink()
        wait("removed", lambda: davit.metric("davit_objects") == 0, 5)

    def test_second_object_on_one_target_is_refused_until_free(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        davit.write("b.yaml", scaled_object("worker-2", [redis_trigger(redis.port, "jobs", 1)], target="worker", pollingInterval=1, maxReplicaCount=20))
        davit.start()
        redis.push("jobs", 50)
        wait("the first scales", lambda: self.api.replicas("default", "worker") == 10, 10)
        refused = davit.decisions("worker-2")
        self.assertEqual(refused["phase"], "refused")
        self.assertIn("already scaled by ScaledObject default/worker", refused["problem"])
        (davit.config / "a.yaml").unlink()
        wait("the second takes over", lambda: self.api.replicas("default", "worker") == 20, 10)

    def test_restart_keeps_cooldown(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, cooldownPeriod=20,
                          advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}})
        davit.start()
        redis.push("jobs", 5)
        wait("active", lambda: self.api.replicas("default", "worker") == 1, 10)
        redis.command("DEL", "jobs")
        wait("inactive", lambda: not davit.decisions("worker")["decisions"][0]["active"], 10)
        inactive_at = time.monotonic()
        self.assertEqual(davit.stop(), 0)
        davit.start()
        holds("cooldown goes on after the restart", lambda: self.api.replicas("default", "worker") == 1, max(1, 14 - (time.monotonic() - inactive_at)))
        wait("cooldown ends when it would have", lambda: self.api.replicas("default", "worker") == 0, 12)

    def test_secrets_stay_secret(self):
        redis = self.keep(Redis(self.folder, "--requirepass", "planted-secret-7f3a"))
        davit = self.davit()
        self.api.deployment("default", "worker", 0)
        trigger = redis_trigger(redis.port, "jobs")
        trigger["authenticationRef"] = {"name": "auth"}
        davit.write("a.yaml", scaled_object("worker", [trigger], pollingInterval=1) + "---\n" + """
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: auth}
spec: {secretTargetRef: [{parameter: password, name: redis, key: password}]}
""")
        self.api.create("/api/v1/namespaces/default/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "redis"},
                                                               "data": {"password": "d3JvbmctcGxhbnRlZC03ZjNh"}})  # wrong-planted-7f3a
        davit.start()
        wait("a wrong password is an error", lambda: davit.decisions("worker")["errors"], 10)
        self.sandbox.http.json("PATCH", "/api/v1/namespaces/default/secrets/redis", {"data": {"password": "cGxhbnRlZC1zZWNyZXQtN2YzYQ=="}},
                               content_type="application/merge-patch+json")
        wait("the rotated Secret is used", lambda: not davit.decisions("worker")["errors"], 5)
        shown = davit.metrics() + str(davit.decisions("worker")) + davit.process.text() + str(self.api.get("/apis/events.k8s.io/v1/namespaces/default/events"))
        self.assertNotIn("planted", shown.replace("default/planted", ""))

    def explain(self, davit, *args, program=DAVIT, **env):
        """Exit status, and all that was said."""
        env = {**os.environ, "DAVIT_SERVER": f"http://127.0.0.1:{davit.port}", **env}
        run = subprocess.run([str(program), "explain", *map(str, args)], capture_output=True, text=True, timeout=60, env=env)
        self.assertTrue("json" in args or run.stdout.count("\n") <= 24, run.stdout)
        return run.returncode, run.stdout + run.stderr

    def test_explain_says_why(self):
        redis, hanging, davit = self.keep(Redis(self.folder)), self.keep(HangingServer()), self.davit()
        self.api.deployment("default", "worker", 1)
        self.api.deployment("default", "mail", 1)
        rate = {"scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 600}]}}
        davit.write("a.yaml", scaled_object("worker", [{**redis_trigger(redis.port, "jobs", 10), "name": "queue"},
                                                       {**prometheus_trigger(hanging.port, "up", 5, timeout="300"), "name": "http"}], pollingInterval=1,
                                            minReplicaCount=1, advanced={"horizontalPodAutoscalerConfig": {"behavior": rate}}))
        davit.write("b.yaml", scaled_object("mail", [redis_trigger(redis.port, "mails", 10)], pollingInterval=1, cooldownPeriod=300,
                                            annotations={"autoscaling.keda.sh/paused": "true"}))
        davit.start()
        says = lambda name, *words: wait(f"{name}: {words}", lambda: all(word in self.explain(davit, name)[1] for word in words), 15, 0.3)
        says("default/worker", "Held: http is not known for sure, and unknown never lowers: 1, not 0.", "timed out after 300 ms", "Next look ")
        redis.push("jobs", 76)
        says("default/worker", "Stays at 5 replicas: more is needed, but not so fast.", "queue (redis): 76, read ", ", target 10 each → 8",
             "http (prometheus): no answer", "Highest: queue, 8.", "Rate: scaleUp 4 pods per 600 s is used up, 0 left: stays at 5, not 8; more from ",
             "Result: 5 (min 1, max 100).", "1 → 5: more work (queue 76 → 8); limited by rate-up")
        says("mail", "Stays at 1 replica: paused.", "Pause: frozen at 1; triggers are not asked.")
        self.assertEqual(self.explain(davit, "default/wroker"), (1, "davit explain: Davit knows no object default/wroker; there is default/worker, default/mail\n"))
        self.assertEqual(json.loads(self.explain(davit, "-o", "json", "worker")[1])["decisions"][0]["desired"], 5)
        self.assertEqual(davit.stop(), 0)
        self.assertEqual(self.explain(davit, "worker")[0], 1)

    def test_explain_a_simulation(self):
        manifest, trace, lines = (self.folder / name for name in ("so.yaml", "trace.jsonl", "decisions.jsonl"))
        manifest.write_text(scaled_object("worker", [{**redis_trigger(1, "jobs", 10), "name": "queue"}], pollingInterval=5, cooldownPeriod=60, maxReplicaCount=6))
        trace.write_text("".join(json.dumps({"t": t, "triggers": {"queue": value}}) + "\n" for t, value in ((0, 0), (30, 80), (120, 0), (300, 0))))
        lines.write_text(subprocess.run([str(DAVIT), "simulate", "-f", str(manifest), "--trace", str(trace), "-o", "jsonl"], capture_output=True,
                                        text=True, timeout=60, check=True).stdout)
        run = lambda *args: subprocess.run([str(DAVIT), "explain", "--from", str(lines), *args], capture_output=True, text=True, timeout=60)
        self.assertIn("0 → 6 replicas at t=30 s, written: woken up.\n  queue: 80 → 8\n  Highest: queue, 8.\n  Maximum: 6, not 8.\n", run("--at", "34").stdout)
        cooling = run("--at", "130").stdout
        self.assertIn("Stays at 6 replicas: no work, cooling down.", cooling)
        self.assertIn("Cooldown of 60 s: no work; goes to 0 at t=175 s (45 s left) unless work comes.", cooling)
        self.assertIn("Stays at 0 replicas: no work, at rest.", run().stdout)
        self.assertEqual(run("--at", "-5").returncode, 1)

    def test_explain_as_kubectl_plugin(self):
        """Through services/proxy of an API server: here one that knows nothing else, and only of the namespace davit."""
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        davit.start()
        wait("decided", lambda: davit.decisions("worker")["decisions"], 10)

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                prefix = "/api/v1/namespaces/davit/services/davit:http/proxy"
                known = self.path.startswith(prefix)
                body = davit.http.raw("GET", self.path[len(prefix):]).encode() if known else b'{"kind":"Status","message":"not found"}'
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = self.folder / "plugin.kubeconfig"
        config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: a\n"
                          f"clusters: [{{name: a, cluster: {{server: 'http://127.0.0.1:{server.server_address[1]}'}}}}]\n"
                          "users: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n")
        status, text = self.explain(davit, "worker", program=DAVIT.parent / "kubectl-davit", KUBECONFIG=str(config), DAVIT_SERVER="http://127.0.0.1:1")
        self.assertEqual(status, 0, text)
        self.assertIn("default/worker scales Deployment worker, now at 0 replicas.", text)
        status, text = self.explain(davit, "-n", "other", "worker", program=DAVIT.parent / "kubectl-davit", KUBECONFIG=str(config))
        self.assertEqual((status, text), (1, "davit explain: Davit knows no object other/worker; there is default/worker\n"))

    def test_hanging_and_killed_sources_hold(self):
        hanging, redis = self.keep(HangingServer()), self.keep(Redis(self.folder))
        davit = self.davit()
        for i, port in enumerate([hanging.port, redis.port] * 3):
            self.api.deployment("default", f"w{i}", 5)
            davit.write(f"{i}.yaml", scaled_object(f"w{i}", [redis_trigger(port, "jobs", 10)], pollingInterval=1, cooldownPeriod=1,
                                                   advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {
                                                       "stabilizationWindowSeconds": 0}}}}))
        redis.push("jobs", 50)
        davit.start()
        wait("read once", lambda: davit.decisions("w1")["decisions"], 10)
        redis.process.kill()
        holds("all six held", lambda: all(self.api.replicas("default", f"w{i}") == 5 for i in range(6)), 20)
        redis.start()
        wait("an empty queue is known to be empty", lambda: self.api.replicas("default", "w1") == 0, 20)
        self.assertEqual(self.api.replicas("default", "w0"), 5)

    def test_pause_annotations(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        write = lambda **annotations: davit.write("a.yaml", scaled_object(
            "worker", [redis_trigger(redis.port, "jobs")], pollingInterval=1, maxReplicaCount=10, cooldownPeriod=1,
            annotations={f"autoscaling.keda.sh/{key.replace('_', '-')}": value for key, value in annotations.items()}))
        self.api.deployment("default", "worker", 0)
        redis.push("jobs", 50)
        write(paused="true")
        davit.start()
        wait("paused", lambda: davit.decisions("worker")["decisions"][0]["reason"] == "paused", 10)
        self.assertEqual(davit.metric("davit_source_reads_total") or 0, 0, "a paused object asks nobody")
        write(paused_replicas="3")
        wait("driven to 3", lambda: self.api.replicas("default", "worker") == 3, 10)
        write(paused_scale_out="true")
        holds("not beyond 3", lambda: self.api.replicas("default", "worker") == 3, 3)
        write()
        wait("let go", lambda: self.api.replicas("default", "worker") == 10, 10)

    def test_fallback_after_failures(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, fallback={"failureThreshold": 2, "replicas": 4})
        davit.start()
        redis.push("jobs", 5)
        wait("one", lambda: self.api.replicas("default", "worker") == 1, 10)
        redis.process.kill()
        wait("the fallback's four", lambda: self.api.replicas("default", "worker") == 4, 15)
        self.assertIn("ScaledObjectFallbackActivated", wait("event", lambda: self.api.events("default"), 10))
        redis.start()
        redis.push("jobs", 50)
        wait("and back to the queue's ten", lambda: self.api.replicas("default", "worker") == 10, 40)

    def test_idle_other_than_zero(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, idleReplicaCount=1, minReplicaCount=3,
                          advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}})
        davit.start()
        redis.push("jobs", 25)
        wait("five", lambda: self.api.replicas("default", "worker") == 5, 10)
        redis.command("DEL", "jobs")
        wait("idle, not zero", lambda: self.api.replicas("default", "worker") == 1, 15)
        holds("stays idle", lambda: self.api.replicas("default", "worker") == 1, 4)
        redis.push("jobs", 5)
        wait("min, not less", lambda: self.api.replicas("default", "worker") == 3, 10)

    def test_original_replicas_are_restored(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, replicas=2, advanced={"restoreToOriginalReplicaCount": True})
        redis.push("jobs", 50)
        davit.start()
        wait("scaled", lambda: self.api.replicas("default", "worker") == 10, 15)
        (davit.config / "a.yaml").unlink()
        wait("as it was", lambda: self.api.replicas("default", "worker") == 2, 10)

    def test_hold_on_unknown(self):
        """A query without result: KEDA's default reads 0; unknown: hold keeps the replicas."""
        exporter = self.keep(Exporter())
        prometheus, davit = self.keep(Prometheus(self.folder, exporter.port)), self.davit()
        for name in ("keda", "hold"):
            self.api.deployment("default", name, 3)
            davit.write(f"{name}.yaml", scaled_object(name, [prometheus_trigger(prometheus.port, "nothing_there", 1)], pollingInterval=1,
                                                      davit={"unknown": name}))
        davit.start()
        wait("KEDA's reading of an empty answer", lambda: self.api.replicas("default", "keda") == 0, 10)
        holds("held", lambda: self.api.replicas("default", "hold") == 3, 4)
        self.assertEqual(davit.decisions("hold")["decisions"][0]["reason"], "held-unknown")

    def test_hup_and_json_log(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit("--log-format", "json")
        self.redis_object(davit, redis)
        davit.start()
        davit.process.signal(signal.SIGHUP)
        wait("read again", lambda: davit.process.text().count("configuration loaded") >= 2, 5)
        self.assertEqual(davit.stop(), 0)
        for line in davit.log.read_text().splitlines():
            self.assertIn("message", json.loads(line))

    def test_a_write_of_the_old_manifest_is_dropped(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis)
        self.sandbox.faults({"method": "PATCH", "path": "/scale", "status": 429, "retryAfter": 2, "times": 1})
        davit.start()
        redis.push("jobs", 50)
        wait("the write is under way", lambda: any(d["write"] == "writing" for d in davit.decisions("worker")["decisions"]), 10, every=0.02)
        davit.write("a.yaml", scaled_object("worker", [redis_trigger(redis.port, "jobs")], pollingInterval=1, cooldownPeriod=2, maxReplicaCount=10,
                                            annotations={"autoscaling.keda.sh/paused": "true"}))
        wait("paused", lambda: davit.decisions("worker")["decisions"][0]["reason"] == "paused", 5)
        holds("paused means paused", lambda: self.api.replicas("default", "worker") == 0, 5)

    def test_a_changed_trigger_is_not_asked_the_old_question(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        zero = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
        self.redis_object(davit, redis, cooldownPeriod=1, advanced=zero)
        davit.start()
        redis.push("jobs", 25)
        wait("five", lambda: self.api.replicas("default", "worker") == 5, 10)
        self.sandbox.faults({"method": "GET", "path": "/secrets", "status": 403, "times": 1000})
        trigger = redis_trigger(redis.port, "other")
        trigger["authenticationRef"] = {"name": "auth"}
        davit.write("a.yaml", scaled_object("worker", [trigger], pollingInterval=1, cooldownPeriod=1, maxReplicaCount=10, advanced=zero) + "---\n" + """
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: auth}
spec: {secretTargetRef: [{parameter: password, name: redis, key: password}]}
""")
        wait("its Secret cannot be read", lambda: davit.decisions("worker")["errors"], 10)
        redis.command("DEL", "jobs")
        holds("the old queue has no say", lambda: self.api.replicas("default", "worker") == 5, 6)

    def test_an_object_that_comes_back_keeps_its_cooldown(self):
        """A file that is being written over is empty for a moment."""
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, cooldownPeriod=60)
        text = (davit.config / "a.yaml").read_text()
        davit.start()
        redis.push("jobs", 5)
        wait("active", lambda: self.api.replicas("default", "worker") == 1, 10)
        davit.write("a.yaml", "")
        wait("gone", lambda: davit.metric("davit_objects") == 0, 5)
        redis.command("DEL", "jobs")
        davit.write("a.yaml", text)
        wait("back", lambda: davit.metric("davit_objects") == 1 and davit.decisions("worker")["decisions"], 5)
        holds("cooldown", lambda: self.api.replicas("default", "worker") == 1, 4)

    def test_a_target_that_left_zero_is_looked_at_soon(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.redis_object(davit, redis, pollingInterval=3600, cooldownPeriod=3600)
        redis.push("jobs", 5)
        davit.start()
        wait("one", lambda: self.api.replicas("default", "worker") == 1, 10)
        redis.push("jobs", 20)
        wait("the next look comes within the HPA's period", lambda: self.api.replicas("default", "worker") == 4, 20)  # max(2n, 4)

    def test_it_ends_in_time_in_every_state(self):
        hanging, redis = self.keep(HangingServer()), self.keep(Redis(self.folder))
        good = self.sandbox.kubeconfig.read_text()
        for name, port, faults in (("api hangs", hanging.port, []), ("no api", free_port(), []),
                                   ("state hangs", self.sandbox.port, [{"method": "GET", "path": "/configmaps", "status": 500, "times": 1000}]),
                                   ("hpas fail", self.sandbox.port, [{"method": "GET", "path": "/horizontalpodautoscalers", "status": 500, "times": 1000}]),
                                   ("source hangs", self.sandbox.port, [])):
            for delay in (0.05, 1.5):
                with self.subTest(name, delay=delay):
                    self.sandbox.faults(*faults)
                    config = self.folder / "case.kubeconfig"
                    config.write_text(good.replace(f":{self.sandbox.port}", f":{port}"))
                    davit = self.keep(Davit(DAVIT, self.folder, config, name=f"{name.replace(' ', '-')}-{delay}"))
                    for i, source in enumerate((hanging.port, redis.port)):
                        davit.write(f"{i}.yaml", scaled_object(f"w{i}", [redis_trigger(source, "jobs")], pollingInterval=1))
                    davit.start(ready=False)
                    wait("it listens for signals", lambda: "API server" in davit.process.text(), 10, every=0.01)
                    time.sleep(delay)
                    begin = time.monotonic()
                    self.assertEqual(davit.stop(), 0)
                    self.assertLess(time.monotonic() - begin, 3, "sanitizers and two cores included")

    def test_a_moved_object_reads_the_new_targets_environment(self):
        empty, redis, davit = self.keep(Redis(self.folder)), self.keep(Redis(self.folder)), self.davit()
        for name, source in (("old", empty), ("new", redis)):
            container = {"name": "c", "image": "i", "env": [{"name": "REDIS", "value": f"127.0.0.1:{source.port}"}]}
            labels = {"app": name}
            self.api.create("/apis/apps/v1/namespaces/default/deployments", {
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
                "spec": {"replicas": 5, "selector": {"matchLabels": labels},
                         "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}})
        redis.push("jobs", 25)
        trigger = redis_trigger(redis.port, "jobs")
        del trigger["metadata"]["address"]
        trigger["metadata"]["addressFromEnv"] = "REDIS"
        zero = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
        write = lambda target: davit.write("a.yaml", scaled_object("worker", [trigger], target=target, pollingInterval=1, cooldownPeriod=1, advanced=zero))
        self.sandbox.faults({"method": "GET", "path": "/deployments/old", "latencyMs": 1500, "times": 1})
        write("old")
        davit.start()
        time.sleep(0.3)
        write("new")
        wait("moved", lambda: davit.decisions("worker")["target"]["name"] == "new", 5)
        holds("25 jobs are five replicas", lambda: self.api.replicas("default", "new") == 5, 5)
        self.assertEqual(davit.decisions("worker")["decisions"][0]["triggers"][0]["value"], 25)
        self.assertEqual(self.api.replicas("default", "old"), 5)

    def test_a_formula_decides(self):
        """Two queues, one formula: up, a live edit, an edit that is wrong, a division by nothing, a source that fails, and back to 0."""
        jobs, mails, davit = self.keep(Redis(self.folder)), self.keep(Redis(self.folder)), self.davit()
        self.api.deployment("default", "worker", 0)
        triggers = [{"name": "jobs", **redis_trigger(jobs.port, "q")}, {"name": "mails", **redis_trigger(mails.port, "q")}]

        def write(formula):
            davit.write("a.yaml", scaled_object("worker", triggers, pollingInterval=1, cooldownPeriod=1, maxReplicaCount=20, advanced={
                "scalingModifiers": {"formula": formula, "target": "5"},
                "horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0},
                                                               "scaleUp": {"policies": [{"type": "Pods", "value": 20, "periodSeconds": 1}]}}}}))

        replicas = lambda: self.api.replicas("default", "worker")
        write("jobs + mails / 2")
        davit.start()
        holds("nothing to do", lambda: replicas() == 0, 2)
        mails.push("q", 20)
        wait("20 / 2 / 5", lambda: replicas() == 2, 10)
        jobs.push("q", 20)
        wait("(20 + 20 / 2) / 5", lambda: replicas() == 6, 10)
        self.assertEqual(davit.metric("keda_scaler_metrics_value", metric="composite-metric"), 30)
        self.assertEqual(davit.metric("keda_scaler_active", scaler="composite-metric"), 1)
        write("max(jobs, mails)")
        wait("the new formula: 20 / 5", lambda: replicas() == 4, 10)
        write("max(jobs, mials)")
        wait("the error is reported", lambda: davit.metric("davit_config_errors") > 0, 5)
        self.assertIn("mials", davit.process.text())
        jobs.push("q", 30)
        wait("the old formula runs on: 50 / 5", lambda: replicas() == 10, 10)
        write("jobs / mails * 10")
        wait("50 / 20 * 10 / 5", lambda: replicas() == 5, 10)
        mails.command("DEL", "q")
        wait("50 / 0 is no number", lambda: "Formula: " in davit.process.text(), 5)
        holds("nor a reason to do anything", lambda: replicas() == 5, 3)
        events = [event for event in self.api.get("/apis/events.k8s.io/v1/namespaces/default/events")["items"] if "Formula: " in event["note"]]
        self.assertEqual([event["reason"] for event in events], ["KEDAScalerFailed"])
        self.assertIsNone(davit.metric("keda_scaler_metrics_value", metric="composite-metric"))
        write("jobs + (mails ?? 10)")
        wait("50 / 5", lambda: replicas() == 10, 10)
        mails.stop()
        wait("(50 + 10) / 5: the formula says what a failing trigger means", lambda: replicas() == 12, 15)
        jobs.command("DEL", "q")
        write("jobs + (mails ?? 0)")
        wait("0 / 5, but no rest with an error", lambda: replicas() == 1, 15)
        holds("none", lambda: replicas() == 1, 4)
        mails.start()
        wait("at rest", lambda: replicas() == 0, 15)


if __name__ == "__main__":
    unittest.main(verbosity=2)
