"""Benchmarks of the daemon as a whole: many objects on the sandbox, how soon it decides, how soon it reacts."""
import os
import random
import re
import socket
import statistics
import threading
import time

from harness import Davit, Process, Redis, Sandbox, binaries, wait

PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
BUDGET = {"cores": 1.0, "rss_mib": 64, "bytes": 10 * 1024, "lag_ms": 10}

MANIFEST = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {name}
  namespace: default
  labels:
    team: shop
spec:
  scaleTargetRef:
    name: {name}
  pollingInterval: {interval}
  minReplicaCount: {minimum}
  maxReplicaCount: 20
  triggers:
"""
REDIS = """    - type: redis
      metadata:
        address: 127.0.0.1:{port}
        listName: jobs-of-{name}
        listLength: "5"
"""
PROMETHEUS = """    - type: prometheus
      metadata:
        serverAddress: http://127.0.0.1:{port}
        query: sum(rate(http_requests_total{{job="{name}"}}[1m]))
        threshold: "5"
"""


def answering(space):
    """Starts the server with one Prometheus answer (the value is 3); returns its port."""
    log = space.folder / "answer.out"
    space.keep(Process([binaries()[0].parent / "tests" / "bench" / "bench_answer"], log))
    return int(wait("the answering server", lambda: log.read_text().strip()))


class Heartbeat:
    """How late an idle process wakes from sleeps of 100 ms: the machine's share of the loop's lag."""

    def __init__(self):
        self.late, self.ended = [], False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            begin = time.monotonic()
            time.sleep(0.1)
            self.late.append((time.monotonic() - begin - 0.1) * 1000)

    def p99_ms(self):
        self.ended = True
        self.thread.join()
        return round(sorted(self.late)[int(len(self.late) * 0.99) - 1], 2)


def proc(pid, what):
    with open(f"/proc/{pid}/{what}", encoding="utf-8") as file:
        return file.read()


def cpu_seconds(pid):
    fields = proc(pid, "stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_bytes(pid, field="VmRSS"):
    return int(re.search(rf"^{field}:\s+(\d+) kB", proc(pid, "status"), re.M).group(1)) * 1024


class Metrics:
    """One scrape: sums by family."""

    def __init__(self, davit):
        begin = time.monotonic()
        text = davit.http.raw("GET", "/metrics", timeout=60)
        self.at, self.size = time.monotonic(), len(text)
        self.seconds, self.sums, self.api = self.at - begin, {}, 0
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            series, value = line.rsplit(" ", 1)
            name = series.split("{")[0]
            self.sums[name] = self.sums.get(name, 0) + float(value)
            if name == "davit_api_requests_total" and 'verb="WATCH"' not in series:
                self.api += float(value)

    def __getitem__(self, name):
        return self.sums.get(name, 0)


class Fleet:
    """A sandbox with n Deployments, sources, and a daemon with a ScaledObject for each."""

    def __init__(self, space, n, replicas=1):
        self.space, self.n = space, n
        self.sandbox = space.keep(Sandbox(binaries()[1], space.folder, "--no-pods", "--history", "100000"))
        if n:
            self.sandbox.http.json("POST", "/sandbox/objects", {"kind": "Deployment", "prefix": "web", "count": n, "replicas": replicas}, timeout=120)
        self.redis = space.keep(Redis(space.folder, "--loglevel", "warning"))
        self.davit = Davit(binaries()[0], space.folder, self.sandbox.kubeconfig, "--log-level", "warn")
        self.fill_lists()

    def fill_lists(self):
        """Three jobs in each list, of five wanted per replica: one replica, for ever."""
        with socket.create_connection(("127.0.0.1", self.redis.port), 10) as sock, sock.makefile("rb") as answers:
            for start in range(0, self.n, 500):
                some = range(start, min(start + 500, self.n))
                sock.sendall("".join(f"RPUSH jobs-of-web-{i} a b c\r\n" for i in some).encode())
                for _ in some:
                    assert answers.readline() == b":3\r\n"

    def write(self, interval, minimum=1, prometheus_port=None):
        """One file per object. With a port: three of five objects ask Prometheus."""
        for i in range(self.n):
            name, ask = f"web-{i}", prometheus_port and i % 5 < 3
            trigger = PROMETHEUS.format(name=name, port=prometheus_port) if ask else REDIS.format(name=name, port=self.redis.port)
            (self.davit.config / f"{name}.yaml").write_text(MANIFEST.format(name=name, interval=interval, minimum=minimum) + trigger)

    def start(self):
        self.space.keep(self.davit).start(ready=False)
        self.pid = self.davit.process.popen.pid
        return self


def empty_rss(space):
    """What a daemon without objects takes: the part that is not the objects'."""
    fleet = Fleet(space, 0).start()
    wait("empty daemon", lambda: fleet.davit.http.raw("GET", "/readyz"))
    time.sleep(1)
    size = rss_bytes(fleet.pid)
    fleet.davit.stop()
    return size


def all_decided(fleet):
    wait("the first decisions", lambda: Metrics(fleet.davit)["davit_decisions_total"] >= fleet.n, 120, 0.5)


def steady(report, title, fleet, base, settle, seconds):
    """The daemon at work, between two scrapes."""
    all_decided(fleet)
    heartbeat = Heartbeat()
    time.sleep(settle)
    before = Metrics(fleet.davit)
    cpu, begin = cpu_seconds(fleet.pid), time.monotonic()
    time.sleep(seconds)
    cpu, span = cpu_seconds(fleet.pid) - cpu, time.monotonic() - begin
    rss, idle_ms = rss_bytes(fleet.pid), heartbeat.p99_ms()
    after = Metrics(fleet.davit)
    per_second = lambda name: (after[name] - before[name]) / (after.at - before.at)  # noqa: E731
    full = fleet.n == 10_000
    add = lambda name, value, unit, limit, **more: (  # noqa: E731
        report.at_most(f"{title}: {name}", value, unit, limit, **more) if limit is not None else report.add(f"{title}: {name}", value, unit, **more))
    report.at_least(f"{title}: readings", round(per_second("davit_source_reads_total")), "per s", round(fleet.n * 0.99),
                    errors=after["davit_source_errors_total"])
    add("CPU", round(cpu / span, 3), "cores", BUDGET["cores"] if full else None)
    add("resident memory", round(rss / (1 << 20), 1), "MiB", BUDGET["rss_mib"] if full else None, peak_mib=round(rss_bytes(fleet.pid, "VmHWM") / (1 << 20), 1))
    add("per object", round((rss - base) / fleet.n), "bytes", BUDGET["bytes"])
    add("loop lag p99", round(after["davit_loop_lag_p99_seconds"] * 1000, 2), "ms", BUDGET["lag_ms"],
        max_ms=round(after["davit_loop_lag_max_seconds"] * 1000, 1), note=f"an idle process: {idle_ms} ms")
    add("late readings", after["davit_late_reads_total"] - before["davit_late_reads_total"], "", 0)
    add("API requests but watches", round((after.api - before.api) / (after.at - before.at), 3), "per s", 1 if fleet.n == 1_000 else None)
    add("/metrics", round(after.seconds * 1000), "ms", None, bytes=after.size)
    assert after["davit_object_scaling"] == fleet.n, "an object does not scale"


def run_steady(report, space, quick, sizes, name, prometheus):
    base = empty_rss(space)
    # The loop's lag is told of the last 100 s: a short run's includes the start.
    settle, seconds = (5, 10) if quick else (90, 30)
    for n in sizes:
        fleet = Fleet(space, n)
        fleet.write(interval=1, prometheus_port=answering(space) if prometheus else None)
        steady(report, f"{n:,} objects ({name}) each second", fleet.start(), base, settle, seconds)
        fleet.davit.stop()
        fleet.sandbox.stop()
        fleet.redis.stop()


def bench_redis_objects(report, space, quick):
    run_steady(report, space, quick, (1_000, 10_000), "Redis", False)


def bench_mixed_objects(report, space, quick):
    run_steady(report, space, quick, (10_000,), "60 % Prometheus, 40 % Redis", True)


def bench_start(report, space, quick):
    """From the start of the process to the last of 1,000 first decisions, which the sandbox sees as a PATCH each: 0 → 1."""
    took = []
    for run in range(1 if quick else 5):
        fleet = Fleet(space, 1_000, replicas=0)
        fleet.write(interval=30, minimum=0)
        begin = time.time()
        fleet.start()
        scales = wait("all scaled", lambda: (got := fleet.sandbox.http.json("GET", "/sandbox/scales")["scales"]) and len(got) >= fleet.n and got, 60, 0.5)
        took.append(max(scale["atMs"] for scale in scales) / 1000 - begin)
        fleet.davit.stop()
        fleet.sandbox.stop()
        fleet.redis.stop()
    report.at_most("start to 1,000 first decisions written", round(statistics.median(took), 3), "s", 1, runs=[round(t, 3) for t in took])


def reaction(fleet, since, jobs, wanted):
    """Does something to the list and waits for the PATCH; returns (milliseconds, its number)."""
    begin = time.time() * 1000
    fleet.redis.command(*jobs)
    scales = wait("reaction", lambda: [s for s in fleet.sandbox.http.json("GET", f"/sandbox/scales?since={since}")["scales"] if wanted(s["to"])], 30, 0.02)
    return scales[0]["atMs"] - begin, scales[0]["seq"]


def bench_reaction(report, space, quick):
    """RPUSH into an empty list, at any phase of the polling, until the API sees 0 → 1; then the list is emptied."""
    for interval_ms, times in ((1000, 8 if quick else 40), (200, 10 if quick else 100)):
        fleet = Fleet(space, 1, replicas=0)
        fleet.redis.command("DEL", "jobs-of-web-0")
        fleet.write(interval=1, minimum=0)
        path = fleet.davit.config / "web-0.yaml"
        path.write_text(path.read_text().replace("  pollingInterval: 1\n", f"  cooldownPeriod: 0\n  davit: {{pollingInterval: {interval_ms}ms}}\n"))
        fleet.start()
        wait("ready", lambda: fleet.davit.http.raw("GET", "/readyz"))
        took, seq = [], 0
        for _ in range(times):
            time.sleep(random.random() * interval_ms / 1000)
            ms, seq = reaction(fleet, seq, ("RPUSH", "jobs-of-web-0", "job"), lambda to: to > 0)
            took.append(ms)
            _, seq = reaction(fleet, seq, ("DEL", "jobs-of-web-0"), lambda to: to == 0)
        fleet.davit.stop()
        fleet.sandbox.stop()
        fleet.redis.stop()
        took.sort()
        report.at_most(f"reaction RPUSH → PATCH, polling {interval_ms} ms, p99 of {times}", round(took[min(times - 1, int(times * 0.99))], 1), "ms",
                       interval_ms + 10, p50_ms=round(statistics.median(took), 1), max_ms=round(took[-1], 1))
