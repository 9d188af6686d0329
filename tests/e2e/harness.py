"""Real components for the end-to-end tests, each with its own ports and directory, started and ended by process id.

Python's standard library only. Everything is loopback; every wait is bounded.
"""
import contextlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def free_block(size):
    """The first of several ports in a row, below those that the system gives to clients: nobody takes one of them meanwhile."""
    while True:
        first, held = random.randrange(20000, 32000), []
        try:
            for port in range(first, first + size):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            pass
        finally:
            for sock in held:
                sock.close()


def wait(what, check, seconds=30, every=0.1):
    """Waits until check() is truthy and returns it; fails with what."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            last = check()
            if last:
                return last
        except (OSError, urllib.error.URLError, LookupError, ValueError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s (last: {last!r})")


class Process:
    def __init__(self, args, log, cwd=None, env=None):
        self.log = pathlib.Path(log)
        self.file = open(self.log, "ab")
        self.popen = subprocess.Popen([str(a) for a in args], stdout=self.file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd,
                                      env=env, start_new_session=True)

    def running(self):
        return self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, seconds=10):
        """TERM, then KILL; returns the exit status."""
        if self.running():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        status = self.popen.wait(10)
        self.file.close()
        return status

    def kill(self):
        self.popen.kill()
        self.popen.wait(10)
        self.file.close()


class Http:
    """A small JSON client."""

    def __init__(self, base, headers=None, context=None):
        self.base, self.headers, self.context = base, headers or {}, context

    def raw(self, method, path, body=None, content_type="application/json", timeout=10):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={"Content-Type": content_type, **self.headers})
        with urllib.request.urlopen(request, timeout=timeout, context=self.context) as answer:
            return answer.read().decode()

    def json(self, method, path, body=None, **kwargs):
        text = self.raw(method, path, body, **kwargs)
        return json.loads(text) if text else None


class Api:
    """The few Kubernetes calls the tests need, against the real API server or the sandbox."""

    def __init__(self, http):
        self.http = http

    def get(self, path):
        return self.http.json("GET", path)

    def create(self, path, body):
        return self.http.json("POST", path, body)

    def delete(self, path):
        return self.http.json("DELETE", path)

    def namespace(self, name):
        with contextlib.suppress(urllib.error.HTTPError):
            self.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def deployment(self, ns, name, replicas):
        labels = {"app": name}
        container = {"name": "worker", "image": "worker:1", "env": [{"name": "QUEUE", "value": "jobs"}]}
        self.create(f"/apis/apps/v1/namespaces/{ns}/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}})

    def replicas(self, ns, name, kind="deployments"):
        return self.get(f"/apis/apps/v1/namespaces/{ns}/{kind}/{name}")["spec"].get("replicas", 1)

    def ready(self, ns, name):
        return self.get(f"/apis/apps/v1/namespaces/{ns}/deployments/{name}").get("status", {}).get("readyReplicas", 0)

    def scale(self, ns, name, replicas):
        self.http.json("PATCH", f"/apis/apps/v1/namespaces/{ns}/deployments/{name}/scale", {"spec": {"replicas": replicas}},
                       content_type="application/merge-patch+json")

    def events(self, ns):
        return [event["reason"] for event in self.get(f"/apis/events.k8s.io/v1/namespaces/{ns}/events")["items"]]


class ControlPlane:
    """A real kube-apiserver, controller-manager and etcd (scripts/lib/kube.sh)."""

    def __init__(self, folder, port=None, **env):
        self.folder, self.port = pathlib.Path(folder), port or free_block(3)
        self.env = {**os.environ, **env}
        self.kubeconfig = self._script("up", self.folder, self.port).strip().splitlines()[-1]
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        self.api = Api(Http(f"https://127.0.0.1:{self.port}", {"Authorization": "Bearer admintoken"}, context))

    def _script(self, *args):
        run = subprocess.run([str(ROOT / "scripts/lib/kube.sh"), *map(str, args)], capture_output=True, text=True, env=self.env, timeout=3000)
        if run.returncode != 0:
            raise AssertionError(f"kube.sh {args}: {run.stderr}")
        return run.stdout

    def stop_api(self):
        self._script("stop-api", self.folder)

    def start_api(self):
        self._script("start-api", self.folder)

    def stop(self):
        self._script("down", self.folder)


class Sandbox:
    """davit-sandbox, the in-memory API."""

    def __init__(self, binary, folder, *args):
        self.kubeconfig = pathlib.Path(folder) / "sandbox.kubeconfig"
        self.port = free_port()
        self.process = Process([binary, "--listen", f"127.0.0.1:{self.port}", "--kubeconfig-out", self.kubeconfig, *args],
                               pathlib.Path(folder) / "sandbox.log")
        http = Http(f"http://127.0.0.1:{self.port}")
        self.api, self.http = Api(http), http
        wait("sandbox", lambda: http.json("GET", "/version"))

    def faults(self, *rules):
        self.http.raw("POST", "/sandbox/faults", {"rules": list(rules)})

    def stop(self):
        return self.process.stop()


class Redis:
    def __init__(self, folder, *args, port=None):
        self.port = port or free_port()
        self.args = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, *args]
        self.log = pathlib.Path(folder) / f"redis-{self.port}.log"
        self.start()

    def start(self):
        self.process = Process(self.args, self.log)
        wait("redis", lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)

    def command(self, *words):
        """One command over a fresh connection; integers and simple strings only."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            words = [str(word).encode() for word in words]
            sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            line = sock.makefile("rb").readline().strip()
        if line[:1] == b"-":
            raise AssertionError(line.decode())
        return int(line[1:]) if line[:1] == b":" else line[1:].decode()

    def push(self, name, count):
        for start in range(0, count, 1000):
            self.command("RPUSH", name, *range(min(1000, count - start)))

    def stop(self):
        return self.process.stop()


class Exporter:
    """Serves gauges that the test sets, for a real Prometheus to scrape."""

    def __init__(self):
        self.values = {}
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in exporter.values.items()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Prometheus:
    def __init__(self, folder, exporter_port, interval="200ms", port=None):
        self.folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.config = self.folder / "prometheus.yml"
        self.config.write_text(f"global: {{scrape_interval: {interval}}}\nscrape_configs:\n- job_name: test\n  static_configs:\n"
                               f"  - targets: ['127.0.0.1:{exporter_port}']\n")
        self.start()

    def start(self):
        self.process = Process(["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.folder / 'tsdb'}",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], self.folder / "prometheus.log")
        self.http = Http(f"http://127.0.0.1:{self.port}")
        wait("prometheus", lambda: "Ready" in self.http.raw("GET", "/-/ready"))

    def value(self, query):
        result = self.http.json("GET", f"/api/v1/query?query={query}")["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def stop(self):
        return self.process.stop()


class Kafka:
    """A real broker (scripts/lib/kafka.sh)."""

    def __init__(self, folder):
        self.folder = folder
        self.port = int(self._script("up", folder).split()[-1])

    def _script(self, *args):
        run = subprocess.run([str(ROOT / "scripts/lib/kafka.sh"), *map(str, args)], capture_output=True, text=True, timeout=900)
        if run.returncode != 0:
            raise AssertionError(f"kafka.sh {args}: {run.stderr[-2000:]}")
        return run.stdout

    def topic(self, name, partitions):
        self._script("tool", self.folder, "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", f"127.0.0.1:{self.port}", "--create",
                     "--topic", name, "--partitions", partitions)

    def stop(self):
        self._script("down", self.folder)


class HangingServer:
    """Accepts and never answers."""

    def __init__(self, port=0):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.listen(512)
        self.port = self.sock.getsockname()[1]
        self.open, self.ended = [], False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        self.sock.settimeout(0.2)
        while not self.ended:
            try:
                self.open.append(self.sock.accept()[0])
            except socket.timeout:
                continue
            except OSError:
                return

    def stop(self):
        self.ended = True
        self.thread.join(5)
        for sock in self.open:
            sock.close()
        self.sock.close()


class Davit:
    def __init__(self, binary, folder, kubeconfig, *args, ns="default", name="davit", env=None):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / f"{name}-config"
        self.config.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.command = [binary, "run", "--config", self.config, "--kubeconfig", kubeconfig, "--namespace", ns, "--listen",
                        f"127.0.0.1:{self.port}", "--log-level", "debug", *args]
        self.log, self.env = self.folder / f"{name}.log", {**os.environ, "ASAN_OPTIONS": "detect_leaks=1", **(env or {})}
        self.process = None
        self.http = Http(f"http://127.0.0.1:{self.port}")

    def write(self, name, text):
        """Replaces a file at once, as an editor or a ConfigMap mount does."""
        path = self.config / f".{name}.new"
        path.write_text(text)
        path.rename(self.config / name)

    def start(self, ready=True):
        self.process = Process(self.command, self.log, env=self.env)
        if ready:
            wait("davit ready", lambda: self.http.raw("GET", "/readyz"), 30)
        return self

    def decisions(self, name, ns="default"):
        return self.http.json("GET", f"/decisions?object={ns}/{name}")["objects"][0]

    def metrics(self):
        return self.http.raw("GET", "/metrics")

    def metric(self, name, **labels):
        for line in self.metrics().splitlines():
            if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return None

    def stop(self):
        if self.process is None:
            return None
        status, text = self.process.stop(), self.process.text()
        self.process = None
        for sign in ("ERROR: AddressSanitizer", "runtime error:", "LeakSanitizer", "ThreadSanitizer", "open handles at the end"):
            assert sign not in text, f"{sign} in {self.log}:\n{text[-4000:]}"
        return status


def scaled_object(name, triggers, ns="default", target=None, annotations=None, **spec):
    """YAML of a ScaledObject; JSON is YAML."""
    return json.dumps({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
                       "metadata": {"name": name, "namespace": ns, "annotations": annotations or {}},
                       "spec": {"scaleTargetRef": {"name": target or name}, **spec, "triggers": triggers}}) + "\n"


def redis_trigger(port, list_name, length=5, **metadata):
    return {"type": "redis", "metadata": {"address": f"127.0.0.1:{port}", "listName": list_name, "listLength": str(length), **metadata}}


def prometheus_trigger(port, query, threshold, **metadata):
    return {"type": "prometheus", "metadata": {"serverAddress": f"http://127.0.0.1:{port}", "query": query, "threshold": str(threshold), **metadata}}


def holds(what, check, seconds, every=0.25):
    """check() must stay true all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        assert value, f"{what}: broke ({value!r})"
        time.sleep(every)


def binaries():
    build = pathlib.Path(os.environ.get("DAVIT_BUILD", ROOT / "build" / "dev"))
    return build / "davit", build / "davit-sandbox"


class Workspace:
    """A directory and the components started in it; all end with it. Shows the daemon's log when told that the test failed."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"davit-{name}-"))
        self.stack = contextlib.ExitStack()

    def keep(self, thing):
        self.stack.callback(thing.stop)
        return thing

    def close(self, failed):
        try:
            self.stack.close()
        except BaseException:
            failed = True
            raise
        finally:
            if failed:
                self.show()
            if failed and os.environ.get("DAVIT_KEEP"):
                print(f"kept: {self.folder}", file=sys.stderr)
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def show(self):
        for log in sorted(self.folder.rglob("*.log")):
            if log.name.startswith(("davit", "sandbox")):
                print(f"--- {log.name} (end)\n{log.read_text(errors='replace')[-4000:]}", file=sys.stderr)


def enter(test):
    """Gives a unittest case its workspace: self.folder, self.keep."""
    space = Workspace(test.id().split(".")[-1])
    test.folder, test.keep = space.folder, space.keep
    test.addCleanup(lambda: space.close(not test._outcome.success))
