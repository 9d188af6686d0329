#!/usr/bin/env python3
"""End to end on a real kube-apiserver and controller-manager, with real Redis, Prometheus and Kafka."""
import contextlib
import os
import re
import subprocess
import time
import unittest
import urllib.error

from harness import (ControlPlane, Workspace, Davit, Exporter, Kafka, Prometheus, Redis, binaries, enter, free_port, holds,
                     prometheus_trigger, redis_trigger, scaled_object, wait)

DAVIT, _ = binaries()
# How long replicas must be held while sources are dead.
HOLD_SECONDS = int(os.environ.get("DAVIT_HOLD_SECONDS", "150"))
NO_WINDOW = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}


class OnKubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.space = Workspace("kube")
        cls.plane = cls.space.keep(ControlPlane(cls.space.folder))
        cls.api = cls.plane.api

    @classmethod
    def tearDownClass(cls):
        cls.space.close(False)

    def setUp(self):
        self.name = self.id().split(".")[-1]
        self.ns = self.name.replace("_", "-")[:50]
        enter(self)
        wait("namespace", lambda: self.api.namespace(self.ns) or self.api.get(f"/api/v1/namespaces/{self.ns}"))

    def davit(self, *args, name="davit"):
        return self.keep(Davit(DAVIT, self.folder, self.plane.kubeconfig, *args, ns=self.ns, name=name))

    def replicas(self, name="worker"):
        return self.api.replicas(self.ns, name)

    def object(self, name, triggers, **spec):
        return scaled_object(name, triggers, ns=self.ns, **{"pollingInterval": 1, **spec})

    def scale_steps(self, davit, name="worker"):
        """All writes since the start, from the log (/decisions keeps only the last ones)."""
        return [(int(a), int(b)) for a, b in re.findall(rf"Scaled \w+ {self.ns}/{name} from (\d+) to (\d+)", davit.process.text())]

    def test_redis_list_zero_to_n_to_zero(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.api.deployment(self.ns, "worker", 0)
        davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")], cooldownPeriod=5, maxReplicaCount=20, advanced=NO_WINDOW))
        davit.start()
        redis.push("jobs", 50)
        wait("0 to 10", lambda: self.replicas() == 10, 10)
        wait("pods are ready", lambda: self.api.ready(self.ns, "worker") == 10, 30)
        self.assertEqual(self.scale_steps(davit), [(0, 10)], "from zero straight to N")
        emptied = time.monotonic()
        redis.command("DEL", "jobs")
        wait("0 after the cooldown", lambda: self.replicas() == 0, 20)
        self.assertGreater(time.monotonic() - emptied, 4, "the cooldown of 5 s was kept")
        self.assertIn("KEDAScaleTargetActivated", wait("events", lambda: self.api.events(self.ns)))
        self.assertEqual(davit.stop(), 0)

    def test_prometheus_with_behavior(self):
        exporter = self.keep(Exporter())
        exporter.values["queue"] = 20
        prometheus = self.keep(Prometheus(self.folder, exporter.port))
        wait("scraped", lambda: prometheus.value("queue") == 20)
        self.api.deployment(self.ns, "worker", 2)
        davit = self.davit()
        behavior = {"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 3}]},
                    "scaleDown": {"stabilizationWindowSeconds": 4, "policies": [{"type": "Pods", "value": 3, "periodSeconds": 3}]}}
        davit.write("a.yaml", self.object("worker", [prometheus_trigger(prometheus.port, "queue", 10)], minReplicaCount=2, maxReplicaCount=8,
                                          advanced={"horizontalPodAutoscalerConfig": {"behavior": behavior}}))
        davit.start()
        exporter.values["queue"] = 80
        wait("2 to 8", lambda: self.replicas() == 8, 30)
        self.assertEqual(self.scale_steps(davit), [(2, 4), (4, 6), (6, 8)], "two pods per three seconds")
        exporter.values["queue"] = 20
        wait("8 to 2", lambda: self.replicas() == 2, 40)
        self.assertEqual(self.scale_steps(davit)[3:], [(8, 5), (5, 2)])

    def test_kafka_lag_with_partition_limit(self):
        kafka = self.keep(Kafka(self.folder / "kafka"))
        kafka.topic("jobs", 4)
        broker = f"127.0.0.1:{kafka.port}"
        subprocess.run(["kcat", "-b", broker, "-t", "jobs", "-P"], input=b"m\n" * 100, check=True, timeout=60)
        self.api.deployment(self.ns, "worker", 0)
        davit = self.davit()
        davit.write("a.yaml", self.object("worker", [{"type": "kafka", "metadata": {
            "bootstrapServers": broker, "consumerGroup": "workers", "topic": "jobs", "lagThreshold": "5", "offsetResetPolicy": "earliest"}}],
            maxReplicaCount=50, cooldownPeriod=3, advanced=NO_WINDOW))
        davit.start()
        wait("100 messages / 5, but only 4 partitions", lambda: self.replicas() == 4, 30)
        holds("no more consumers than partitions", lambda: self.replicas() == 4, 3)
        subprocess.run(["kcat", "-b", broker, "-G", "workers", "-e", "-X", "auto.offset.reset=earliest", "jobs"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait("drained: back to 0", lambda: self.replicas() == 0, 30)

    def pod(self, name, **labels):
        self.api.create(f"/api/v1/namespaces/{self.ns}/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "main:1"}], "automountServiceAccountToken": False}})

    def test_workload_counts_pods(self):
        self.api.deployment(self.ns, "worker", 0)
        wait("service account", lambda: self.api.get(f"/api/v1/namespaces/{self.ns}/serviceaccounts/default"))
        for index in range(7):
            self.pod(f"front-{index}", app="front", tier="web" if index < 5 else "api")
        self.pod("other", app="other", tier="web")
        davit = self.davit()
        davit.write("a.yaml", self.object("worker", [{"type": "kubernetes-workload", "metadata": {
            "podSelector": "app=front,tier in (web, api)", "value": "2", "activationValue": "1"}}], cooldownPeriod=2, advanced=NO_WINDOW))
        davit.start()
        wait("7 by 2", lambda: self.replicas() == 4, 20)
        for index in range(3):
            self.api.delete(f"/api/v1/namespaces/{self.ns}/pods/front-{index}?gracePeriodSeconds=0")
        wait("4 by 2", lambda: self.replicas() == 2, 20)
        for index in range(3, 6):
            self.api.http.json("PATCH", f"/api/v1/namespaces/{self.ns}/pods/front-{index}/status", {"status": {"phase": "Succeeded"}},
                               content_type="application/merge-patch+json")
        wait("one that has not ended is not above one", lambda: self.replicas() == 0, 20)
        self.assertEqual(davit.stop(), 0)

    def test_memory_from_the_metrics_api(self):
        """Served by a CustomResourceDefinition: the path and the shape are metrics-server's."""
        self.api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "pods.metrics.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, stands in for metrics-server"}},
            "spec": {"group": "metrics.k8s.io", "scope": "Namespaced", "names": {"plural": "pods", "kind": "PodMetrics"}, "versions": [{
                "name": "v1beta1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}})
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{self.ns}/pods"
        wait("metrics API", lambda: self.api.get(path), 30)
        self.api.deployment(self.ns, "worker", 2)
        wait("pods are ready", lambda: self.api.ready(self.ns, "worker") == 2, 30)

        def measure(amount):
            for pod in self.api.get(f"/api/v1/namespaces/{self.ns}/pods?labelSelector=app%3Dworker")["items"]:
                body = {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": pod["metadata"]["name"],
                        "labels": {"app": "worker"}}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
                        "containers": [{"name": "worker", "usage": {"cpu": "1n", "memory": amount}}]}
                with contextlib.suppress(urllib.error.HTTPError):
                    self.api.delete(f"{path}/{pod['metadata']['name']}")
                self.api.create(path, body)

        davit = self.davit()
        davit.write("a.yaml", self.object("worker", [{"type": "memory", "metricType": "AverageValue", "metadata": {"value": "100Mi"}}],
                                          minReplicaCount=1, maxReplicaCount=5, advanced=NO_WINDOW))
        davit.start()
        wait("nothing is known", lambda: "no metrics returned" in (davit.decisions("worker", self.ns)["triggers"][0]["error"] or ""), 20)
        measure("204800Ki")
        wait("2 of 200Mi are 4 of 100Mi", lambda: self.replicas() == 4, 20)
        wait("pods are ready", lambda: self.api.ready(self.ns, "worker") == 4, 30)
        measure("10Mi")
        wait("down", lambda: self.replicas() == 1, 20)

    def test_dead_sources_never_scale_down(self):
        """20 objects whose source is killed and 20 whose source hangs, at 5 replicas, with a cooldown that is long over."""
        exporter = self.keep(Exporter())
        exporter.values["queue"] = 50
        killed = self.keep(Prometheus(self.folder, exporter.port))
        hanging_port = free_port()
        hung_folder = self.folder / "hung"
        hung_folder.mkdir()
        hung = self.keep(Prometheus(hung_folder, exporter.port, port=hanging_port))
        for prometheus in (killed, hung):
            wait("scraped", lambda: prometheus.value("queue") == 50)
        names = [f"{kind}{i}" for i in range(20) for kind in ("k", "h")]
        davit = self.davit()
        for name in names:
            self.api.deployment(self.ns, name, 5)
            port = killed.port if name[0] == "k" else hung.port
            davit.write(f"{name}.yaml", self.object(name, [prometheus_trigger(port, f"queue+0*{names.index(name)}", 10)], pollingInterval=2,
                                                    cooldownPeriod=2, advanced=NO_WINDOW))
        davit.start()
        wait("all read", lambda: all(davit.decisions(name, self.ns)["decisions"] for name in names), 20)
        killed.process.kill()
        hung.process.signal(19)  # SIGSTOP: accepts, never answers
        path = f"/apis/apps/v1/namespaces/{self.ns}/deployments"
        sizes = lambda: [item["spec"]["replicas"] for item in self.api.get(path)["items"]]
        holds("all 40 at 5 replicas", lambda: set(sizes()) == {5}, HOLD_SECONDS, every=1)
        exporter.values["queue"] = 0
        hung.process.signal(18)
        killed.start()
        wait("the sources are back and say 0", lambda: set(sizes()) == {0}, 60)

    def test_api_server_killed_mid_scaling(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.api.deployment(self.ns, "worker", 0)
        davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")], maxReplicaCount=20, cooldownPeriod=5, advanced=NO_WINDOW))
        davit.start()
        redis.push("jobs", 10)
        wait("running", lambda: self.replicas() == 2, 10)
        self.plane.stop_api()
        redis.push("jobs", 40)
        time.sleep(5)
        self.plane.start_api()
        wait("the growth is caught up with", lambda: self.replicas() == 10, 40)
        self.plane.stop_api()
        redis.command("DEL", "jobs")
        time.sleep(3)
        self.plane.start_api()
        wait("and the end", lambda: self.replicas() == 0, 60)

    def test_hpa_conflict(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.api.deployment(self.ns, "worker", 1)
        path = f"/apis/autoscaling/v2/namespaces/{self.ns}/horizontalpodautoscalers"
        self.api.create(path, {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "theirs"},
                               "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}}})
        davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")], maxReplicaCount=9))
        redis.push("jobs", 100)
        davit.start()
        wait("refused by name", lambda: "HorizontalPodAutoscaler theirs" in (davit.decisions("worker", self.ns)["problem"] or ""), 15)
        holds("untouched", lambda: self.replicas() == 1, 3)
        self.api.delete(f"{path}/theirs")
        wait("taken on once it is gone", lambda: self.replicas() == 9, 15)

    def test_restart_keeps_cooldown(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.api.deployment(self.ns, "worker", 0)
        davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")], cooldownPeriod=25, advanced=NO_WINDOW))
        davit.start()
        redis.push("jobs", 5)
        wait("active", lambda: self.replicas() == 1, 10)
        redis.command("DEL", "jobs")
        emptied = time.monotonic()
        time.sleep(3)
        self.assertEqual(davit.stop(), 0)
        davit.start()
        holds("cooldown goes on", lambda: self.replicas() == 1, 20 - (time.monotonic() - emptied))
        wait("and ends when it would have", lambda: self.replicas() == 0, 20)
        self.assertLess(time.monotonic() - emptied, 35)

    def test_file_edited_live_keeps_history(self):
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        self.api.deployment(self.ns, "worker", 0)
        write = lambda **spec: davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")], cooldownPeriod=30,
                                                                 advanced=NO_WINDOW, **spec))
        write(maxReplicaCount=4)
        davit.start()
        redis.push("jobs", 100)
        wait("at max", lambda: self.replicas() == 4, 10)
        write(maxReplicaCount=7)
        wait("edit applied", lambda: davit.decisions("worker", self.ns)["max"] == 7, 1.5)
        wait("the default policies allow 4 more after 15 s: they know of the step before the edit", lambda: self.replicas() == 7, 20)
        redis.command("DEL", "jobs")
        wait("not active: the least while the cooldown runs", lambda: self.replicas() == 1, 20)
        write(maxReplicaCount=6)
        holds("the edit did not forget the cooldown", lambda: self.replicas() == 1, 8)

    def test_value_metric_counts_ready_pods(self):
        exporter = self.keep(Exporter())
        exporter.values["load"] = 30
        prometheus = self.keep(Prometheus(self.folder, exporter.port))
        wait("scraped", lambda: prometheus.value("load") == 30)
        self.api.deployment(self.ns, "worker", 2)
        wait("ready", lambda: self.api.ready(self.ns, "worker") == 2, 30)
        davit = self.davit()
        trigger = prometheus_trigger(prometheus.port, "load", 10)
        trigger["metricType"] = "Value"
        davit.write("a.yaml", self.object("worker", [trigger], minReplicaCount=1, maxReplicaCount=6))
        davit.start()
        wait("2 ready pods x 30/10 = 6", lambda: self.replicas() == 6, 15)
        self.assertEqual(self.scale_steps(davit)[0], (2, 4), "without behavior at most max(2n, 4) a step")

    def test_credentials_from_the_api(self):
        """A password from a Secret, the address from the target container's environment, both watched."""
        redis = self.keep(Redis(self.folder, "--requirepass", "first"))
        self.api.create(f"/api/v1/namespaces/{self.ns}/secrets", {"metadata": {"name": "redis"}, "stringData": {"password": "first"}})
        self.api.create(f"/api/v1/namespaces/{self.ns}/configmaps", {"metadata": {"name": "where"},
                                                                     "data": {"REDIS": f"127.0.0.1:{redis.port}"}})
        self.api.deployment(self.ns, "worker", 0)
        self.api.http.json("PATCH", f"/apis/apps/v1/namespaces/{self.ns}/deployments/worker", {"spec": {"template": {"spec": {"containers": [
            {"name": "worker", "envFrom": [{"configMapRef": {"name": "where"}}]}]}}}}, content_type="application/strategic-merge-patch+json")
        davit = self.davit()
        trigger = {"type": "redis", "authenticationRef": {"name": "auth"},
                   "metadata": {"addressFromEnv": "REDIS", "listName": "jobs", "listLength": "5"}}
        davit.write("a.yaml", self.object("worker", [trigger]) + f"""---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {{name: auth, namespace: {self.ns}}}
spec: {{secretTargetRef: [{{parameter: password, name: redis, key: password}}]}}
""")
        davit.start()
        push = lambda password: subprocess.run(["redis-cli", "-p", str(redis.port), "-a", password, "--no-auth-warning", "rpush", "jobs", *"abcde"],
                                               check=True, stdout=subprocess.DEVNULL)
        push("first")
        wait("one replica", lambda: self.replicas() == 1, 15)

    def test_custom_kind_with_scale(self):
        group = "test.davit.dev"
        schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
                                                   "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}
        self.api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
            "metadata": {"name": f"fleets.{group}"}, "spec": {"group": group, "scope": "Namespaced",
                                                              "names": {"plural": "fleets", "singular": "fleet", "kind": "Fleet"},
                                                              "versions": [{"name": "v1", "served": True, "storage": True,
                                                                            "schema": {"openAPIV3Schema": schema},
                                                                            "subresources": {"status": {}, "scale": {
                                                                                "specReplicasPath": ".spec.replicas",
                                                                                "statusReplicasPath": ".status.replicas"}}}]}})
        path = f"/apis/{group}/v1/namespaces/{self.ns}/fleets"
        wait("CRD served", lambda: self.api.create(path, {"apiVersion": f"{group}/v1", "kind": "Fleet", "metadata": {"name": "worker"},
                                                          "spec": {"replicas": 0}}), 20)
        redis, davit = self.keep(Redis(self.folder)), self.davit()
        davit.write("a.yaml", self.object("worker", [redis_trigger(redis.port, "jobs")]).replace(
            '"scaleTargetRef": {"name": "worker"}', f'"scaleTargetRef": {{"name": "worker", "apiVersion": "{group}/v1", "kind": "Fleet"}}'))
        davit.start()
        redis.push("jobs", 15)
        wait("0 to 3", lambda: self.api.get(f"{path}/worker")["spec"]["replicas"] == 3, 15)


if __name__ == "__main__":
    unittest.main(verbosity=2)
