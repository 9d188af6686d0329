#!/usr/bin/env python3
"""simulate decides as the daemon does: both get the same story, the daemon from a server that plays Prometheus, and must tell the same
sequence of decisions. Each value holds so long that nothing hangs on when exactly a round falls."""
import http.server
import json
import subprocess
import threading
import time
import unittest
import urllib.parse

from harness import Davit, Sandbox, binaries, enter, prometheus_trigger, scaled_object, wait

DAVIT, SANDBOX = binaries()
QUICK = {"pollingInterval": "100ms"}


class Script:
    """Answers instant queries: the query is the name of a value, which is a number, "empty", "nan" or "error"."""

    def __init__(self):
        self.values, script = {}, self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, text):
                query = urllib.parse.parse_qs(text)["query"][0]
                status, body = script.answer(query)
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(self.path.partition("?")[2])

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, query):
        value = self.values[query]
        if value == "error":
            return 422, {"status": "error", "errorType": "execution", "error": "told to fail"}
        result = [] if value == "empty" else [{"metric": {}, "value": [time.time(), "NaN" if value == "nan" else str(value)]}]
        return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def behavior(up=None, down=None):
    return {"horizontalPodAutoscalerConfig": {"behavior": {key: rules for key, rules in (("scaleUp", up), ("scaleDown", down)) if rules}}}


def rules(window, *policies):
    """policies: (type, value, seconds)"""
    return {"stabilizationWindowSeconds": window, **({"policies": [dict(zip(("type", "value", "periodSeconds"), policy)) for policy in policies]}
                                                     if policies else {})}


# What is told: object -> (spec, thresholds, [(second, value of the first trigger, of the second …)]).
STORIES = {
    # From nothing, as fast as the policy lets it, down after the window, the cooldown, to nothing.
    "wave": ({"cooldownPeriod": 2, "maxReplicaCount": 7, "advanced": behavior(rules(0, ("Pods", 3, 2)), rules(1)), "davit": QUICK}, [10],
             [(0, 0), (1.5, 25), (4.0, 100), (8.5, 15), (11.0, 0)]),
    # Errors, then the fallback, then numbers again, then none, which this manifest takes for 0.
    "trouble": ({"minReplicaCount": 2, "maxReplicaCount": 10, "fallback": {"failureThreshold": 3, "replicas": 6}, "davit": QUICK,
                 "advanced": behavior(down=rules(1, ("Pods", 3, 3)))}, [10],
                [(0, 5), (1.5, 38), (3.0, "error"), (6.0, 28), (10.0, "empty"), (13.5, "nan")]),
    # Two triggers, of which one knows nothing for a while; tolerance.
    "two": ({"minReplicaCount": 3, "idleReplicaCount": 1, "cooldownPeriod": 1, "maxReplicaCount": 50, "davit": {**QUICK, "unknown": "hold"},
             "advanced": behavior(down=rules(0))}, [10, 4],
            [(0, 20, 5), (1.5, 0, 0), (4.0, 61, 5), (5.5, 65, 5), (7.0, 20, "empty"), (8.5, 90, "empty"), (10.0, 20, 18), (11.5, 0, "error"), (13.0, 0, 0)]),
    # No behavior: the HPA's defaults.
    "plain": ({"maxReplicaCount": 30, "cooldownPeriod": 300, "davit": QUICK}, [5],
              [(0, 4), (1.5, 12), (3.5, 149), (7.0, 1000), (10.0, 30), (12.0, "error"), (13.5, 20)]),
}
END = 15.5


def said(decision):
    """What both must say of a decision: a tuple that can be compared."""
    current = decision.get("current", decision.get("replicas"))
    return (current, decision["desired"], decision["reason"], decision["active"], tuple(sorted(decision["limited_by"])))


def distinct(decisions):
    told = []
    for decision in map(said, decisions):
        if not told or told[-1] != decision:
            told.append(decision)
    return told


class Simulated(unittest.TestCase):
    def setUp(self):
        enter(self)
        self.sandbox = self.keep(Sandbox(SANDBOX, self.folder))
        self.davit = self.keep(Davit(DAVIT, self.folder, self.sandbox.kubeconfig))
        self.scripts = {name: self.keep(Script()) for name in STORIES}

    def manifest(self, name):
        spec, thresholds, _ = STORIES[name]
        triggers = [{**prometheus_trigger(self.scripts[name].port, f"q{i}", threshold), "name": f"q{i}"} for i, threshold in enumerate(thresholds)]
        return scaled_object(name, triggers, **spec)

    def tell(self, name, second):
        """Sets what the story says at that moment."""
        for at, *values in STORIES[name][2]:
            if at <= second:
                self.scripts[name].values = {f"q{i}": value for i, value in enumerate(values)}

    def run_daemon(self):
        """All stories at once; returns each object's decisions in order."""
        for name in STORIES:
            self.sandbox.api.deployment("default", name, STORIES[name][0].get("minReplicaCount", 0))
            self.tell(name, 0)
            self.davit.write(f"{name}.yaml", self.manifest(name))
        self.davit.start()
        seen = {name: {} for name in STORIES}
        wait("first decisions", lambda: all(self.davit.decisions(name)["decisions"] for name in STORIES))
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < END:
            for name in STORIES:
                self.tell(name, now)
                for decision in self.davit.decisions(name)["decisions"]:
                    seen[name][decision["since"]] = decision
            time.sleep(0.02)
        self.assertEqual(self.davit.stop(), 0)
        return {name: [decisions[since] for since in sorted(decisions)] for name, decisions in seen.items()}

    def simulate(self, name):
        spec, _, story = STORIES[name]
        manifest, trace = self.folder / f"{name}.yaml", self.folder / f"{name}.jsonl"
        manifest.write_text(self.manifest(name))
        trace.write_text("".join(json.dumps({"t": at, "triggers": {f"q{i}": value for i, value in enumerate(values)}}) + "\n" for at, *values in story))
        run = subprocess.run([DAVIT, "simulate", "-f", manifest, "--trace", trace, "--replicas", str(spec.get("minReplicaCount", 0)), "--until",
                              str(END), "-o", "jsonl"], capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_simulate_decides_as_the_daemon(self):
        simulated = {name: distinct(self.simulate(name)) for name in STORIES}
        lived = {name: distinct(decisions) for name, decisions in self.run_daemon().items()}
        for name in STORIES:
            with self.subTest(name):
                self.assertGreater(len(simulated[name]), 5)
                self.assertEqual(lived[name], simulated[name])


if __name__ == "__main__":
    unittest.main()
