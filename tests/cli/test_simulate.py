#!/usr/bin/env python3
"""`davit simulate` as a user runs it: cases worked by hand, mistakes, comparison, chart, a real Prometheus.

usage: DAVIT_BUILD=DIR test_simulate.py [CLASS[.METHOD]]
"""
import http.server
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from harness import Http, Process, binaries, free_port, wait  # noqa: E402

CASES = HERE / "simulate"
BURST = CASES / "redis-burst"


def run(*args, stdin=None):
    return subprocess.run([binaries()[0], "simulate", *map(str, args)], input=stdin, capture_output=True, text=True, timeout=120)


def contains(got, wanted):
    """Everything in wanted is in got; lists and plain values are equal."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(key in got and contains(got[key], value) for key, value in wanted.items())
    return got == wanted


class Base(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="davit-simulate-")
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def lines(self, *args, **kwargs):
        result = run(*args, "-o", "jsonl", **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]


class Golden(Base):
    def test_cases(self):
        cases = sorted(path for path in CASES.iterdir() if path.is_dir())
        self.assertGreater(len(cases), 8)
        for case in cases:
            with self.subTest(case.name):
                args = shlex.split((case / "args").read_text()) if (case / "args").exists() else []
                got = self.lines("-f", case / "object.yaml", "--trace", case / "trace.jsonl", *args)
                wanted = [json.loads(line) for line in (case / "expected.jsonl").read_text().splitlines()]
                for have, want in zip(got, wanted):
                    self.assertTrue(contains(have, want), f"\nwanted {want}\ngot    {have}")
                self.assertEqual([line["t"] for line in got], [line["t"] for line in wanted])

    def test_a_line_has_everything(self):
        line = self.lines("-f", BURST / "object.yaml", "--trace", BURST / "trace.jsonl")[0]
        self.assertEqual(list(line), ["t", "replicas", "desired", "active", "reason", "limited_by", "triggers", "steps", "at"])

    def test_trace_from_standard_input(self):
        trace = (BURST / "trace.jsonl").read_text()
        self.assertEqual(self.lines("-f", BURST / "object.yaml", "--trace", "-", stdin=trace),
                         self.lines("-f", BURST / "object.yaml", "--trace", BURST / "trace.jsonl"))


class Age(Base):
    """How old an object without saved state is: as the daemon counts it."""

    def first_at_zero(self, metadata, spec):
        manifest = self.folder() / "object.yaml"
        manifest.write_text(json.dumps({
            "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "worker", **metadata},
            "spec": {"scaleTargetRef": {"name": "worker"}, **spec,
                     "triggers": [{"type": "redis", "metadata": {"address": "redis:6379", "listName": "jobs", "listLength": "10"}}]}}))
        lines = self.lines("-f", manifest, "--trace", "-", "--replicas", 5, "--until", 90, stdin='{"t":0,"triggers":{"s0":0}}')
        return next(line["t"] for line in lines if line["desired"] == 0)

    def test_idle_object_goes_to_zero_in_its_first_round(self):
        self.assertEqual(self.first_at_zero({}, {}), 0)

    def test_initial_cooldown_counts_from_the_first_sight(self):
        self.assertEqual(self.first_at_zero({}, {"initialCooldownPeriod": 60}), 60)

    def test_initial_cooldown_counts_from_the_creation_if_that_is_known(self):
        spec = {"initialCooldownPeriod": 60}
        self.assertEqual(self.first_at_zero({"creationTimestamp": "2025-12-31T23:59:31Z"}, spec), 45)
        self.assertEqual(self.first_at_zero({"creationTimestamp": "2030-01-01T00:00:00Z"}, spec), 60)


class Mistakes(Base):
    """What is wrong with the trace is said with its place, and nothing is simulated."""

    LINES = [
        ("{\"t\": 1", "1: invalid JSON"),
        ("{\"t\": 0}\n{\"t\": 1, \"triggers\": {\"jo", "2: invalid JSON"),
        ("[]", "1: a line must be a JSON object"),
        ("{}", "1: \"t\" is missing"),
        ("{\"t\": \"1\"}", "1: \"t\" must be a number of seconds"),
        ("{\"t\": -0.001}", "1: \"t\" must be from 0"),
        ("{\"t\": 1e18}", "1: \"t\" must be from 0"),
        ("{\"t\": 1e999}", "1: invalid JSON"),
        ("{\"t\": NaN}", "1: invalid JSON"),
        ("{\"t\": 2}\n\n{\"t\": 1}", "3: \"t\" goes back, from 2.000 to 1.000"),
        ("{\"t\": 1, \"trigers\": {}}", "1: unknown key \"trigers\""),
        ("{\"t\": 1, \"triggers\": []}", "1: \"triggers\" must be an object"),
        ("{\"t\": 1, \"triggers\": {\"job\": 1}}", "1: \"triggers\": there is no trigger \"job\""),
        ("{\"t\": 1, \"triggers\": {\"s1\": 1}}", "1: \"triggers\": there is no trigger \"s1\""),
        ("{\"t\": 1, \"triggers\": {\"jobs\": NaN}}", "1: invalid JSON"),
        ("{\"t\": 1, \"triggers\": {\"jobs\": null}}", "1: \"triggers\": \"jobs\": must be a number"),
        ("{\"t\": 1, \"triggers\": {\"jobs\": \"5\"}}", "1: \"triggers\": \"jobs\": must be a number"),
        ("{\"t\": 1, \"triggers\": {\"jobs\": true}}", "1: \"triggers\": \"jobs\": must be a number"),
        ("{\"t\": 1, \"cpu\": {\"jobs\": {\"usage\": 1}}}", "1: trigger \"jobs\" belongs into \"triggers\", not into \"cpu\""),
        ("{\"t\": 1, \"x\": \"" + "y" * 70000 + "\"}", "1: the line is longer than"),
        ("{\"t\": 1}\x00{\"t\": 2}", "1: invalid JSON"),
        ("{\"t\": 0}\n{\"t\": 1}\x00\n", "2: invalid JSON"),
    ]

    def test_lines(self):
        trace = self.folder() / "trace.jsonl"
        for text, message in self.LINES:
            with self.subTest(text[:60]):
                trace.write_text(text)
                result = run("-f", BURST / "object.yaml", "--trace", trace, "-o", "jsonl")
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn(f"davit simulate: {trace}:{message}", result.stderr)

    CPU_LINES = [
        ("{\"t\": 1, \"cpu\": {\"s0\": 1}}", "must be an object with \"usage\""),
        ("{\"t\": 1, \"cpu\": {\"s0\": {}}}", "must be an object with \"usage\""),
        ("{\"t\": 1, \"cpu\": {\"s0\": {\"usage\": 1, \"requests\": 1}}}", "must be an object with \"usage\""),
        ("{\"t\": 1, \"cpu\": {\"s0\": {\"usage\": \"1q\"}}}", "\"usage\" must be a number or a quantity"),
        ("{\"t\": 1, \"cpu\": {\"s0\": {\"usage\": \"-1\"}}}", "\"usage\" must not be negative"),
        ("{\"t\": 1, \"cpu\": {\"s0\": {\"usage\": 1, \"request\": -1}}}", "\"request\" must not be negative"),
        ("{\"t\": 1, \"memory\": {\"s0\": {\"usage\": 1}}}", "belongs into \"cpu\", not into \"memory\""),
        ("{\"t\": 1, \"triggers\": {\"s0\": 1}}", "belongs into \"cpu\", not into \"triggers\""),
    ]

    def test_cpu_lines(self):
        for text, message in self.CPU_LINES:
            with self.subTest(text):
                result = run("-f", CASES / "cpu" / "object.yaml", "--trace", "-", stdin=text)
                self.assertEqual(result.returncode, 1)
                self.assertIn(message, result.stderr)

    def test_options(self):
        file, trace = ["-f", BURST / "object.yaml"], ["--trace", BURST / "trace.jsonl"]
        for args in ([], file, trace, [*file, *trace, "-o", "xml"], [*file, *trace, "--until", "x"], [*file, *trace, "--until", "-1"],
                     [*file, *trace, "--replicas", "-1"], [*file, *trace, "--replicas", "1.5"], [*file, *trace, "--ready-delay", "1e30"],
                     [*file, *trace, "--start", "yesterday"], [*file, *trace, "--tolerance", "1"], [*file, *trace, "--unknown", "x"],
                     [*file, *trace, "x"], [*file, *trace, "--nonsense"], ["--object", "x", *file, *trace], [*file, *trace, "--write-trace", "x"],
                     [*file, *trace, "--from-prometheus", "http://x"], [*file, "--from-prometheus", "http://x", "--step", "0"], file * 9 + trace):
            with self.subTest(args):
                result = run(*args)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertNotEqual(result.stderr, "")
        self.assertEqual(run("--help").returncode, 0)

    def test_files(self):
        folder = self.folder()
        bad, two = folder / "bad.yaml", folder / "two.yaml"
        text = (BURST / "object.yaml").read_text()
        bad.write_text(text.replace("listLength: \"10\"", "listLength: ten"))
        two.write_text(text + "---\n" + text.replace("name: worker", "name: other"))
        trace = ["--trace", BURST / "trace.jsonl"]
        for args, message in ((["-f", folder / "none.yaml"], "No such file"), (["-f", bad], "spec.triggers[0]: listLength"),
                              (["-f", two], "several ScaledObjects"), (["-f", two, "--object", "shop/third"], "no ScaledObject shop/third"),
                              (["-f", two, "--object", "stop/other"], "no ScaledObject stop/other")):
            result = run(*args, *trace)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(message, result.stderr)
        for name in ("other", "shop/other"):
            self.assertIn("pod-hours", run("-f", two, "--object", name, *trace).stdout)

    def test_no_end(self):
        text = (BURST / "object.yaml").read_text().replace("pollingInterval: 30", "davit: {pollingInterval: 50ms}")
        file = self.folder() / "quick.yaml"
        file.write_text(text)
        result = run("-f", file, "--trace", BURST / "trace.jsonl", "--until", "1e9", "-o", "svg")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("--until", result.stderr)


class Faces(Base):
    """Table, comparison and chart."""

    def slow(self):
        file = self.folder() / "slow.yaml"
        file.write_text((BURST / "object.yaml").read_text().replace("cooldownPeriod: 60", "cooldownPeriod: 120"))
        return file

    def test_table(self):
        text = run("-f", BURST / "object.yaml", "--trace", BURST / "trace.jsonl", "--until", "3600").stdout
        self.assertRegex(text, r"(?m)^ +0:01:00 +0 -> +10  activated +jobs 100 asks for 10$")
        self.assertRegex(text, r"(?m)^ +0:02:30 +10 -> +0  deactivated ")
        self.assertLess(len(text.splitlines()), 25)
        # 10 pods from 60 to 150: a quarter of an hour; up at 60, down at 150.
        for what in (r"pod-hours +0\.250", "scale events +2", "flaps +1", "seconds above target +0", "highest replicas +10", "seconds simulated +3600"):
            self.assertRegex(text, rf"(?m)^{what}$")

    def test_above_target(self):
        """Ten asked for at 60, ready 45 s later."""
        text = run("-f", BURST / "object.yaml", "--trace", "-", "--until", "1000", "--ready-delay", "45", stdin="{\"t\": 60, \"triggers\": {\"s0\": 100}}").stdout
        self.assertRegex(text, r"(?m)^seconds above target +45$")

    def test_two(self):
        args = ["-f", BURST / "object.yaml", "-f", self.slow(), "--trace", BURST / "trace.jsonl", "--until", "600"]
        first, second = self.lines(*args)
        # 60 s more of cooldown, 10 pods: a sixth of an hour.
        self.assertEqual((first["pod_hours"], second["pod_hours"]), (0.25, 0.417))
        self.assertEqual((first["scale_events"], first["flaps"], first["above_target_seconds"]), (2, 1, 0))
        self.assertRegex(run(*args).stdout, r"(?m)^pod-hours +0\.250 +0\.417$")

    def test_chart(self):
        folder = self.folder()
        name = folder / "odd.yaml"
        name.write_text((BURST / "object.yaml").read_text().replace("name: jobs", "name: \"<a&'\\\"\\x01>\""))
        day = "".join(f"{{\"t\": {t}, \"triggers\": {{\"s0\": {t * 37 % 180}}}}}\n" for t in range(0, 86400, 20))
        for args in (["-f", name], ["-f", BURST / "object.yaml", "-f", self.slow()]):
            out = folder / "chart.svg"
            result = run(*args, "--trace", "-", "-o", "svg", "--output", out, stdin=day)
            self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
            text = out.read_text()
            root = xml.dom.minidom.parseString(text).documentElement
            self.assertEqual(root.tagName, "svg")
            self.assertLess(len(text), 2_000_000)
            titles = [node.firstChild.data for node in root.getElementsByTagName("title")]
            self.assertTrue(any(re.match(r"\d+:\d\d:\d\d  \d+ to \d+: [a-z-]+", title) for title in titles), titles[:5])
            self.assertFalse(re.search(r"nan|inf", re.sub(r"<(text|title).*?</\1>", "", text)))

    def test_output_that_cannot_be_written(self):
        args = ["-f", BURST / "object.yaml", "--trace", BURST / "trace.jsonl"]
        self.assertEqual(run(*args, "--output", "/dev/full").returncode, 1)
        self.assertEqual(run(*args, "--output", "/nowhere/x").returncode, 1)


OBJECT = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {name: web}
  pollingInterval: 15
  minReplicaCount: 1
  triggers:
  - type: prometheus
    name: load
    metadata: {serverAddress: "http://elsewhere.invalid:9090", query: "sum(load)", threshold: "10"}
  - type: prometheus
    name: each
    metadata: {serverAddress: "http://elsewhere.invalid:9090", query: "load", threshold: "10"}
  - type: prometheus
    name: nothing
    metadata: {serverAddress: "http://elsewhere.invalid:9090", query: "nothing_there", threshold: "10"}
"""


class Prometheus(Base):
    """History that a real Prometheus holds, made for it by promtool."""

    def start(self, samples):
        folder = self.folder()
        data = folder / "data.txt"
        data.write_text("# TYPE load gauge\n" + "".join(f"load{{pod=\"{pod}\"}} {value} {t}\n" for pod, t, value in samples) + "# EOF\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", data, folder / "tsdb"], check=True, capture_output=True, timeout=60)
        (folder / "prometheus.yml").write_text("")
        port = free_port()
        process = Process(["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
                           f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=30d", "--log.level=warn"], folder / "log")
        self.addCleanup(process.stop)
        wait("prometheus", lambda: "Ready" in Http(f"http://127.0.0.1:{port}").raw("GET", "/-/ready"))
        return folder, f"http://127.0.0.1:{port}"

    def test_a_day(self):
        """One pod's load of 50 all day, a second one's for the hour before the last."""
        now = int(time.time())
        samples = [("a", t, 50) for t in range(now - 90000, now, 30)] + [("b", t, 30) for t in range(now - 7200, now - 3600, 30)]
        folder, url = self.start(samples)
        manifest, trace = folder / "object.yaml", folder / "trace.jsonl"
        manifest.write_text(OBJECT)
        result = run("-f", manifest, "--from-prometheus", url, "--range", "24h", "--step", "5s", "--write-trace", trace, "-o", "jsonl")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual((lines[0]["t"], lines[-1]["t"], len(lines)), (0, 86400, 5761))
        self.assertEqual(lines[0]["triggers"]["load"]["value"], 50)
        self.assertEqual(lines[0]["triggers"]["each"]["value"], 50)
        peak = lines[79200 // 15 + 120]["triggers"]  # half an hour into the last hour but one
        self.assertEqual(peak["load"], {"state": "ok", "value": 80, "proposal": 8})
        self.assertEqual(peak["each"]["state"], "error", "two elements are an error of an instant query")
        self.assertEqual(peak["nothing"], {"state": "ok", "value": 0, "proposal": 0}, "no element is 0, by default")
        self.assertIn("\"nothing\":\"empty\"", trace.read_text())
        self.assertLess(len(trace.read_text().splitlines()), 20, "what does not change is not written")
        # What was written down says the same again.
        again = self.lines("-f", manifest, "--trace", trace)
        strip = lambda rows: [{key: row[key] for key in row if key not in ("steps", "at")} for row in rows]
        self.assertEqual(strip(again), strip(lines))

    def test_other_queries_of_one_name(self):
        folder, url = self.start([("a", int(time.time()) - 60, 1)])
        first, second = folder / "first.yaml", folder / "second.yaml"
        first.write_text(OBJECT)
        second.write_text(OBJECT.replace("sum(load)", "max(load)"))
        result = run("-f", first, "-f", second, "--from-prometheus", url, "--range", "10m")
        self.assertEqual(result.returncode, 1)
        self.assertIn("trigger \"load\" asks something else", result.stderr)

    def test_bad_query(self):
        folder, url = self.start([("a", int(time.time()) - 60, 1)])
        manifest = folder / "object.yaml"
        manifest.write_text(OBJECT.replace("sum(load)", "sum(load"))
        result = run("-f", manifest, "--from-prometheus", url, "--range", "10m")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, "trigger \"load\": HTTP status 400: .*unclosed left parenthesis")


class Fake(Base):
    """What a Prometheus does not do by itself: refuse, lie, be away."""

    def serve(self, answer):
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(self)
                status, body = answer(self)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close(), thread.join()))
        return f"http://127.0.0.1:{server.server_address[1]}", seen

    def manifest(self, extra=""):
        folder = self.folder()
        text = OBJECT[:OBJECT.index("  - type: prometheus\n    name: each")]
        (folder / "object.yaml").write_text(text + extra)
        return folder / "object.yaml"

    AUTH = """apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
stringData: {token: planted-token}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: token, namespace: shop}
spec: {secretTargetRef: [{parameter: bearerToken, name: token, key: token}]}
"""

    def test_credentials_beside_the_file(self):
        empty = b"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"
        url, seen = self.serve(lambda request: (200, empty) if request.headers["Authorization"] == "Bearer planted-token" else (401, b"planted-token"))
        manifest = self.manifest("    authenticationRef: {name: token}\n")
        manifest.write_text(manifest.read_text().replace("threshold: \"10\"", "threshold: \"10\", authModes: bearer"))
        result = run("-f", manifest, "--from-prometheus", url)
        self.assertEqual(result.returncode, 1)
        (manifest.parent / "auth.yaml").write_text(self.AUTH.replace("planted-token", "planted-other"))
        result = run("-f", manifest, "--from-prometheus", url)
        self.assertEqual(result.returncode, 1)
        self.assertIn("401", result.stderr)
        self.assertNotIn("planted", result.stderr + result.stdout)
        (manifest.parent / "auth.yaml").write_text(self.AUTH)
        result = run("-f", manifest, "--from-prometheus", url)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(seen[-1].path.startswith("/api/v1/query_range?query=sum%28load%29&start="), seen[-1].path)

    def test_answers(self):
        matrix = lambda values: json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}).encode()
        for body in (b"", b"{", b"[]", b"{\"status\":\"error\"}", b"{\"status\":\"success\"}", matrix([["x", "1"]]), matrix([[1, "1"]]), matrix([[1e300, "1"]]),
                     matrix([1]), matrix("x"), matrix([[time.time() // 15 * 15, "x"]]), matrix([[time.time() // 15 * 15, 5]]),
                     b"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"):
            with self.subTest(body[:60]):
                url, _ = self.serve(lambda request: (200, body))
                result = run("-f", self.manifest(), "--from-prometheus", url, "--range", "10m")
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn("davit simulate: trigger \"load\": ", result.stderr)

    def test_warnings_are_told(self):
        url, _ = self.serve(lambda request: (200, b"{\"status\":\"success\",\"warnings\":[\"x\"],\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"))
        result = run("-f", self.manifest(), "--from-prometheus", url, "--range", "10m")
        self.assertEqual(result.returncode, 0)
        self.assertIn("incomplete", result.stderr)

    def test_away(self):
        result = run("-f", self.manifest(), "--from-prometheus", f"http://127.0.0.1:{free_port()}", "--range", "10m")
        self.assertEqual(result.returncode, 1)
        self.assertIn("trigger \"load\": ", result.stderr)

    def test_nothing_to_ask(self):
        result = run("-f", BURST / "object.yaml", "--from-prometheus", "http://127.0.0.1:1", "--range", "10m")
        self.assertEqual(result.returncode, 1)
        self.assertIn("remembers", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
