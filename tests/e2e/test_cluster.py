#!/usr/bin/env python3
"""End to end on the sandbox: triggers that read the cluster itself (cpu, memory, kubernetes-workload, kubernetes-resource)."""
import json
import unittest
import urllib.error

from harness import Davit, Redis, Sandbox, binaries, enter, holds, redis_trigger, scaled_object, wait

DAVIT, SANDBOX = binaries()
METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
AT_ONCE = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
MERGE = "application/merge-patch+json"


def usage_trigger(resource, value, metric_type="Utilization", **metadata):
    return {"type": resource, "metricType": metric_type, "metadata": {"value": str(value), **metadata}}


class OnCluster(unittest.TestCase):
    def setUp(self):
        enter(self)
        self.sandbox = self.keep(Sandbox(SANDBOX, self.folder, "--ready-delay", "100ms"))
        self.api = self.sandbox.api

    def davit(self, triggers, **spec):
        davit = self.keep(Davit(DAVIT, self.folder, self.sandbox.kubeconfig))
        davit.write("a.yaml", scaled_object("shop", triggers, **{"pollingInterval": 1, "cooldownPeriod": 1, "minReplicaCount": 1, "maxReplicaCount": 10,
                                                                "advanced": AT_ONCE, **spec}))
        return davit.start()

    def deployment(self, replicas=1, requests=None, containers=("main",), annotations=None, name="shop"):
        labels = {"app": name}
        requests = {"cpu": "500m", "memory": "100Mi"} if requests is None else requests
        self.api.create("/apis/apps/v1/namespaces/default/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "containers": [{"name": each, "image": "x:1", "resources": {"requests": requests}} for each in containers]}}}})
        wait("pods", lambda: self.api.ready("default", name) == replicas)

    def load(self, cpu=None, memory=None):
        """What all pods of the Deployment use together."""
        amounts = {"sandbox.davit.dev/cpu": cpu, "sandbox.davit.dev/memory": memory}
        self.sandbox.http.json("PATCH", "/apis/apps/v1/namespaces/default/deployments/shop", {"metadata": {"annotations": amounts}}, content_type=MERGE)

    def replicas(self):
        return self.api.replicas("default", "shop")

    def error(self, davit, index=0):
        return davit.decisions("shop")["triggers"][index]["error"]

    def pods(self, app="shop"):
        return self.api.get(f"/api/v1/namespaces/default/pods?labelSelector=app%3D{app}")["items"]

    # ---- cpu and memory ----

    def test_cpu_utilization_up_and_down(self):
        self.deployment()
        self.load(cpu="250m")
        davit = self.davit([usage_trigger("cpu", 50)])
        wait("a proposal", lambda: davit.decisions("shop")["triggers"][0]["last_ok"])
        holds("at its target", lambda: self.replicas() == 1, 2)
        self.load(cpu="1")
        wait("1 to 4 at 50 % of 500m", lambda: self.replicas() == 4, 20)
        wait("they are ready", lambda: self.api.ready("default", "shop") == 4)
        holds("four share it, and are at their target", lambda: self.replicas() == 4, 3)
        self.load(cpu="200m")
        wait("back to 1", lambda: self.replicas() == 1, 20)
        self.assertEqual(davit.stop(), 0)

    def test_memory_average_value(self):
        self.deployment(requests={})
        self.load(memory="600Mi")
        davit = self.davit([usage_trigger("memory", "200Mi", "AverageValue")])
        wait("3 of 200Mi", lambda: self.replicas() == 3, 20)
        self.load(memory="100Mi")
        wait("back to 1", lambda: self.replicas() == 1, 20)
        self.assertIsNone(self.error(davit))

    def test_cpu_and_memory_share_a_list_and_the_greater_wins(self):
        self.deployment()
        self.load(cpu="1", memory="600Mi")
        davit = self.davit([usage_trigger("cpu", "500m", "AverageValue"), usage_trigger("memory", "100Mi", "AverageValue")])
        wait("6 for memory, 2 for cpu", lambda: self.replicas() == 6, 20)
        reads = davit.metric("davit_source_reads_total", type="metrics.k8s.io")
        polls = davit.metric("davit_decisions_total")
        self.assertLessEqual(reads, polls + 1)
        self.assertEqual([davit.metric("keda_scaler_active", metric=name) for name in ("cpu", "memory")], [1, 1], "as KEDA says of them")
        self.assertIsNone(davit.metric("keda_scaler_metrics_value", scaler="cpu"))

    def test_container_alone(self):
        """The sandbox's first container uses everything."""
        self.deployment(containers=("main", "proxy"))
        self.load(cpu="1")
        davit = self.davit([usage_trigger("cpu", 50, containerName="proxy")])
        wait("a proposal", lambda: davit.decisions("shop")["triggers"][0]["last_ok"])
        holds("the proxy is idle", lambda: self.replicas() == 1, 3)
        davit.write("a.yaml", scaled_object("shop", [usage_trigger("cpu", 50, containerName="main")], pollingInterval=1, minReplicaCount=1,
                                            maxReplicaCount=10, advanced=AT_ONCE))
        wait("the other is not", lambda: self.replicas() == 4, 20)
        davit.write("a.yaml", scaled_object("shop", [usage_trigger("cpu", 50, containerName="gone")], pollingInterval=1, minReplicaCount=1,
                                            maxReplicaCount=10, advanced=AT_ONCE))
        wait("no such container", lambda: "container gone not found" in (self.error(davit) or "") or "no metrics" in (self.error(davit) or ""), 20)
        holds("held", lambda: self.replicas() == 4, 3)

    def test_missing_requests_hold(self):
        self.deployment(replicas=3, requests={"memory": "1Mi"})
        self.load(cpu="10m")
        davit = self.davit([usage_trigger("cpu", 50)])
        wait("the reason", lambda: "missing request for cpu in container main" in (self.error(davit) or ""), 20)
        holds("nothing is lowered", lambda: self.replicas() == 3, 3)
        self.assertEqual(davit.metric("davit_trigger_known", metric="cpu"), 0)

    def test_pod_without_metrics_counts_as_fully_used_going_down(self):
        self.deployment(replicas=4)
        silent = self.pods()[0]["metadata"]["name"]
        self.sandbox.http.json("PATCH", f"/api/v1/namespaces/default/pods/{silent}", {"metadata": {"annotations": {"sandbox.davit.dev/cpu": "none"}}},
                               content_type=MERGE)
        # Three known at 20 % alone would be 2 of target 50 %; with the silent one at 100 % of its request it is (3·20 + 100) / 4 = 40 %.
        self.load(cpu="400m")
        davit = self.davit([usage_trigger("cpu", 50)])
        wait("4 · 0.8", lambda: davit.decisions("shop")["triggers"][0]["last_ok"], 20)
        holds("rounds up to 4", lambda: self.replicas() == 4, 4)
        self.sandbox.http.json("PATCH", f"/api/v1/namespaces/default/pods/{silent}", {"metadata": {"annotations": {"sandbox.davit.dev/cpu": None}}},
                               content_type=MERGE)
        wait("all four at 20 %", lambda: self.replicas() == 2, 20)

    def test_unready_pods_count_as_idle_going_up(self):
        self.deployment(replicas=2)
        # An unready pod that belongs to the selector: without it 4 (2 · 1 / 0.5), with it at 0: 3 pods · 66 % / 50 % = 4; two of them: 4 · 50 / 50 = held.
        for index in range(2):
            self.api.create("/api/v1/namespaces/default/pods", {
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"slow-{index}", "labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "main", "image": "x:1", "resources": {"requests": {"cpu": "500m"}}}]}, "status": {"phase": "Pending"}})
        self.load(cpu="1")
        davit = self.davit([usage_trigger("cpu", 50)])
        wait("a proposal", lambda: davit.decisions("shop")["triggers"][0]["last_ok"], 20)
        holds("the unready ones will take their share", lambda: self.replicas() == 2, 4)
        for index in range(2):
            self.api.delete(f"/api/v1/namespaces/default/pods/slow-{index}")
        wait("they will not", lambda: self.replicas() == 4, 20)

    def test_no_metrics_is_not_no_usage(self):
        self.deployment(replicas=4)
        davit = self.davit([usage_trigger("cpu", 50)])
        wait("nobody says anything", lambda: "no metrics returned" in (self.error(davit) or ""), 20)
        self.load(cpu="1")
        wait("metrics come", lambda: self.error(davit) is None, 20)
        self.sandbox.faults({"method": "GET", "path": METRICS, "status": 403})
        self.load(cpu="10m")
        wait("forbidden", lambda: "metrics.k8s.io" in (self.error(davit) or ""), 20)
        holds("all of it held", lambda: self.replicas() == 4, 3)
        self.sandbox.http.raw("DELETE", "/sandbox/faults")
        self.sandbox.faults({"method": "GET", "path": METRICS, "body": '{"kind":"PodMetricsList","items":{}}'})
        wait("nonsense", lambda: "no list of pod metrics" in (self.error(davit) or ""), 20)
        holds("held still", lambda: self.replicas() == 4, 2)
        self.sandbox.http.raw("DELETE", "/sandbox/faults")
        wait("down once it is known", lambda: self.replicas() == 1, 20)

    def test_cpu_beside_a_queue_neither_wakes_nor_keeps(self):
        self.deployment(replicas=0)
        redis = self.keep(Redis(self.folder))
        davit = self.davit([usage_trigger("cpu", 50), redis_trigger(redis.port, "jobs")], minReplicaCount=0)
        holds("at zero, without complaint", lambda: self.replicas() == 0 and self.error(davit) is None, 3)
        redis.push("jobs", 5)
        wait("the queue wakes it", lambda: self.replicas() == 1, 20)
        self.load(cpu="2")
        wait("usage scales it on", lambda: self.replicas() > 3, 20)
        redis.command("DEL", "jobs")
        wait("an empty queue puts it to rest", lambda: self.replicas() == 0, 20)
        self.assertEqual(davit.stop(), 0)

    # ---- kubernetes-workload ----

    def workload(self, selector="app=front", **metadata):
        return {"type": "kubernetes-workload", "metadata": {"podSelector": selector, "value": "2", **metadata}}

    def test_workload_zero_to_n_to_zero(self):
        self.deployment(replicas=0)
        self.deployment(replicas=0, name="front")
        davit = self.davit([self.workload(activationValue="1")], minReplicaCount=0)
        holds("none", lambda: self.replicas() == 0, 2)
        self.api.scale("default", "front", 1)
        holds("one is not above one", lambda: self.replicas() == 0, 2)
        self.api.scale("default", "front", 7)
        wait("seven by two", lambda: self.replicas() == 4, 20)
        self.api.scale("default", "front", 3)
        wait("three by two", lambda: self.replicas() == 2, 20)
        self.api.scale("default", "front", 0)
        wait("none", lambda: self.replicas() == 0, 20)
        self.assertEqual(davit.stop(), 0)

    def test_workload_counts_what_has_not_ended(self):
        self.deployment(replicas=0)
        for index, (phase, node) in enumerate([("Pending", ""), ("Running", "a"), ("Running", "a"), ("Unknown", "b"), ("Succeeded", "c"), ("Failed", "d"),
                                               ("Running", "b"), ("Running", "e")]):
            self.api.create("/api/v1/namespaces/default/pods", {
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"job-{index}", "labels": {"app": "front", "n": str(index)}},
                "spec": {"nodeName": node, "containers": [{"name": "main", "image": "x:1"}]}, "status": {"phase": phase}})
        davit = self.davit([self.workload(value="1")])
        wait("six", lambda: self.replicas() == 6, 20)
        davit.write("a.yaml", scaled_object("shop", [self.workload(value="1", groupByNode="true")], pollingInterval=1, advanced=AT_ONCE))
        wait("on three nodes", lambda: self.replicas() == 3, 20)
        davit.write("a.yaml", scaled_object("shop", [self.workload("app in (front, back), n notin (1,2)", value="1")], pollingInterval=1, advanced=AT_ONCE))
        wait("selected four", lambda: self.replicas() == 4, 20)

    def test_workload_forbidden_is_not_none(self):
        self.deployment(replicas=3)
        self.sandbox.faults({"method": "GET", "path": "/api/v1/namespaces/default/pods", "status": 403})
        davit = self.davit([self.workload()], minReplicaCount=0)
        wait("the reason", lambda: "pods:" in (self.error(davit) or ""), 20)
        holds("held", lambda: self.replicas() == 3, 4)
        self.sandbox.http.raw("DELETE", "/sandbox/faults")
        wait("none is none", lambda: self.replicas() == 0, 90)

    # ---- kubernetes-resource ----

    def number(self, kind, **data):
        plural = {"ConfigMap": "configmaps", "Secret": "secrets"}[kind]
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "scaling"}, "data" if kind == "ConfigMap" else "stringData": data}
        path = f"/api/v1/namespaces/default/{plural}"
        try:
            self.api.create(path, body)
        except urllib.error.HTTPError:
            self.sandbox.http.json("PATCH", path + "/scaling", body, content_type=MERGE)

    def test_resource_follows_a_config_map(self):
        """The numbers of KEDA's own test: 1 → 0, 2 → 1, 9 → 3, 15 → 5."""
        self.deployment(replicas=0)
        davit = self.davit([{"type": "kubernetes-resource", "metadata": {"resourceKind": "ConfigMap", "resourceName": "scaling", "key": "queue_length",
                                                                         "targetValue": "3", "activationTargetValue": "1"}}],
                           minReplicaCount=0, maxReplicaCount=5)
        wait("nobody knows yet", lambda: "does not exist" in (self.error(davit) or ""), 20)
        # What lies in Davit's directory is no reading.
        davit.write("map.yaml", json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scaling"}, "data": {"queue_length": "15"}}))
        self.number("ConfigMap", queue_length="1")
        wait("known", lambda: self.error(davit) is None, 20)
        for text, replicas in (("2\n", 1), ("9", 3), ("15 or so", 5), ("3", 1)):
            self.number("ConfigMap", queue_length=text)
            wait(f"{text!r} is {replicas}", lambda: self.replicas() == replicas, 20)
        self.number("ConfigMap", queue_length="none")
        wait("no number", lambda: "does not begin with a number" in (self.error(davit) or ""), 20)
        holds("held", lambda: self.replicas() == 1, 3)
        self.api.delete("/api/v1/namespaces/default/configmaps/scaling")
        wait("gone", lambda: "does not exist" in (self.error(davit) or ""), 20)
        holds("held still", lambda: self.replicas() == 1, 3)
        self.number("ConfigMap", queue_length="1")
        wait("to rest", lambda: self.replicas() == 0, 20)
        self.assertEqual(davit.stop(), 0)

    def test_resource_in_a_secret(self):
        self.deployment(replicas=0)
        self.number("Secret", state=json.dumps({"queues": [{"depth": "5m"}, {"depth": 7}]}), other="hunter2")
        metadata = {"resourceKind": "Secret", "resourceName": "scaling", "key": "state", "format": "json", "valueLocation": "queues.1.depth",
                    "targetValue": "2"}
        davit = self.davit([{"type": "kubernetes-resource", "metadata": metadata}], minReplicaCount=0)
        wait("7 by 2", lambda: self.replicas() == 4, 20)
        davit.write("a.yaml", scaled_object("shop", [{"type": "kubernetes-resource", "metadata": {**metadata, "key": "other"}}], pollingInterval=1))
        wait("nothing there", lambda: "nothing is at valueLocation" in (self.error(davit) or ""), 20)
        self.assertEqual(self.replicas(), 4)
        self.assertNotIn("hunter2", str(davit.decisions("shop")) + davit.metrics() + davit.log.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
