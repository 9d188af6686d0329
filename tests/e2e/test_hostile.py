#!/usr/bin/env python3
"""Sources, files and an API that lie, stall, flood or fall apart: replicas stay, others keep their time, nothing is told that is secret."""
import base64
import gzip
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse

from harness import Davit, Redis, Sandbox, binaries, enter, prometheus_trigger, redis_trigger, scaled_object, wait

DAVIT, SANDBOX = binaries()
FAST = {"davit": {"pollingInterval": "200ms"}, "cooldownPeriod": 1, "maxReplicaCount": 20,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {
            "scaleDown": {"stabilizationWindowSeconds": 0}, "scaleUp": {"policies": [{"type": "Pods", "value": 1000, "periodSeconds": 1}]}}}}}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Peer:
    """Calls answer(sock, request, peer) for what arrives; False closes."""

    def __init__(self, answer):
        self.answer, self.seen, self.open, self.ended = answer, [], [], False
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.sock.settimeout(0.2)
        self.port = self.sock.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.ended:
            try:
                sock = self.sock.accept()[0]
            except socket.timeout:
                continue
            except OSError:
                return
            sock.settimeout(None)
            self.open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock:
            try:
                while (data := sock.recv(65536)) and not self.ended:
                    self.seen.append(data)
                    if self.answer(sock, data, self) is False:
                        return
            except OSError:
                return

    def stop(self):
        self.ended = True
        self.thread.join(5)
        self.sock.close()
        for sock in self.open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def vector(value):
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]}}).encode()


def http(body, status="200 OK", headers=""):
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def sends(data):
    return lambda sock, request, peer: sock.sendall(data)


def closes(data=b""):
    return lambda sock, request, peer: bool(sock.sendall(data))


def floods(first, block):
    def answer(sock, request, peer):
        sock.sendall(first)
        while not peer.ended:
            sock.sendall(block)
    return answer


def drips(data):
    def answer(sock, request, peer):
        for byte in data:
            if peer.ended:
                return
            sock.sendall(bytes([byte]))
            time.sleep(0.5)
    return answer


def zipped(blanks):
    data = gzip.compress(b" " * blanks + vector("0"))
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data


HTTP_ODD = {
    "chunks": sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n-5\r\n0\r\n\r\n"), "drip": drips(http(vector("0"))),
    "cut": closes(HEAD + b"Content-Length: 500\r\n\r\n" + vector("0")), "empty": closes(), "binary": closes(b"\0\xff\0\r\n\r\n"),
    "file": sends(http(b"", "302 Found", "Location: file:///etc/passwd\r\n")), "round": sends(http(b"", "302 Found", "Location: /again\r\n")),
    "limited": sends(http(vector("0"), "429 Too Many Requests", "Retry-After: 1\r\n")), "denied": sends(http(vector("0"), "403 Forbidden")),
    "after": sends(http(vector("50")) + http(vector("0"))), "refused": sends(http(vector("0"), "401 Unauthorized")),
    "failed": sends(http(vector("0"), "500 No")), "bomb": sends(zipped(20 << 20)),
}
BODIES = {
    "html": b"<html>", "nothing": b"", "deep": b"[" * 200000, "huge": vector("1e400"), "hex": vector("0x10"), "number": vector(0), "blank": vector(" 0"),
    "nul": vector("0\0"), "bytes": b'{"data":{"result":[{"value":[1,"\xff0"]}]}}', "scalar": b'{"data":{"resultType":"scalar","result":[1,"0"]}}',
    "matrix": b'{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"0"]]}]}}', "braces": b"{}", "null": b"null",
    "health": b'{"status":"ok"}', "error": b'{"status":"error","error":"boom"}', "none": b'{"status":"error","data":{"result":[]}}',
    "two": b'{"data":{"result":[{"value":[1,"0"]},{"value":[1,"0"]}]}}',
}
RESP_ODD = {
    "bulk": sends(b"$-5\r\n"), "nil": sends(b"$-1\r\n"), "list": sends(b"*1\r\n:0\r\n"), "lists": sends(b"*1\r\n" * 100000), "items": sends(b"*2147483647\r\n"),
    "below": sends(b":-5\r\n"), "least": sends(b":-9223372036854775808\r\n"), "over": sends(b":9223372036854775808\r\n"), "hex": sends(b":0x0\r\n"),
    "void": sends(b":\r\n"), "status": sends(b"+OK\r\n"), "loading": sends(b"-LOADING wait\r\n"), "noauth": sends(b"-NOAUTH no\r\n"), "mute": sends(b"-\r\n"),
    "half": closes(b":0"), "drip": drips(b":" + b"0" * 99), "twice": sends(b":50\r\n:0\r\n"), "once": closes(b":50\r\n"), "http": sends(http(b"0", "400 Bad")),
    "zeros": sends(b"\0" * 9999), "resp3": sends(b"_\r\n"),
}
FLOODS = {"http-body": floods(HEAD + b"\r\n", b" " * 65536), "http-head": floods(HEAD, b"A: b\r\n" * 1000), "http-soon": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
          "redis-bulk": floods(b"$536870912\r\n", b"x" * 65536), "redis-line": floods(b"+", b"x" * 65536)}


class Hostile(unittest.TestCase):
    def setUp(self):
        enter(self)
        self.sandbox = self.keep(Sandbox(SANDBOX, self.folder, "--ready-delay", "100ms"))
        self.api = self.sandbox.api
        self.redis = self.keep(Redis(self.folder))
        self.davit = self.keep(Davit(DAVIT, self.folder, self.sandbox.kubeconfig))

    def add(self, name, trigger, replicas=5, more=""):
        self.api.deployment("default", name, replicas)
        self.davit.write(f"{name}.yaml", scaled_object(name, [trigger], **FAST) + more)

    def add_peers(self, kind, answers):
        for name, answer in answers.items():
            port = self.keep(Peer(answer)).port
            self.add(f"{kind}-{name}", redis_trigger(port, "jobs", 10) if "redis" in kind + name else prometheus_trigger(port, "q", 10))

    def set_jobs(self, count):
        self.redis.command("DEL", "jobs")
        self.redis.push("jobs", count)

    def resident(self):
        text = pathlib.Path(f"/proc/{self.davit.process.popen.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) // 1024

    def healthy_scales_while_others_hold(self, seconds):
        """The healthy one goes up and down on time; all others keep their five."""
        self.add("healthy", redis_trigger(self.redis.port, "jobs", 10))
        self.set_jobs(50)
        self.davit.start()
        replicas = lambda: {item["metadata"]["name"]: item["spec"]["replicas"] for item in self.api.get("/apis/apps/v1/namespaces/default/deployments")["items"]}
        end, want = time.monotonic() + seconds, 5
        while time.monotonic() < end:
            want = 9 if want == 5 else 5
            self.set_jobs(want * 10)
            wait("healthy keeps its time", lambda: replicas()["healthy"] == want, 5, 0.05)
            self.assertEqual({name: count for name, count in replicas().items() if name != "healthy" and count != 5}, {})
        self.assertLess(self.resident(), 500, "MiB; a sanitizer's quarantine is 256 of them")
        began = time.monotonic()
        self.assertEqual(self.davit.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_http_answers(self):
        self.add_peers("p", HTTP_ODD)
        self.healthy_scales_while_others_hold(7)

    def test_http_bodies(self):
        self.add_peers("b", {name: sends(http(body)) for name, body in BODIES.items()})
        self.healthy_scales_while_others_hold(4)

    def test_redis_replies(self):
        self.add_peers("redis", RESP_ODD)
        self.healthy_scales_while_others_hold(7)

    def test_floods(self):
        self.add_peers("f", FLOODS)
        self.healthy_scales_while_others_hold(6)

    def secret(self, name, values):
        """A TriggerAuthentication and its Secret, as YAML."""
        return "---\n" + json.dumps({"apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication", "metadata": {"name": name}, "spec": {
            "secretTargetRef": [{"parameter": key, "name": name, "key": key} for key in values]}}) + "\n---\n" + json.dumps(
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}) + "\n"

    def test_redirects_carry_nothing_away(self):
        other = self.keep(Peer(sends(http(vector("0")))))
        away = self.keep(Peer(sends(http(b"", "302 Found", f"Location: http://127.0.0.1:{other.port}/\r\n"))))
        custom = {"customAuthHeader": "X-Own", "customAuthValue": "planted-custom"}
        for name, values in {"bearer": {"bearerToken": "planted-bearer"}, "custom": custom, "basic": {"username": "u", "password": "planted-basic"}}.items():
            self.add(name, {**prometheus_trigger(away.port, "q", 10, authModes=name), "authenticationRef": {"name": name}}, more=self.secret(name, values))
        self.add("header", prometheus_trigger(away.port, "q", 10, customHeaders="X-Key=planted-header"))
        self.davit.start()
        wait("some are sent on", lambda: len(other.seen) > 3, 10)
        told = b"".join(other.seen)
        self.assertNotIn(b"planted", told)
        self.assertNotIn(b"Authorization", told)
        self.assertEqual([self.api.replicas("default", name) for name in ("custom", "header")], [5, 5])

    def test_servers_repeat_secrets(self):
        """Each server says in its error what it was sent."""
        repeat = lambda sock, data, peer: sock.sendall(http(json.dumps({"error": urllib.parse.unquote_plus(data.decode())}).encode(), "400 Bad"))
        back = lambda sock, data, peer: sock.sendall(b"-ERR " + data.replace(b"\r\n", b" ") + b"\r\n")
        web, line, planted = self.keep(Peer(repeat)).port, self.keep(Peer(back)).port, "planted/ 7f3a"
        modes = {"bearer": {"bearerToken": planted}, "basic": {"username": "u", "password": planted}, "custom": {"customAuthHeader": "X-Own", "customAuthValue": planted}}
        for name, values in modes.items():
            self.add(name, {**prometheus_trigger(web, "q", 10, authModes=name), "authenticationRef": {"name": name}}, more=self.secret(name, values))
        self.add("query", prometheus_trigger(web, "q", 10, queryParameters=f"token={planted}"))
        self.add("header", prometheus_trigger(web, "q", 10, customHeaders="X-Key=planted-header"))
        self.add("url", {"type": "prometheus", "metadata": {"serverAddress": f"http://u:planted-ui@127.0.0.1:{web}/?key=planted-key", "query": "q", "threshold": "1"}})
        self.add("acl", {**redis_trigger(line, "jobs"), "authenticationRef": {"name": "acl"}}, more=self.secret("acl", {"username": "u", "password": planted}))
        self.add("address", {"type": "redis", "metadata": {"listName": "l"}, "authenticationRef": {"name": "address"}},
                 more=self.secret("address", {"address": "redis://u:planted-pw@host"}))
        self.davit.start()
        time.sleep(3)
        shown = self.davit.metrics() + self.davit.http.raw("GET", "/decisions") + self.davit.process.text() + json.dumps(
            [self.api.get(path) for path in ("/apis/events.k8s.io/v1/namespaces/default/events", "/api/v1/namespaces/default/configmaps")])
        self.assertIn("HTTP status 400", shown)
        for form in ("planted", base64.b64encode(b"u:" + planted.encode()).decode(), base64.b64encode(planted.encode()).decode()):
            at = shown.find(form)
            self.assertEqual(at, -1, shown[max(0, at - 300):at + 80])

    def swap(self, number):
        """As the kubelet renews a ConfigMap mount."""
        folder = self.davit.config / f"..{number}"
        folder.mkdir()
        (folder / "w.yaml").write_text(scaled_object("w", [redis_trigger(self.redis.port, "jobs", 1)], **{**FAST, "maxReplicaCount": number}))
        (self.davit.config / "..new").symlink_to(folder.name)
        (self.davit.config / "..new").rename(self.davit.config / "..data")
        shutil.rmtree(self.davit.config / f"..{number - 1}", ignore_errors=True)

    def start_mount(self):
        self.api.deployment("default", "w", 0)
        self.set_jobs(5000)
        self.swap(100)
        (self.davit.config / "w.yaml").symlink_to("..data/w.yaml")
        self.davit.start()
        wait("first", lambda: self.api.replicas("default", "w") == 100, 10)

    def test_swaps(self):
        self.start_mount()
        for number in range(101, 121):
            self.swap(number)
            wait("the new file rules", lambda: self.api.replicas("default", "w") == number, 2, 0.02)
        seen = set()
        for number in range(121, 251):
            self.swap(number)
            time.sleep(0.03)
            seen.add(self.api.replicas("default", "w"))
        self.assertGreater(len(seen), 3, "changes without a pause are not waited out")
        wait("the last", lambda: self.api.replicas("default", "w") == 250, 2, 0.02)
        self.assertEqual(self.davit.metric("davit_config_errors"), 0)

    def test_odd_files(self):
        self.start_mount()
        for name, to in {"a": ".", "b": ".", "c": ".", "z.yaml": "/dev/zero", "m.yaml": "nowhere", "l.yaml": "l.yaml"}.items():
            (self.davit.config / name).symlink_to(to)
        os.mkfifo(self.davit.config / "f.yaml")
        (self.davit.config / "d.yaml").mkdir()
        (self.davit.config / "big.yaml").write_bytes(b"a" * (17 << 20))
        time.sleep(1)
        self.swap(101)
        wait("links to links hold nothing up", lambda: self.api.replicas("default", "w") == 101, 3, 0.02)
        (self.davit.config / "..data").unlink()
        wait("dangling", lambda: self.davit.metric("davit_config_errors") > 3, 5)
        self.assertEqual(self.davit.metric("davit_objects"), 1)
        shutil.rmtree(self.davit.config)
        time.sleep(3)
        self.assertEqual(self.davit.metric("davit_objects"), 1)

    def validate(self, data):
        run = subprocess.run([DAVIT, "validate", "-"], input=data, capture_output=True, timeout=60, check=False)
        self.assertNotIn(b"Sanitizer", run.stderr)
        return run.returncode, run.stdout + run.stderr

    def test_documents(self):
        good = scaled_object("w", [redis_trigger(1, "jobs")])
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
        rows = {0: [good, "\ufeff" + good, good.replace("\n", "\r\n"), "---\n".join(good.replace('"w"', f'"w{i}"') for i in range(2000)), ""],
                1: [bomb, "a: &a {b: *a}\n", "[" * 100000, good.replace("jobs", "j\0"), good.encode().replace(b"jobs", b"\xff"), good + "---\n" + good,
                    good.replace('"w"', json.dumps("w" * 5000)), b"a" * (17 << 20), good.replace('"triggers"', '"pollingInterval": 9223372036854775808, "triggers"'),
                    good.replace('"triggers"', '"cooldownPeriod": -5, "triggers"')]}
        for status, texts in rows.items():
            for text in texts:
                data = text if isinstance(text, bytes) else text.encode()
                self.assertEqual(self.validate(data)[0], status, data[:200])

    def test_api_loses_answers(self):
        """PATCHes that are done but answered with nothing: nothing overshoots, and all is right afterwards."""
        for i in range(3):
            self.add(f"w{i}", redis_trigger(self.redis.port, "jobs", 10), replicas=0)
        self.davit.start()
        self.sandbox.faults({"method": "PATCH", "executed": True, "reset": True, "probability": 0.5}, {"status": 500, "probability": 0.3},
                            {"method": "WATCH", "tearWatchAfterBytes": 700})
        for count in (50, 20, 0, 30):
            self.redis.command("DEL", "jobs")
            if count:
                self.redis.push("jobs", count)
            time.sleep(1.5)
        self.sandbox.http.raw("DELETE", "/sandbox/faults")
        wait("right", lambda: all(self.api.replicas("default", f"w{i}") == 3 for i in range(3)), 20)
        self.assertLessEqual({scale["to"] for scale in self.sandbox.http.json("GET", "/sandbox/scales")["scales"]}, {0, 1, 2, 3, 5})


if __name__ == "__main__":
    unittest.main(verbosity=2)
