#!/usr/bin/env python3
"""davit-sandbox end to end: the API as clients see it, hostile requests, faults, the stand-in controllers, a clean end.

usage: test_sandbox.py PROGRAM [unittest arguments]
"""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "davit-sandbox"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
MERGE, STRATEGIC, JSON_PATCH, APPLY = (f"application/{kind}" for kind in (
    "merge-patch+json", "strategic-merge-patch+json", "json-patch+json", "apply-patch+yaml"))


def deployment(name, replicas=1, **spec):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}, **spec}}


def config_map(name, labels=None, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **({"labels": labels} if labels else {})}, "data": data}


class Stream:
    """An open watch, read line by line."""

    def __init__(self, sandbox, path, headers=None):
        self.connection = sandbox.connect(10)
        self.connection.request("GET", path, headers=headers or {})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        line = self.answer.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def take(self, count):
        return [self.next() for _ in range(count)]

    def rest(self):
        text = self.answer.read()
        self.close()
        return [json.loads(line) for line in text.splitlines()]

    def close(self):
        self.answer.close()
        self.connection.close()


class Sandbox:
    def __init__(self, *args, tls=None):
        self.process = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on http"):
            raise AssertionError(f"no start: {line!r} {self.process.communicate()}")
        self.port, self.tls, self.connection = int(line.strip().rsplit(":", 1)[1]), tls, None

    def connect(self, timeout=20):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=timeout)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, path, body=None, content_type="application/json", headers=None):
        """(status, parsed answer); one connection is kept alive throughout."""
        self.connection = self.connection or self.connect()
        data = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
        try:
            self.connection.request(method, path, data, {"Content-Type": content_type, **(headers or {})})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        self.headers = answer.headers
        with contextlib.suppress(ValueError):
            return answer.status, json.loads(text)
        return answer.status, text.decode(errors="replace")

    def raw(self, data):
        """Whatever comes back to these bytes until the server closes or is silent for a second."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as sock:
            with contextlib.suppress(OSError):
                sock.sendall(data)
                while block := sock.recv(65536):
                    got += block
        return got

    def stop(self, number=signal.SIGTERM):
        if self.connection:
            self.connection.close()
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


class Case(unittest.TestCase):
    maxDiff = None
    ARGS = ("--ready-delay", "50ms")

    def setUp(self):
        self.sandbox = Sandbox(*self.ARGS)
        self.addCleanup(self.end)

    def end(self):
        """Every test ends the program and looks at how it went: sanitizers speak through the status."""
        status, errors = self.sandbox.stop()
        self.assertEqual((status, errors), (0, ""))

    def ok(self, method, path, body=None, content_type="application/json", **kwargs):
        status, answer = self.sandbox.call(method, path, body, content_type, **kwargs)
        self.assertIn(status, (200, 201), answer)
        return answer

    def refused(self, code, reason, method, path, body=None, content_type="application/json"):
        status, answer = self.sandbox.call(method, path, body, content_type)
        self.assertEqual(status, code, answer)
        self.assertEqual((answer["kind"], answer["apiVersion"], answer["status"], answer["code"], answer["reason"]),
                         ("Status", "v1", "Failure", code, reason))
        self.assertTrue(answer["message"])
        return answer

    def eventually(self, check, seconds=10):
        end = time.monotonic() + seconds
        while not (value := check()):
            self.assertLess(time.monotonic(), end, "not within %d s" % seconds)
            time.sleep(0.02)
        return value

    def faults(self, *rules):
        return self.ok("POST", "/sandbox/faults", {"rules": list(rules)})


class Discovery(Case):
    def test_what_there_is(self):
        self.assertEqual(self.ok("GET", "/version")["major"], "1")
        self.assertEqual(self.ok("GET", "/api")["versions"], ["v1"])
        groups = {group["name"]: group["preferredVersion"]["version"] for group in self.ok("GET", "/apis")["groups"]}
        self.assertEqual(groups["apps"], "v1")
        self.assertEqual(groups["autoscaling"], "v2")
        apps = {row["name"]: row for row in self.ok("GET", "/apis/apps/v1")["resources"]}
        self.assertEqual(apps["deployments"]["shortNames"], ["deploy"])
        self.assertEqual((apps["deployments/scale"]["group"], apps["deployments/scale"]["kind"]), ("autoscaling", "Scale"))
        self.assertIn("statefulsets/scale", apps)
        self.assertEqual(self.ok("GET", "/apis/apps")["kind"], "APIGroup")
        index = self.ok("GET", "/openapi/v3")["paths"]
        document = self.ok("GET", index["apis/apps/v1"]["serverRelativeURL"])
        names = [p["name"] for p in document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]["parameters"]]
        self.assertIn("fieldValidation", names)
        self.assertEqual(self.sandbox.call("GET", "/healthz"), (200, "ok"))

    def test_what_there_is_not(self):
        for path in ("/nope", "/apis/nogroup/v1/things", "/apis/apps/v9", "/"):
            self.assertEqual(self.sandbox.call("GET", path)[0], 404, path)
        for path in ("/apis/apps/v1/things", DEPLOYMENTS + "/a/nope", DEPLOYMENTS + "/a/scale/b"):
            self.refused(404, "NotFound", "GET", path)
        self.refused(405, "MethodNotAllowed", "POST", DEPLOYMENTS + "/a", {})
        self.refused(405, "MethodNotAllowed", "PUT", DEPLOYMENTS, {})
        self.refused(405, "MethodNotAllowed", "POST", "/apis/apps/v1/deployments", deployment("a"))


class Objects(Case):
    def test_create_read_update_delete(self):
        made = self.ok("POST", CONFIG_MAPS, config_map("a", k="v"))
        self.assertEqual(made["data"], {"k": "v"})
        for field in ("uid", "resourceVersion", "creationTimestamp"):
            self.assertTrue(made["metadata"][field])
        self.assertNotIn("generation", made["metadata"])
        self.assertEqual(self.ok("GET", CONFIG_MAPS + "/a"), made)
        made["data"]["k"] = "w"
        changed = self.ok("PUT", CONFIG_MAPS + "/a", made)
        self.assertGreater(int(changed["metadata"]["resourceVersion"]), int(made["metadata"]["resourceVersion"]))
        self.refused(409, "Conflict", "PUT", CONFIG_MAPS + "/a", made)
        same = self.ok("PUT", CONFIG_MAPS + "/a", changed)
        self.assertEqual(same["metadata"]["resourceVersion"], changed["metadata"]["resourceVersion"])
        gone = self.ok("DELETE", CONFIG_MAPS + "/a")
        self.assertEqual((gone["status"], gone["details"]["uid"]), ("Success", made["metadata"]["uid"]))
        self.refused(404, "NotFound", "GET", CONFIG_MAPS + "/a")

    def test_refusals(self):
        self.ok("POST", DEPLOYMENTS, deployment("a"))
        exists = self.refused(409, "AlreadyExists", "POST", DEPLOYMENTS, deployment("a"))
        self.assertEqual(exists["details"], {"name": "a", "group": "apps", "kind": "deployments"})
        missing = self.refused(404, "NotFound", "GET", DEPLOYMENTS + "/nope")
        self.assertEqual(missing["message"], 'deployments.apps "nope" not found')
        negative = self.refused(422, "Invalid", "POST", DEPLOYMENTS, deployment("b", -1))
        self.assertEqual(negative["details"]["causes"][0]["field"], "spec.replicas")
        for body in (deployment("b", "x"), deployment("b", 2 ** 40), {**deployment("b"), "kind": "StatefulSet"}, "{nope", "[]", "",
                     {**deployment("b"), "metadata": {"name": 5}}, {**deployment("b"), "metadata": {"name": "b", "labels": {"a": 1}}},
                     {**deployment("b"), "metadata": {"name": "b", "namespace": "other"}}, {**deployment("b"), "metadata": {"name": "b", "resourceVersion": "1"}}):
            self.refused(400, "BadRequest", "POST", DEPLOYMENTS, body)
        for body in (deployment("B_"), deployment(""), deployment("b", selector={"matchLabels": {"x": "y"}}), {"metadata": {"name": "b"}},
                     deployment("b", template={"metadata": {"labels": {"app": "b"}}, "spec": {"containers": []}})):
            self.refused(422, "Invalid", "POST", DEPLOYMENTS, body)
        self.refused(415, "UnsupportedMediaType", "POST", DEPLOYMENTS, deployment("b"), "application/x-www-form-urlencoded")
        self.refused(400, "BadRequest", "PUT", DEPLOYMENTS + "/a", deployment("b"))
        self.refused(404, "NotFound", "PUT", DEPLOYMENTS + "/b", deployment("b"))
        self.refused(409, "Conflict", "DELETE", DEPLOYMENTS + "/a", {"preconditions": {"uid": "x"}})
        self.refused(400, "BadRequest", "GET", DEPLOYMENTS + "?fieldSelector=spec.replicas%3D1")
        self.refused(400, "BadRequest", "GET", DEPLOYMENTS + "?labelSelector=a%20b")
        self.refused(400, "BadRequest", "GET", DEPLOYMENTS + "?limit=x")
        self.refused(400, "BadRequest", "GET", DEPLOYMENTS + "?continue=x")

    def test_generation_and_status(self):
        made = self.ok("POST", DEPLOYMENTS, {**deployment("a", 0), "status": {"replicas": 9}})
        self.assertEqual(made["metadata"]["generation"], 1)
        self.assertNotIn("replicas", made["status"])
        labelled = self.ok("PATCH", DEPLOYMENTS + "/a", {"metadata": {"labels": {"x": "y"}}, "status": {"replicas": 9}}, MERGE)
        self.assertEqual((labelled["metadata"]["generation"], labelled["status"].get("replicas")), (1, None))
        self.assertEqual(self.ok("PATCH", DEPLOYMENTS + "/a", {"spec": {"paused": True}}, MERGE)["metadata"]["generation"], 2)
        so = "/apis/keda.sh/v1alpha1/namespaces/default/scaledobjects"
        self.ok("POST", so, {"metadata": {"name": "s"}, "spec": {"scaleTargetRef": {"name": "a"}, "triggers": [{"type": "cron"}]}})
        status = self.ok("PATCH", so + "/s/status", {"spec": {"maxReplicaCount": 3}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}, MERGE)
        self.assertEqual(status["status"]["conditions"][0]["type"], "Ready")
        self.assertNotIn("maxReplicaCount", status["spec"])
        self.assertEqual(status["metadata"]["generation"], 1)

    def test_patches(self):
        self.ok("POST", DEPLOYMENTS, deployment("a"))
        add = {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}, {"name": "d", "image": "j"}]}}}}
        names = lambda answer: [c["name"] for c in answer["spec"]["template"]["spec"]["containers"]]
        merged = self.ok("PATCH", DEPLOYMENTS + "/a", add, STRATEGIC)
        self.assertEqual(names(merged), ["c", "d"])
        self.assertEqual(merged["spec"]["template"]["spec"]["containers"][0]["image"], "i")
        deleted = self.ok("PATCH", DEPLOYMENTS + "/a", {"spec": {"template": {"spec": {"containers": [{"name": "c", "$patch": "delete"}]}}}}, STRATEGIC)
        self.assertEqual(names(deleted), ["d"])
        self.assertEqual(self.ok("PATCH", DEPLOYMENTS + "/a", [{"op": "replace", "path": "/spec/replicas", "value": 0}], JSON_PATCH)["spec"]["replicas"], 0)
        self.refused(422, "Invalid", "PATCH", DEPLOYMENTS + "/a", [{"op": "test", "path": "/spec/replicas", "value": 7}], JSON_PATCH)
        self.refused(400, "BadRequest", "PATCH", DEPLOYMENTS + "/a", [], MERGE)
        self.refused(400, "BadRequest", "PATCH", DEPLOYMENTS + "/a", {"metadata": {"name": "b"}}, MERGE)
        self.refused(422, "Invalid", "PATCH", DEPLOYMENTS + "/a", {"metadata": {"labels": {"a": 1}}}, MERGE)
        self.refused(409, "Conflict", "PATCH", DEPLOYMENTS + "/a", {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}, MERGE)
        self.refused(415, "UnsupportedMediaType", "PATCH", DEPLOYMENTS + "/a", {}, "application/json")
        applied = self.ok("PATCH", DEPLOYMENTS + "/b?fieldManager=t", json.dumps(deployment("b", 2)), APPLY)
        self.assertEqual(applied["spec"]["replicas"], 2)
        self.refused(400, "BadRequest", "PATCH", DEPLOYMENTS + "/b", json.dumps(deployment("b")), APPLY)
        so = "/apis/keda.sh/v1alpha1/namespaces/default/scaledobjects"
        self.ok("POST", so, {"metadata": {"name": "s"}, "spec": {"scaleTargetRef": {"name": "a"}, "triggers": [{"type": "cron"}]}})
        self.refused(415, "UnsupportedMediaType", "PATCH", so + "/s", {}, STRATEGIC)

    def test_dry_run_changes_nothing(self):
        self.ok("POST", CONFIG_MAPS + "?dryRun=All", config_map("a"))
        self.refused(404, "NotFound", "GET", CONFIG_MAPS + "/a")
        before = self.ok("POST", CONFIG_MAPS, config_map("a"))
        self.ok("PATCH", CONFIG_MAPS + "/a?dryRun=All", {"data": {"x": "y"}}, MERGE)
        self.ok("DELETE", CONFIG_MAPS + "/a?dryRun=All")
        self.assertEqual(self.ok("GET", CONFIG_MAPS + "/a"), before)

    def test_finalizers_and_namespaces(self):
        self.ok("POST", CONFIG_MAPS, {"metadata": {"name": "a", "finalizers": ["x/y"]}})
        held = self.ok("DELETE", CONFIG_MAPS + "/a")
        self.assertTrue(held["metadata"]["deletionTimestamp"])
        self.ok("PATCH", CONFIG_MAPS + "/a", {"metadata": {"finalizers": None}}, MERGE)
        self.refused(404, "NotFound", "GET", CONFIG_MAPS + "/a")
        self.ok("POST", "/api/v1/namespaces/new/secrets", {"metadata": {"name": "s"}, "stringData": {"p": "hunter2"}})
        self.assertEqual(self.ok("GET", "/api/v1/namespaces/new")["status"]["phase"], "Active")
        self.assertEqual(base64.b64decode(self.ok("GET", "/api/v1/namespaces/new/secrets/s")["data"]["p"]), b"hunter2")
        self.ok("DELETE", "/api/v1/namespaces/new")
        self.refused(404, "NotFound", "GET", "/api/v1/namespaces/new/secrets/s")

    def test_leases_need_a_version(self):
        leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
        made = self.ok("POST", leases, {"metadata": {"name": "l"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}})
        self.refused(422, "Invalid", "PUT", leases + "/l", {"metadata": {"name": "l"}, "spec": {"holderIdentity": "b"}})
        made["spec"]["holderIdentity"] = "b"
        self.ok("PUT", leases + "/l", made)
        self.refused(409, "Conflict", "PUT", leases + "/l", made)
        self.refused(422, "Invalid", "POST", leases, {"metadata": {"name": "m"}, "spec": {"leaseDurationSeconds": 0}})

    def test_both_faces_of_events(self):
        new, core = "/apis/events.k8s.io/v1/namespaces/default/events", "/api/v1/namespaces/default/events"
        event = {"metadata": {"name": "e"}, "eventTime": "2026-01-01T00:00:00.000000Z", "reportingController": "davit", "reportingInstance": "i",
                 "action": "Scale", "reason": "R", "type": "Normal", "note": "hello", "regarding": {"kind": "Deployment", "name": "a"}}
        self.assertEqual(self.ok("POST", new, event)["note"], "hello")
        self.assertEqual(self.ok("GET", core + "/e")["message"], "hello")
        self.assertEqual(self.ok("GET", core + "/e")["involvedObject"]["name"], "a")
        patched = self.ok("PATCH", new + "/e", {"series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}}, MERGE)
        self.assertEqual((patched["apiVersion"], patched["series"]["count"]), ("events.k8s.io/v1", 2))
        self.assertEqual(len(self.ok("GET", core + "?fieldSelector=involvedObject.name%3Da,type!%3DWarning")["items"]), 1)
        self.assertEqual(len(self.ok("GET", new + "?fieldSelector=regarding.name%3Db")["items"]), 0)
        for missing in ("action", "eventTime", "reportingController"):
            self.refused(422, "Invalid", "POST", new, {**event, "metadata": {"name": "f"}, missing: ""})

    def test_lists_pages_and_selectors(self):
        for i in range(7):
            self.ok("POST", CONFIG_MAPS, config_map(f"c{i}", {"n": str(i), "odd": str(i % 2)}))
        whole = self.ok("GET", CONFIG_MAPS)
        self.assertEqual((whole["kind"], whole["apiVersion"], list(whole)[0]), ("ConfigMapList", "v1", "kind"))
        self.assertNotIn("kind", whole["items"][0])
        names, token, rest, versions = [], "", [], set()
        while True:
            page = self.ok("GET", CONFIG_MAPS + f"?limit=3&continue={token}")
            names += [item["metadata"]["name"] for item in page["items"]]
            versions.add(page["metadata"]["resourceVersion"])
            rest.append(page["metadata"].get("remainingItemCount"))
            token = page["metadata"].get("continue", "")
            if not token:
                break
            self.ok("POST", CONFIG_MAPS, config_map(f"a{len(names)}"))  # a new one in front: neither repeated nor missing
        self.assertEqual(names, [f"c{i}" for i in range(7)])
        self.assertEqual((rest, len(versions)), ([4, 1, None], 1))
        select = lambda query: [item["metadata"]["name"] for item in self.ok("GET", CONFIG_MAPS + "?" + query)["items"]]
        for query, wanted in (("labelSelector=odd%3D1", ["c1", "c3", "c5"]), ("labelSelector=n%20in%20(1,2),odd!%3D1", ["c2"]),
                              ("labelSelector=!n", ["a3", "a6"]), ("labelSelector=n%3E4", ["c5", "c6"]), ("fieldSelector=metadata.name%3Dc3", ["c3"]),
                              ("fieldSelector=metadata.name!%3Dc3,metadata.namespace%3Ddefault&labelSelector=odd%3D1", ["c1", "c5"])):
            self.assertEqual(select(query), wanted, query)
        self.assertEqual(self.ok("GET", "/api/v1/namespaces/empty/configmaps")["items"], [])
        self.ok("DELETE", CONFIG_MAPS + "?labelSelector=odd%3D1")
        self.assertEqual(select(""), ["a3", "a6", "c0", "c2", "c4", "c6"])

    def test_protobuf_as_kubectl_sends_it(self):
        text = lambda number, value: bytes([number << 3 | 2, len(value)]) + value
        meta = text(1, text(1, b"p") + text(2, b"") + b"\x38\x00" + text(8, b""))
        body = b"k8s\0" + text(1, text(1, b"v1") + text(2, b"ConfigMap")) + text(2, meta + text(2, text(1, b"key") + text(2, b"value")))
        proto = "application/vnd.kubernetes.protobuf"
        self.assertEqual(self.ok("POST", CONFIG_MAPS, body, proto)["data"], {"key": "value"})
        for size in range(len(body)):
            self.assertIn(self.sandbox.call("POST", CONFIG_MAPS, body[:size], proto)[0], (400, 415, 422))
        self.refused(415, "UnsupportedMediaType", "POST", CONFIG_MAPS, body + b"", "application/vnd.kubernetes.protobuf2")
        odd = b"k8s\0" + text(1, text(1, b"v1") + text(2, b"ConfigMap")) + text(2, meta + text(9, b"x"))
        self.refused(415, "UnsupportedMediaType", "POST", CONFIG_MAPS, odd, proto)

    def test_tables(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        self.eventually(lambda: self.ok("GET", DEPLOYMENTS + "/a")["status"].get("readyReplicas") == 2)
        table = self.ok("GET", DEPLOYMENTS, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"})
        self.assertEqual([column["name"] for column in table["columnDefinitions"][:2]], ["Name", "Ready"])
        self.assertEqual(table["rows"][0]["cells"][:4], ["a", "2/2", 2, 2])
        self.assertEqual(table["rows"][0]["object"]["kind"], "PartialObjectMetadata")


class Scale(Case):
    ARGS = ("--ready-delay", "50ms", "--no-pods")

    def test_scale(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        scale = self.ok("GET", DEPLOYMENTS + "/a/scale")
        self.assertEqual((scale["kind"], scale["apiVersion"], scale["spec"], scale["status"]["selector"]), ("Scale", "autoscaling/v1", {"replicas": 2}, "app=a"))
        self.assertEqual(self.ok("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": 0}}, MERGE)["spec"], {})
        self.assertEqual(self.ok("PATCH", DEPLOYMENTS + "/a/scale", [{"op": "replace", "path": "/spec/replicas", "value": 4}], JSON_PATCH)["spec"], {"replicas": 4})
        stale = scale["metadata"]["resourceVersion"]
        self.refused(409, "Conflict", "PATCH", DEPLOYMENTS + "/a/scale", {"metadata": {"resourceVersion": stale}, "spec": {"replicas": 5}}, MERGE)
        scale = self.ok("GET", DEPLOYMENTS + "/a/scale")
        scale["spec"]["replicas"] = 6
        self.assertEqual(self.ok("PUT", DEPLOYMENTS + "/a/scale", scale)["spec"]["replicas"], 6)
        for body in ({"spec": {"replicas": -1}}, {"spec": {"replicas": "x"}}, {"spec": 5}, {"spec": {"replicas": 2 ** 33}}):
            self.refused(422, "Invalid", "PATCH", DEPLOYMENTS + "/a/scale", body, MERGE)
        self.refused(404, "NotFound", "PATCH", DEPLOYMENTS + "/b/scale", {"spec": {"replicas": 1}}, MERGE)
        self.refused(405, "MethodNotAllowed", "DELETE", DEPLOYMENTS + "/a/scale")
        self.ok("PATCH", DEPLOYMENTS + "/a", {"spec": {"replicas": 1}}, MERGE, headers={"User-Agent": "somebody"})
        log = self.ok("GET", "/sandbox/scales")
        self.assertEqual([(s["from"], s["to"], s["via"]) for s in log["scales"]], [(2, 0, "scale"), (0, 4, "scale"), (4, 6, "scale"), (6, 1, "object")])
        self.assertEqual((log["last"], log["scales"][3]["userAgent"], log["scales"][0]["namespace"]), (4, "somebody", "default"))
        self.assertEqual([s["seq"] for s in self.ok("GET", "/sandbox/scales?since=3")["scales"]], [4])
        self.assertEqual(self.ok("GET", "/sandbox/scales?since=4")["scales"], [])

    def test_status_without_pods(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 3))
        ready = lambda: self.ok("GET", DEPLOYMENTS + "/a")["status"].get("readyReplicas", 0)
        self.eventually(lambda: ready() == 3)
        self.ok("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": 1}}, MERGE)
        self.eventually(lambda: ready() == 1)
        self.assertEqual(self.ok("GET", "/api/v1/pods")["items"], [])
        status = self.ok("GET", DEPLOYMENTS + "/a")["status"]
        self.assertEqual((status["replicas"], status["observedGeneration"]), (1, 2))

    def test_bulk(self):
        self.assertEqual(self.ok("POST", "/sandbox/objects", {"kind": "Deployment", "namespace": "bench", "prefix": "d", "count": 3000, "replicas": 1})["created"], 3000)
        self.assertEqual(self.ok("GET", "/sandbox")["objects"]["deployments.apps"], 3000)
        made = self.ok("POST", "/sandbox/objects", {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "namespace": "bench", "prefix": "d", "count": 2, "object": {
            "spec": {"scaleTargetRef": {"name": "{{name}}"}, "triggers": [{"type": "cron", "metadata": {"n": "{{n}}", "x": "{{y}}"}}]}}})
        self.assertEqual(made["created"], 2)
        second = self.ok("GET", "/apis/keda.sh/v1alpha1/namespaces/bench/scaledobjects/d-1")
        self.assertEqual(second["spec"]["scaleTargetRef"]["name"], "d-1")
        self.assertEqual(second["spec"]["triggers"][0]["metadata"], {"n": "1", "x": "{{y}}"})
        for body in ({"count": 0}, {"count": 10 ** 9}, {"count": 1, "kind": "Nope"}, {"count": 1, "prefix": "_"}, []):
            self.refused(400, "BadRequest", "POST", "/sandbox/objects", body)
        self.refused(422, "Invalid", "POST", "/sandbox/objects", {"count": 1, "prefix": "x", "replicas": -1})


class Watch(Case):
    def changes(self, events):
        return [(event["type"], event["object"]["metadata"].get("name")) for event in events]

    def test_state_changes_and_end(self):
        self.ok("POST", CONFIG_MAPS, config_map("a", {"l": "1"}))
        version = self.ok("GET", CONFIG_MAPS)["metadata"]["resourceVersion"]
        live = Stream(self.sandbox, CONFIG_MAPS + f"?watch=true&resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=1")
        self.ok("POST", CONFIG_MAPS, config_map("b", {"l": "1"}))
        self.ok("PATCH", CONFIG_MAPS + "/a", {"metadata": {"labels": {"l": "2"}}}, MERGE)
        self.ok("POST", "/api/v1/namespaces/other/configmaps", config_map("elsewhere"))
        self.ok("DELETE", CONFIG_MAPS + "/b")
        self.assertEqual(self.changes(live.rest()), [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b"), ("BOOKMARK", None)])
        again = Stream(self.sandbox, CONFIG_MAPS + f"?watch=true&resourceVersion={version}&timeoutSeconds=1&labelSelector=l%3D1").rest()
        self.assertEqual(self.changes(again), [("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b")])
        self.assertEqual(again[1]["object"]["metadata"]["labels"], {"l": "1"})
        self.assertEqual(self.changes(Stream(self.sandbox, CONFIG_MAPS + "?watch=true&timeoutSeconds=1").rest()), [("ADDED", "a")])
        initial = Stream(self.sandbox, CONFIG_MAPS + "?watch=1&timeoutSeconds=1&sendInitialEvents=true").rest()
        self.assertEqual(initial[1]["object"]["metadata"]["annotations"], {"k8s.io/initial-events-end": "true"})
        future = Stream(self.sandbox, CONFIG_MAPS + "?watch=true&resourceVersion=99999").rest()
        self.assertEqual((future[0]["type"], future[0]["object"]["code"]), ("ERROR", 410))
        self.refused(400, "BadRequest", "GET", CONFIG_MAPS + "?watch=true&resourceVersion=x")

    def test_one_object_and_as_table(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 0))
        self.ok("POST", DEPLOYMENTS, deployment("b", 0))
        named = Stream(self.sandbox, DEPLOYMENTS + "?watch=true&fieldSelector=metadata.name%3Db", {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
        first = named.next()["object"]
        self.assertEqual((first["kind"], first["rows"][0]["cells"][0], bool(first["columnDefinitions"])), ("Table", "b", True))
        self.ok("PATCH", DEPLOYMENTS + "/b", {"metadata": {"labels": {"x": "y"}}}, MERGE)
        self.assertEqual(named.next()["object"]["columnDefinitions"], [])
        named.close()
        self.eventually(lambda: self.ok("GET", "/sandbox/requests")["watches"]["open"] == 0)

    def test_slow_and_many(self):
        self.ok("POST", "/sandbox/objects", {"namespace": "bench", "count": 500, "replicas": 0})
        streams = [Stream(self.sandbox, "/apis/apps/v1/deployments?watch=true") for _ in range(50)]
        for stream in streams:
            self.assertEqual(stream.take(500)[499]["type"], "ADDED")
            stream.close()


class ShortHistory(Case):
    ARGS = ("--history", "5", "--bookmark-interval", "200ms")

    def test_too_old(self):
        first = self.ok("POST", CONFIG_MAPS, config_map("a"))["metadata"]["resourceVersion"]
        token = None
        for i in range(8):
            self.ok("PATCH", CONFIG_MAPS + "/a", {"data": {"i": str(i)}}, MERGE)
            self.ok("POST", CONFIG_MAPS, config_map(f"b{i}"))
            token = token or self.ok("GET", CONFIG_MAPS + "?limit=1")["metadata"]["continue"]
        event = Stream(self.sandbox, CONFIG_MAPS + f"?watch=true&resourceVersion={first}").rest()[0]
        self.assertEqual((event["type"], event["object"]["reason"], event["object"]["code"]), ("ERROR", "Expired", 410))
        self.refused(410, "Expired", "GET", CONFIG_MAPS + f"?limit=1&continue={token}")
        quiet = Stream(self.sandbox, "/api/v1/secrets?watch=true&allowWatchBookmarks=true")
        self.assertEqual(quiet.next()["type"], "BOOKMARK")
        quiet.close()


class Controllers(Case):
    def status(self, kind, name):
        return self.ok("GET", f"/apis/apps/v1/namespaces/default/{kind}/{name}").get("status", {})

    def pods(self, selector):
        return self.ok("GET", f"/api/v1/namespaces/default/pods?labelSelector={selector}")["items"]

    def test_deployment(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 3))
        self.eventually(lambda: self.status("deployments", "a").get("readyReplicas") == 3)
        pods = self.pods("app%3Da")
        self.assertEqual({(pod["status"]["phase"], pod["metadata"]["ownerReferences"][0]["name"]) for pod in pods}, {("Running", "a")})
        self.ok("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": 1}}, MERGE)
        self.eventually(lambda: len(self.pods("app%3Da")) == 1)
        self.assertEqual(self.status("deployments", "a")["replicas"], 1)
        survivor = self.pods("app%3Da")[0]["metadata"]["name"]
        self.ok("DELETE", f"/api/v1/namespaces/default/pods/{survivor}")
        self.eventually(lambda: [pod for pod in self.pods("app%3Da") if pod["metadata"]["name"] != survivor])
        self.eventually(lambda: self.status("deployments", "a").get("readyReplicas") == 1)
        self.ok("PATCH", DEPLOYMENTS + "/a", {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}, MERGE)
        self.eventually(lambda: [pod["metadata"].get("annotations") for pod in self.pods("app%3Da")] == [{"restarted": "now"}])
        self.eventually(lambda: self.status("deployments", "a").get("observedGeneration") == 3)
        self.ok("DELETE", DEPLOYMENTS + "/a")
        self.eventually(lambda: not self.pods("app%3Da"))

    def test_unready_pod_counts(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        self.eventually(lambda: self.status("deployments", "a").get("readyReplicas") == 2)
        name = self.pods("app%3Da")[0]["metadata"]["name"]
        self.ok("PATCH", f"/api/v1/namespaces/default/pods/{name}/status", {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, MERGE)
        self.eventually(lambda: self.status("deployments", "a").get("readyReplicas") == 1)

    def test_stateful_set(self):
        self.ok("POST", "/apis/apps/v1/namespaces/default/statefulsets", {**deployment("s", 3), "kind": "StatefulSet"})
        self.eventually(lambda: self.status("statefulsets", "s").get("readyReplicas") == 3)
        names = lambda: [pod["metadata"]["name"] for pod in self.pods("app%3Ds")]
        self.assertEqual(names(), ["s-0", "s-1", "s-2"])
        self.ok("PATCH", "/apis/apps/v1/namespaces/default/statefulsets/s/scale", {"spec": {"replicas": 1}}, MERGE)
        self.eventually(lambda: names() == ["s-0"])

    def test_metrics_as_annotations_say(self):
        path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
        usage = lambda: sorted(str(container["usage"]) for pod in self.ok("GET", path + "?labelSelector=app%3Da")["items"] for container in pod["containers"])
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        self.ok("POST", DEPLOYMENTS, deployment("b", 1))
        self.eventually(lambda: len(self.pods("app%3Da")) == 2 and self.status("deployments", "a").get("readyReplicas") == 2)
        self.assertEqual(usage(), [])
        annotate = lambda where, **said: self.ok("PATCH", where, {"metadata": {"annotations": {f"sandbox.davit.dev/{k}": v for k, v in said.items()}}}, MERGE)
        annotate(DEPLOYMENTS + "/a", cpu="1", memory="2Ki")
        annotate(DEPLOYMENTS + "/b", cpu="7")
        self.assertEqual(usage(), ["{'cpu': '500m', 'memory': '1024'}"] * 2)
        pod = "/api/v1/namespaces/default/pods/" + self.pods("app%3Da")[0]["metadata"]["name"]
        annotate(pod, cpu="none")
        self.assertEqual(usage(), ["{'cpu': '500m', 'memory': '1024'}", "{'memory': '1024'}"])
        annotate(pod, memory="none")
        self.assertEqual(usage(), ["{'cpu': '500m', 'memory': '1024'}"])
        self.refused(400, "BadRequest", "GET", path + "?labelSelector=a%3D%3D%3D")
        self.ok("POST", path, {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": "x", "labels": {"app": "a"}},
                               "containers": [{"name": "c", "usage": {"cpu": "3"}}]})
        self.assertEqual(usage(), ["{'cpu': '3'}"], "what was created goes before what is made up")

    def test_recreated_object_gets_new_pods(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        self.eventually(lambda: len(self.pods("app%3Da")) == 2)
        old = {pod["metadata"]["uid"] for pod in self.pods("app%3Da")}
        self.ok("DELETE", DEPLOYMENTS + "/a")
        self.ok("POST", DEPLOYMENTS, deployment("a", 2))
        self.eventually(lambda: len(self.pods("app%3Da")) == 2 and not old & {pod["metadata"]["uid"] for pod in self.pods("app%3Da")})


class FullNodes(Case):
    ARGS = ("--ready-delay", "10ms", "--max-pods", "300")

    def test_more_than_fits(self):
        self.ok("POST", DEPLOYMENTS, deployment("a", 2 ** 31 - 1))
        ready = lambda name: self.ok("GET", f"{DEPLOYMENTS}/{name}")["status"].get("readyReplicas", 0)
        self.eventually(lambda: ready("a") == 300)
        self.ok("POST", DEPLOYMENTS, deployment("b", 1))
        self.ok("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": 2}}, MERGE)
        self.eventually(lambda: ready("a") == 2 and ready("b") == 1)


class Faults(Case):
    def setUp(self):
        super().setUp()
        self.ok("POST", DEPLOYMENTS, deployment("a", 1))

    def patch(self, replicas=2):
        return self.sandbox.call("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": replicas}}, MERGE)

    def replicas(self):
        return self.ok("GET", DEPLOYMENTS + "/a")["spec"]["replicas"]

    def test_a_script_of_statuses(self):
        rule = {"method": "PATCH", "path": "/scale"}
        self.faults({**rule, "status": 409, "times": 1}, {**rule, "status": 429, "retryAfter": 7, "times": 2}, {**rule, "expireToken": True, "times": 1},
                    {**rule, "status": 500, "times": 1})
        codes = []
        for _ in range(6):
            codes.append(self.patch()[0])
            if codes[-1] == 429:
                self.assertEqual(self.sandbox.headers["Retry-After"], "7")
        self.assertEqual(codes, [409, 429, 429, 401, 500, 200])
        self.assertEqual([row["hits"] for row in self.ok("GET", "/sandbox/faults")["rules"]], [1, 2, 1, 1])
        counted = {row["code"]: row["count"] for row in self.ok("GET", "/sandbox/requests")["requests"] if row["path"] == "apps/deployments/scale"}
        self.assertEqual(counted, {409: 1, 429: 2, 401: 1, 500: 1, 200: 1})

    def test_latency_and_clearing(self):
        self.faults({"latencyMs": 300, "path": "/scale"})
        start = time.monotonic()
        self.assertEqual(self.patch()[0], 200)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.ok("DELETE", "/sandbox/faults")
        self.assertEqual(self.ok("GET", "/sandbox/faults")["rules"], [])

    def test_lost_answers(self):
        for fault in ({"reset": True}, {"hang": True}):
            self.faults({"method": "PATCH", **fault, "times": 1}, {"method": "PATCH", **fault, "executed": True, "times": 1})
            for target, wanted in ((7, self.replicas()), (8, 8)):
                connection = self.sandbox.connect(0.5)
                with self.assertRaises((OSError, http.client.HTTPException)):
                    connection.request("PATCH", DEPLOYMENTS + "/a/scale", json.dumps({"spec": {"replicas": target}}), {"Content-Type": MERGE})
                    connection.getresponse()
                connection.close()
                self.assertEqual(self.replicas(), wanted)
            self.ok("DELETE", "/sandbox/faults")
            self.patch(1)

    def test_late_client_is_gone(self):
        self.faults({"latencyMs": 300, "times": 1})
        connection = self.sandbox.connect()
        connection.request("GET", "/version")
        connection.close()
        time.sleep(0.5)
        self.assertEqual(self.replicas(), 1)

    def test_strange_bodies_and_probability(self):
        self.faults({"path": "/version", "body": "not json", "times": 1}, {"path": "/version", "status": 503, "probability": 0.5})
        self.assertEqual(self.sandbox.call("GET", "/version"), (200, "not json"))
        codes = [self.sandbox.call("GET", "/version")[0] for _ in range(200)]
        self.assertTrue(40 < codes.count(503) < 160, codes.count(503))

    def test_torn_watch(self):
        self.faults({"tearWatchAfterBytes": 100, "times": 1})
        torn = Stream(self.sandbox, DEPLOYMENTS + "?watch=true")
        with self.assertRaises(http.client.IncompleteRead) as raised:
            torn.answer.read()
        self.assertLessEqual(len(raised.exception.partial), 100)
        torn.close()
        whole = Stream(self.sandbox, DEPLOYMENTS + "?watch=true")
        self.assertEqual(whole.next()["type"], "ADDED")
        whole.close()

    def test_gone_and_closed_watches(self):
        version = self.ok("GET", DEPLOYMENTS)["metadata"]["resourceVersion"]
        gone, kept = Stream(self.sandbox, DEPLOYMENTS + f"?watch=true&resourceVersion={version}"), Stream(self.sandbox, CONFIG_MAPS + "?watch=true&resourceVersion=1")
        self.eventually(lambda: self.ok("GET", "/sandbox/requests")["watches"]["open"] == 2)
        self.patch()
        self.assertEqual(self.faults({"goneWatches": True, "path": "/deployments"})["watchesEnded"], 1)
        self.assertEqual(gone.rest()[-1]["object"]["code"], 410)
        self.assertEqual(Stream(self.sandbox, DEPLOYMENTS + f"?watch=true&resourceVersion={version}").rest()[0]["object"]["code"], 410)
        self.assertEqual(self.faults({"closeWatches": True})["watchesEnded"], 1)
        self.assertEqual(kept.rest(), [])

    def test_bad_rules(self):
        for rules in ({}, 1, [5], [{"status": 200}], [{"status": "500"}], [{"nope": 1}], [{"times": 0}], [{"probability": 2}], [{}] * 1000):
            self.refused(400, "BadRequest", "POST", "/sandbox/faults", {"rules": rules})
        self.refused(404, "NotFound", "GET", "/sandbox/nope")
        self.refused(405, "MethodNotAllowed", "PUT", "/sandbox/faults", {})


class Token(Case):
    ARGS = ("--token", "first")

    def test_rotation(self):
        bearer = lambda token: {"Authorization": f"Bearer {token}"}
        get = lambda token, path="/version": self.sandbox.call("GET", path, headers=bearer(token))[0]
        self.assertEqual(self.sandbox.call("GET", "/version")[0], 401)
        self.assertEqual((get("first"), get("wrong"), get("")), (200, 401, 401))
        self.assertEqual(self.sandbox.call("GET", "/version", headers={"Authorization": "Basic Zmlyc3Q="})[0], 401)
        self.assertEqual(self.sandbox.call("POST", "/sandbox/token", {"token": "second"}, headers=bearer("first"))[0], 200)
        self.assertEqual((get("first"), get("second"), get("first", "/sandbox"), get("wrong", "/sandbox")), (401, 200, 200, 401))
        self.assertEqual(self.sandbox.call("GET", "/api", headers=bearer("nope"))[1]["reason"], "Unauthorized")


class Hostile(Case):
    def test_broken_requests(self):
        for data, status in ((b"GARBAGE\r\n\r\n", 400), (b"GET\r\n\r\n", 400), (b"get / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/3\r\n\r\n", 505),
                             (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400), (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
                             (b"GET /\0 HTTP/1.1\r\n\r\n", 400), (b"GET /?a=%zz HTTP/1.1\r\n\r\n", 400), (b"GET /api/v1/namespaces/%zz/pods HTTP/1.1\r\n\r\n", 400),
                             (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 431), (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000, 431),
                             (b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % i for i in range(200)) + b"\r\n", 400),
                             (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400), (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
                             (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400), (b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", 413),
                             (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400), (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
                             (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400), (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
                             (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413)):
            answer = self.sandbox.raw(data)
            self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), (data[:60], answer[:80]))
            self.assertEqual(json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"], status)
        self.assertEqual(self.ok("GET", "/version")["major"], "1")

    def test_body_that_is_too_large(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.refused(413, "RequestEntityTooLarge", "POST", CONFIG_MAPS, "x" * (9 << 20))
        big = self.ok("POST", CONFIG_MAPS, config_map("big", k="x" * (7 << 20)))
        self.assertEqual(len(big["data"]["k"]), 7 << 20)

    def test_pipelining_chunks_and_old_http(self):
        answer = self.sandbox.raw(b"GET /version HTTP/1.1\r\n\r\n" * 3 + b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertEqual((answer.count(b"HTTP/1.1 200 OK"), answer.count(b"Connection: close"), answer[-2:]), (4, 1, b"ok"))
        body = json.dumps(config_map("chunked")).encode()
        head = f"POST {CONFIG_MAPS} HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
        chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
        self.assertIn(b"201 Created", self.sandbox.raw(head + chunks + b"0\r\n\r\n"))
        head = f"POST {CONFIG_MAPS} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n".encode()
        self.assertIn(b"100 Continue", self.sandbox.raw(head))
        after = self.sandbox.raw(f"GET {CONFIG_MAPS}?watch=true&timeoutSeconds=1 HTTP/1.1\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n".encode() + b"x" * 100)
        self.assertIn(b"ADDED", after)

    def test_a_request_byte_by_byte(self):
        with socket.create_connection(("127.0.0.1", self.sandbox.port), timeout=5) as sock:
            for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
                sock.sendall(bytes([byte]))
            self.assertTrue(sock.recv(1000).startswith(b"HTTP/1.1 200"))

    def test_strange_bodies(self):
        self.ok("POST", CONFIG_MAPS, config_map("a"))
        nested = "[" * 100000
        for body in (nested, '{"metadata":' * 5000, '{"data":{"\\u0000":"x"}}', b'{"data":{"a":"\xff"}}', "{}garbage", '{"metadata":{"name":"a\\u0000b"}}'):
            self.assertIn(self.sandbox.call("POST", CONFIG_MAPS, body)[0], (400, 422), body[:40])
        doubling = [{"op": "add", "path": "/data", "value": {"a": "xxxxxxxxxx"}}] + [{"op": "copy", "from": "/data", "path": f"/data/k{i}"} for i in range(60)]
        self.refused(422, "Invalid", "PATCH", CONFIG_MAPS + "/a", doubling, JSON_PATCH)
        for operations in ([{"op": "remove", "path": ""}], [{"op": "add", "path": "data", "value": 1}], [{"op": "move", "from": "/data", "path": "/data/x"}],
                           [{"op": "remove", "path": "/metadata/labels/~2"}], [{"op": "add", "path": "", "value": 5}]):
            self.refused(422, "Invalid", "PATCH", CONFIG_MAPS + "/a", operations, JSON_PATCH)
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
        self.refused(400, "BadRequest", "POST", CONFIG_MAPS, bomb, "application/yaml")
        for path in ("/api/v1/namespaces/%FF/configmaps", "/api/v1/namespaces/a%2Fb/configmaps/c%00", "/api/v1/namespaces//configmaps", "/api" + "/x" * 50,
                     CONFIG_MAPS + "/" + "n" * 5000, CONFIG_MAPS + "/%E2%82%AC"):
            self.assertIn(self.sandbox.call("GET", path)[0], (200, 400, 404), path[:60])
        self.assertIn(self.sandbox.call("POST", "/api/v1/namespaces/%FF/configmaps", config_map("x"))[0], (400, 422))

    def test_many_at_once_and_gone(self):
        sockets = [socket.create_connection(("127.0.0.1", self.sandbox.port)) for _ in range(200)]
        for i, sock in enumerate(sockets):
            sock.sendall((b"GET /apis/apps/v1/deployments?watch=true HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nx", b"GE", b"")[i % 4])
        self.ok("POST", DEPLOYMENTS, deployment("a", 1))
        for sock in sockets[:150]:
            sock.close()
        self.ok("PATCH", DEPLOYMENTS + "/a/scale", {"spec": {"replicas": 3}}, MERGE)
        self.eventually(lambda: self.ok("GET", "/sandbox/requests")["watches"]["open"] <= 13)
        # The others are still open when the program ends.
        self.addCleanup(lambda: [sock.close() for sock in sockets])


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_it(self, *args):
        return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=30)

    def test_words(self):
        self.assertIn("--ready-delay", self.run_it("--help").stdout)
        self.assertRegex(self.run_it("--version").stdout, r"^davit-sandbox \d")
        for args in (["--nope"], ["--listen"], ["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"], ["--no-pods=1"], ["--history", "0"],
                     ["--ready-delay", "soon"], ["--ready-delay", "-1s"], ["--tls-cert", "x"], ["--token", ""], ["extra"]):
            run = self.run_it(*args)
            self.assertNotEqual(run.returncode, 0, args)
            self.assertTrue(run.stderr.startswith("davit-sandbox: "), run.stderr)

    def test_load_and_kubeconfig(self):
        (self.folder / "a.yaml").write_text("---\n" + json.dumps(deployment("a", 2)) + "\n---\napiVersion: v1\nkind: List\nitems:\n- " + json.dumps(config_map("c", k="v"))
                                            + "\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: s, namespace: shop}\nstringData: {p: x}\n")
        (self.folder / "b.json").write_text(json.dumps(deployment("a", 5)))
        sandbox = Sandbox("--load", self.folder / "a.yaml", "--load", self.folder / "b.json", "--kubeconfig-out", self.folder / "kc", "--token", "t o")
        self.assertEqual(sandbox.call("GET", DEPLOYMENTS + "/a", headers={"Authorization": "Bearer t o"})[1]["spec"]["replicas"], 5)
        self.assertEqual(sandbox.call("GET", "/api/v1/secrets", headers={"Authorization": "Bearer t o"})[1]["items"][0]["metadata"]["namespace"], "shop")
        text = (self.folder / "kc").read_text()
        self.assertIn(f"server: http://127.0.0.1:{sandbox.port}\n", text)
        self.assertIn('token: "t o"', text)
        self.assertEqual(os.stat(self.folder / "kc").st_mode & 0o777, 0o600)
        self.assertEqual(sandbox.stop(signal.SIGINT), (0, ""))

    def test_bad_manifests(self):
        for text, wanted in (("kind: [", "a.yaml:"), ("kind: Nope\napiVersion: v1\n", "Kind=Nope"), ("a: 1\n", "not known"), (json.dumps(deployment("a", -1)), "spec.replicas")):
            (self.folder / "a.yaml").write_text(text)
            run = self.run_it("--load", self.folder / "a.yaml")
            self.assertEqual(run.returncode, 1)
            self.assertIn(wanted, run.stderr)
        self.assertEqual(self.run_it("--load", self.folder / "absent").returncode, 1)

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "key", "-out", self.folder / "cert", "-days", "2", "-subj",
                        "/CN=sandbox", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return ssl.create_default_context(cafile=self.folder / "cert")

    def test_tls(self):
        context = self.certificate()
        sandbox = Sandbox("--tls-cert", self.folder / "cert", "--tls-key", self.folder / "key", "--kubeconfig-out", self.folder / "kc", tls=context)
        self.assertEqual(sandbox.call("GET", "/version")[0], 200)
        self.assertEqual(sandbox.call("POST", "/sandbox/objects", {"count": 3000, "replicas": 0})[0], 201)
        self.assertEqual(len(sandbox.call("GET", "/apis/apps/v1/deployments")[1]["items"]), 3000)
        stream = Stream(sandbox, CONFIG_MAPS + "?watch=true&timeoutSeconds=1")
        sandbox.call("POST", CONFIG_MAPS, config_map("a", k="x" * 100000))
        self.assertEqual(len(stream.next()["object"]["data"]["k"]), 100000)
        self.assertEqual(stream.rest(), [])
        self.assertNotIn(b"200", sandbox.raw(b"GET /version HTTP/1.1\r\n\r\n"))
        self.assertIn("certificate-authority-data: ", (self.folder / "kc").read_text())
        self.assertEqual(sandbox.stop(), (0, ""))
        self.assertNotEqual(self.run_it("--tls-cert", self.folder / "key", "--tls-key", self.folder / "key").returncode, 0)

    def test_end_in_the_middle_of_everything(self):
        sandbox = Sandbox("--ready-delay", "1h")
        sandbox.call("POST", "/sandbox/objects", {"count": 2000, "replicas": 3})
        sandbox.call("POST", "/sandbox/faults", {"rules": [{"path": "/version", "latencyMs": 60000}, {"path": "/healthz", "hang": True}]})
        for path in ("/version", "/healthz", DEPLOYMENTS + "?watch=true", DEPLOYMENTS):
            connection = sandbox.connect()
            connection.request("GET", path)
            self.addCleanup(connection.close)
        time.sleep(0.3)
        self.assertEqual(sandbox.stop(), (0, ""))

    @unittest.skipUnless(shutil.which("kubectl"), "no kubectl here")
    def test_kubectl(self):
        sandbox = Sandbox("--ready-delay", "10ms", "--kubeconfig-out", self.folder / "kc")
        environment = {**os.environ, "KUBECONFIG": str(self.folder / "kc"), "HOME": str(self.folder)}

        def kubectl(*args, stdin=None):
            run = subprocess.run(["kubectl", *args], input=stdin, capture_output=True, text=True, env=environment, timeout=60)
            self.assertEqual(run.returncode, 0, run.stderr)
            return run.stdout

        for image in ("one", "two"):
            kubectl("apply", "-f", "-", stdin=json.dumps(deployment("a", 2)).replace('"i"', f'"{image}"'))
        kubectl("scale", "deployment/a", "--replicas=3")
        self.assertIn("successfully rolled out", kubectl("rollout", "status", "deployment/a"))
        self.assertIn("3/3", kubectl("get", "deployments"))
        self.assertIn("two", kubectl("describe", "deployment", "a"))
        kubectl("patch", "deployment", "a", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"d","image":"e"}]}}}}')
        kubectl("wait", "--for=condition=Available", "deployment/a")
        kubectl("delete", "deployment", "a")
        self.assertEqual(kubectl("get", "deployments", "-o", "name"), "")
        self.assertEqual(sandbox.stop(), (0, ""))


if __name__ == "__main__":
    unittest.main()
