"""Davit's benchmarks. A JSON line per measurement on standard output, then a Markdown table; nothing here passes or fails a test.

usage: bench.py [--quick] [NAME…]      (scripts/bench builds first)
"""
import json
import math
import pathlib
import platform
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Redis, Workspace, binaries, free_port  # noqa: E402
import objects  # noqa: E402

SECONDS, ROUNDS = 3, 5  # of each side of a comparison; the median counts, sides alternate


class Report:
    def __init__(self):
        self.rows = []

    def add(self, bench, value, unit, goal=None, met=None, **more):
        """goal: words; met: whether it is. In more: reference and ratio (the bare loop, and value / reference), note."""
        row = {"bench": bench, "value": value, "unit": unit, "goal": goal, "met": met, **more}
        self.rows.append(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)

    def at_most(self, bench, value, unit, limit, **more):
        self.add(bench, value, unit, f"≤ {limit:,g}", value <= limit, **more)

    def at_least(self, bench, value, unit, limit, **more):
        self.add(bench, value, unit, f"≥ {limit:,g}", value >= limit, **more)

    def table(self):
        lines = ["| what | measured | goal | |", "|---|---|---|---|"]
        for row in self.rows:
            ratio = f" ({row['ratio']:.2f} of bare: {row['reference']:,.0f})" if "ratio" in row else ""
            ratio += f" ({row['note']})" if "note" in row else ""
            mark = {None: "", True: "met", False: "**missed**"}[row["met"]]
            lines.append(f"| {row['bench']} | {row['value']:,g} {row['unit']}{ratio} | {row['goal'] or ''} | {mark} |")
        return "\n".join(lines)


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "unknown CPU")
    cores = sum(line.startswith("processor") for line in open("/proc/cpuinfo", encoding="utf-8"))
    memory = int(open("/proc/meminfo", encoding="utf-8").readline().split()[1]) / (1 << 20)
    load = open("/proc/loadavg", encoding="utf-8").read().split()[0]
    return f"{cpu}, {cores} cores, {memory:.0f} GiB, Linux {platform.release()}, load before {load}"


def versions():
    def said(*command):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True).stdout.strip()

    libraries = ", ".join(f"{name} {said('pkg-config', '--modversion', name)}" for name in ("libcurl", "libuv", "jansson", "hiredis", "libmicrohttpd"))
    compiler = said("cc", "--version").split("\n")[0]
    return f"{said(binaries()[0], 'version')}, {libraries}, {said('redis-server', '--version').split(' sha')[0]}, {compiler}"


def told(name, *args):
    """What a bench program printed: one JSON object."""
    binary = binaries()[0].parent / "tests" / "bench" / name
    run = subprocess.run([str(binary), *map(str, args)], capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        raise SystemExit(f"{name} {args}: {run.stderr}")
    return json.loads(run.stdout)


def compare(report, title, goal, seconds, rounds, name, *args):
    """Readings per second of the client's own CPU, Davit beside the bare loop. The sides alternate, so that a busy machine hits both."""
    got = {"bare": [], "davit": []}
    for _ in range(rounds):
        for side in got:
            got[side].append(told(name, side, *args[:1], seconds, *args[1:])["per_cpu_s"])
    bare, davit = statistics.median(got["bare"]), statistics.median(got["davit"])
    report.at_least(title, davit, "readings per CPU second", goal, reference=bare, ratio=round(davit / bare, 3), runs=got)


def bench_prometheus(report, space, quick):
    port = objects.answering(space)
    compare(report, "Prometheus, 18 in flight", 20_000, *((1, 3) if quick else (SECONDS, ROUNDS)), "bench_prometheus", port)


def certificates(folder):
    """A self-signed certificate for 127.0.0.1, its own authority."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.pem"], cwd=folder, check=True, capture_output=True)
    return folder / "tls.pem", folder / "tls.key"


def bench_redis(report, space, quick):
    certificate, key = certificates(space.folder)
    tls_port = free_port()
    redis = space.keep(Redis(space.folder, "--tls-port", tls_port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
                             certificate, "--tls-auth-clients", "no"))
    how = (1, 3) if quick else (SECONDS, ROUNDS)
    compare(report, "Redis LLEN, pipelined by 100", 1_000_000, *how, "bench_redis", redis.port)
    compare(report, "Redis LLEN over TLS, pipelined by 100", 600_000, *how, "bench_redis", tls_port, certificate)


def bench_binary(report, space, quick):
    stripped = space.folder / "davit"
    subprocess.run(["strip", "-o", stripped, binaries()[0]], check=True)
    report.at_most("binary, stripped", round(stripped.stat().st_size / 1024), "KiB", 1024)


def nanoseconds(report, space, title, limit, quick, *args):
    """The median of what one piece of work costs, beside a round trip to Redis in the same minute."""
    redis = space.keep(Redis(space.folder))
    seconds, rounds = (1, 3) if quick else (SECONDS, ROUNDS)
    got = {"work": [], "trip": []}
    for _ in range(rounds):
        got["work"].append(told("bench_decide", *args, seconds)["ns"])
        got["trip"].append(told("bench_decide", "llen", redis.port, seconds)["ns"])
    work, trip = (round(statistics.median(got[side])) for side in ("work", "trip"))
    report.at_most(title, work, "ns", limit, note=f"one LLEN round trip: {trip:,} ns", runs=got)


def bench_decide(report, space, quick):
    for shape, words in (("waves", "load in waves"), ("noise", "random load"), ("falling", "load that falls every second")):
        nanoseconds(report, space, f"one decision, two triggers and behavior: {words}", 2000, quick, "decide", shape, 1, 300)
    nanoseconds(report, space, "one decision, 10,000 objects in turn", 2000, quick, "decide", "waves", 10000, 300)


def bench_formula(report, space, quick):
    text = "(trig_one + trig_two)/2 > 1 ? max(trig_one, trig_two) : 1"
    nanoseconds(report, space, "one formula evaluation", 500, quick, "formula", text)


DAY = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: worker, namespace: shop}
spec:
  scaleTargetRef: {name: worker}
  pollingInterval: 1
  maxReplicaCount: 50
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}
        scaleDown: {stabilizationWindowSeconds: 300, policies: [{type: Percent, value: 50, periodSeconds: 60}]}
  triggers:
    - {type: redis, name: queue, metadata: {address: "redis:6379", listName: jobs, listLength: "10"}}
    - {type: prometheus, name: rate, metadata: {serverAddress: "http://prometheus:9090", query: "q", threshold: "20"}}
"""


def bench_simulate(report, space, quick):
    """A day of readings that change every second; wall time, as a user waits for it."""
    manifest, trace = space.folder / "worker.yaml", space.folder / "day.jsonl"
    manifest.write_text(DAY)
    with open(trace, "w", encoding="utf-8") as lines:
        for t in range(86_400):
            wave = 200 + 190 * math.sin(t / 4000)
            lines.write(json.dumps({"t": t, "triggers": {"queue": round(wave + t * 7 % 13), "rate": round(wave / 3 + t % 5, 1)}}) + "\n")
    took = []
    for _ in range(3 if quick else ROUNDS):
        started = time.monotonic()
        with open(space.folder / "out.jsonl", "wb") as out:
            subprocess.run([str(binaries()[0]), "simulate", "-f", str(manifest), "--trace", str(trace), "-o", "jsonl"], stdout=out, check=True)
        took.append(round(time.monotonic() - started, 3))
    lines = sum(1 for _ in open(space.folder / "out.jsonl", encoding="utf-8"))
    report.at_most("simulating a day at 1 s steps, two triggers and behavior", statistics.median(took), "s", 1, runs=took, note=f"{lines:,} evaluations")


BENCHES = {
    "binary": bench_binary,
    "decide": bench_decide,
    "formula": bench_formula,
    "simulate": bench_simulate,
    "prometheus": bench_prometheus,
    "redis": bench_redis,
    "start": objects.bench_start,
    "objects": objects.bench_redis_objects,
    "mixed": objects.bench_mixed_objects,
    "reaction": objects.bench_reaction,
}


def main():
    names = [arg for arg in sys.argv[1:] if arg != "--quick"] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        raise SystemExit(f"unknown: {' '.join(unknown)}; there are {' '.join(BENCHES)}")
    report, hardware = Report(), machine()
    for name in names:
        space, failed = Workspace(f"bench-{name}"), True
        try:
            BENCHES[name](report, space, "--quick" in sys.argv)
            failed = False
        finally:
            space.close(failed)
    print(f"\n{report.table()}\n\n{hardware}; {versions()}.")


if __name__ == "__main__":
    main()
