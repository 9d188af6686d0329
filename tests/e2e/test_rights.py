#!/usr/bin/env python3
"""manifests/base on a real control plane: its Role is enough for everything files mode does, and none of its rules is too much."""
import json
import pathlib
import re
import subprocess
import unittest
import urllib.error

from harness import ROOT, ControlPlane, Davit, Http, Redis, Workspace, binaries, enter, wait

BASE = ROOT / "manifests" / "base"
PATHS = {"ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts", "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
         "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings", "Deployment": "/apis/apps/v1/namespaces/{}/deployments"}
ROLE = PATHS["Role"] + "/davit"


def trigger(list_name, **more):
    return {"type": "redis", "authenticationRef": {"name": "auth"},
            "metadata": {"addressFromEnv": "REDIS", "listName": list_name, "listLength": "5"}, **more}


def scaled_object(kind, name, *triggers, **spec):
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": name},
            "spec": {"scaleTargetRef": {"kind": kind, "name": name}, "pollingInterval": 1, "triggers": triggers, **spec}}


# Uses every right: both kinds of target, a Secret, a ConfigMap through the target's environment, ready pods (metricType Value), metrics of pods (nobody
# serves them here, but the right to ask is looked at first).
OBJECTS = [
    scaled_object("Deployment", "worker", trigger("jobs"), maxReplicaCount=20),
    scaled_object("StatefulSet", "store", trigger("orders", metricType="Value"),
                  {"type": "cpu", "metricType": "AverageValue", "metadata": {"value": "500m"}}, minReplicaCount=1, maxReplicaCount=4),
    {"apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication", "metadata": {"name": "auth"},
     "spec": {"secretTargetRef": [{"parameter": "password", "name": "redis", "key": "password"}]}},
]


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.space = Workspace("rights")
        cls.plane = cls.space.keep(ControlPlane(cls.space.folder))
        cls.api = cls.plane.api

    @classmethod
    def tearDownClass(cls):
        cls.space.close(False)

    def setUp(self):
        enter(self)
        self.redis = self.keep(Redis(self.folder, "--requirepass", "secret"))

    def create(self, path, ns, body):
        return self.api.create(path.format(ns), body)

    def namespace(self, ns):
        wait("namespace", lambda: self.api.namespace(ns) or self.api.get(f"/api/v1/namespaces/{ns}"))
        self.create("/api/v1/namespaces/{}/secrets", ns, {"metadata": {"name": "redis"}, "stringData": {"password": "secret"}})
        self.create("/api/v1/namespaces/{}/configmaps", ns, {"metadata": {"name": "where"}, "data": {"REDIS": f"127.0.0.1:{self.redis.port}"}})
        for plural, kind, name in (("deployments", "Deployment", "worker"), ("statefulsets", "StatefulSet", "store")):
            container = {"name": "main", "image": "main:1", "envFrom": [{"configMapRef": {"name": "where"}}]}
            self.create(f"/apis/apps/v1/namespaces/{{}}/{plural}", ns, {
                "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
                "spec": {"replicas": int(name == "store"), "selector": {"matchLabels": {"app": name}}, "template": {
                    "metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}}})

    def install(self, ns):
        """Creates the manifests as they stand but for the namespace; the server refuses unknown fields. Returns the Deployment."""
        found = {}
        for file in ("serviceaccount.yaml", "role.yaml", "rolebinding.yaml", "deployment.yaml"):
            text = (BASE / file).read_text().replace("namespace: default", f"namespace: {ns}")
            kind = re.search(r"^kind: (\w+)$", text, re.M).group(1)
            path = PATHS[kind].format(ns) + "?fieldValidation=Strict"
            found[kind] = json.loads(self.api.http.raw("POST", path, text.encode(), content_type="application/yaml"))
        return found["Deployment"]

    def token(self, ns):
        return self.create("/api/v1/namespaces/{}/serviceaccounts/davit/token", ns, {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})["status"]["token"]

    def davit(self, ns, deployment):
        """Runs the Deployment's own arguments as its ServiceAccount."""
        kubeconfig = self.folder / f"{ns}.kubeconfig"
        kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "pod",
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.plane.port}",
                                                   "certificate-authority": str(self.plane.folder / "ca.crt")}}],
            "users": [{"name": "u", "user": {"token": self.token(ns)}}],
            "contexts": [{"name": "pod", "context": {"cluster": "c", "user": "u", "namespace": ns}}]}))
        davit = self.keep(Davit(binaries()[0], self.folder, kubeconfig, name=ns))
        args = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        places = {"/etc/davit": str(davit.config), ":8080": f"127.0.0.1:{davit.port}"}
        args = [f"{name}={places[value]}" if value else name for name, _, value in (arg.partition("=") for arg in args)]
        davit.command = [binaries()[0], *args, "--kubeconfig", kubeconfig, "--log-level", "debug"]
        davit.write("objects.yaml", "".join(json.dumps(item) + "\n---\n" for item in OBJECTS))
        return davit

    def push(self, name, count):
        subprocess.run(["redis-cli", "-p", str(self.redis.port), "-a", "secret", "--no-auth-warning", "rpush", name, *map(str, range(count))],
                       check=True, stdout=subprocess.DEVNULL)

    def replicas(self, ns, kind, name):
        return self.api.replicas(ns, name, kind)

    def refused(self, davit):
        return [line for line in davit.metrics().splitlines() if re.match(r'davit_api_requests_total\{.*code="40[13]"', line)]

    def read_scale_as(self, token, ns):
        own = Http(self.api.http.base, {"Authorization": f"Bearer {token}"}, self.api.http.context)
        return own.json("GET", f"/apis/apps/v1/namespaces/{ns}/deployments/worker/scale")

    def saved(self, ns):
        try:
            return self.api.get(f"/api/v1/namespaces/{ns}/configmaps/davit-state")["data"]
        except urllib.error.HTTPError:
            return None

    def work(self, ns, davit):
        davit.start()
        self.push("jobs", 50)
        self.push("orders", 10)
        wait("0 to 10", lambda: self.replicas(ns, "deployments", "worker") == 10, 20)
        wait("1 to 4 over ready pods", lambda: self.replicas(ns, "statefulsets", "store") == 4, 60)
        wait("events", lambda: "KEDAScaleTargetActivated" in self.api.events(ns) and "SuccessfulRescale" in self.api.events(ns), 20)
        wait("state saved", lambda: self.saved(ns), 20)

    def test_role_is_enough(self):
        ns = "enough"
        self.namespace(ns)
        deployment = self.install(ns)
        davit = self.davit(ns, deployment)
        self.work(ns, davit)
        self.assertEqual(self.refused(davit), [], "no request was refused")
        self.assertEqual(self.read_scale_as(self.token(ns), ns)["spec"]["replicas"], 10, "what follows a conflict is allowed too")
        before = self.saved(ns)
        self.assertEqual(davit.stop(), 0)
        davit.start()
        wait("state is written anew over the old", lambda: self.saved(ns) != before, 20)
        self.assertEqual(self.refused(davit), [], "nor after a restart")
        self.assertIn(f"{ns}_worker", self.saved(ns))

    def test_values_can_be_narrowed_to_names(self):
        """As role.yaml says of its rule for Secrets and ConfigMaps."""
        ns = "narrow"
        self.namespace(ns)
        deployment = self.install(ns)
        role = self.api.get(ROLE.format(ns))
        rule = next(rule for rule in role["rules"] if "secrets" in rule["resources"])
        rule["resourceNames"] = ["redis", "where"]
        self.api.http.json("PUT", ROLE.format(ns), role)
        davit = self.davit(ns, deployment)
        self.work(ns, davit)
        self.assertEqual(self.refused(davit), [])

    def test_every_rule_is_needed(self):
        """Without any one of them something is refused; so what the other tests look for can be seen."""
        self.namespace("needed")
        deployment = self.install("needed")
        role = self.api.get(ROLE.format("needed"))
        self.push("jobs", 50)
        self.push("orders", 10)
        self.assertGreater(len(role["rules"]), 5)
        for index, rule in enumerate(role["rules"]):
            with self.subTest(resources=rule["resources"], verbs=rule["verbs"]):
                ns = f"needed-{index}"
                self.namespace(ns)
                self.install(ns)
                less = self.api.get(ROLE.format(ns))
                del less["rules"][index]
                self.api.http.json("PUT", ROLE.format(ns), less)
                davit = self.davit(ns, deployment)
                davit.start(ready=False)
                wait("refused", lambda: self.refused(davit), 30)
                davit.stop()

    def test_deployment_is_locked_down(self):
        self.api.namespace("locked")
        pod = self.install("locked")["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assertEqual((pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]), (True, 65532))
        self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
        self.assertEqual(container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                        "capabilities": {"drop": ["ALL"]}})
        self.assertTrue(pathlib.Path(ROOT / "Dockerfile").read_text().count("USER 65532"), "the image runs as the same user")


if __name__ == "__main__":
    unittest.main(verbosity=2)
