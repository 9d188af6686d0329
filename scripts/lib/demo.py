"""The live part of scripts/demo: jobs arrive in bursts, ready replicas take them from the queue, Davit scales. usage: demo.py sandbox|kube"""
import pathlib
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "e2e"))
from harness import ControlPlane, Davit, Redis, Sandbox, Workspace, binaries, wait  # noqa: E402

MANIFEST = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "examples" / "redis-queue.yaml"
SECONDS, JOBS_PER_REPLICA = 52, 4  # length of the run; what one replica finishes in a second
BURSTS = {3: 150, 12: 60, 22: 120}


class Workers:
    """What the replicas would do: each ready one takes jobs from the queue."""

    def __init__(self, api, redis):
        self.api, self.redis, self.ready, self.done, self.ended = api, redis, 0, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            self.ready = self.api.ready("default", "worker")
            before = self.redis.command("LLEN", "jobs")
            take = min(before, self.ready * JOBS_PER_REPLICA // 2)
            if take:
                self.redis.command("LTRIM", "jobs", take, -1)
                self.done += take
            time.sleep(0.5)

    def stop(self):
        self.ended = True
        self.thread.join(5)


def bar(value, most, width, mark):
    filled = min(width, round(width * value / most)) if most else 0
    return mark * filled + "·" * (width - filled)


def reason_of(decision):
    trigger = decision["triggers"][0] if decision["triggers"] else {}
    value = trigger.get("value")
    limits = f" ({', '.join(decision['limited_by'])})" if decision["limited_by"] else ""
    return f"{decision['reason']}{limits}, {trigger.get('name')} = {'unknown' if value is None else int(value)}"


class View:
    """A small picture on a terminal, a line every two seconds elsewhere."""

    def __init__(self):
        self.tty, self.drawn, self.said = sys.stdout.isatty(), False, -2

    def show(self, second, queue, replicas, ready, why):
        if not self.tty:
            if second - self.said >= 2:
                self.said = second
                print(f"    {second:4.0f} s  queue {queue:4d}  replicas {replicas:3d} ({ready} ready)  {why}", flush=True)
            return
        width = max(20, min(60, shutil.get_terminal_size().columns - 40))
        lines = [f"  time      [{bar(second, SECONDS, width, '█')}] {second:.0f}/{SECONDS} s",
                 f"  queue     [{bar(queue, 200, width, '▒')}] {queue} jobs",
                 f"  replicas  [{bar(replicas, 20, width, '■')}] {replicas} ({ready} ready)",
                 f"  decision  {why}"]
        if self.drawn:
            print("\x1b[4A", end="")
        self.drawn = True
        print("\n".join("\x1b[2K" + line for line in lines), flush=True)


def run(space, plane):
    api = plane.api
    redis = space.keep(Redis(space.folder, "--loglevel", "warning"))
    wait("default namespace", lambda: api.namespace("default") or True)
    api.deployment("default", "worker", 0)
    davit = space.keep(Davit(binaries()[0], space.folder, plane.kubeconfig, ns="default"))
    davit.write("worker.yaml", MANIFEST.read_text().replace("redis:6379", f"127.0.0.1:{redis.port}"))
    davit.start()
    workers = space.keep(Workers(api, redis))
    return davit, redis, workers, api


def watch(davit, redis, workers, api):
    """Runs the bursts; returns the highest replica count, how long the first replica took, and what happened at the end."""
    view, start, pending, peak, reaction, burst_at = View(), time.monotonic(), dict(BURSTS), 0, None, None
    while (second := time.monotonic() - start) < SECONDS:
        for at in [at for at in pending if at <= second]:
            redis.push("jobs", pending.pop(at))
            burst_at = burst_at or time.monotonic()
        replicas, queue = api.replicas("default", "worker"), redis.command("LLEN", "jobs")
        if replicas and reaction is None:
            reaction = time.monotonic() - burst_at
        peak = max(peak, replicas)
        decisions = davit.decisions("worker")["decisions"]
        view.show(second, queue, replicas, workers.ready, reason_of(decisions[0]) if decisions else "starting")
        if not pending and queue == 0 and replicas == 0 and peak:
            break
        time.sleep(0.2)
    return peak, reaction, api.replicas("default", "worker")


def main():
    space = Workspace("demo")
    failed = True
    try:
        print("==> starting redis-server, the API and Davit", flush=True)
        plane = space.keep(ControlPlane(space.folder / "kube") if sys.argv[1] == "kube" else Sandbox(binaries()[1], space.folder, "--ready-delay", "1s"))
        davit, redis, workers, api = run(space, plane)
        peak, reaction, end = watch(davit, redis, workers, api)
        failed = not (peak > 1 and end == 0)
        print(f"==> {workers.done} jobs done; replicas went 0 → {peak} → {end}; "
              f"{'no' if reaction is None else f'{reaction:.2f} s'} from the first job to the first scaling")
        print("==> it did not go 0 → N → 0" if failed else "==> that is the demo; see README.md for running it in a cluster")
    finally:
        space.close(failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
