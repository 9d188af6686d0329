#!/usr/bin/env python3
"""Redis deployments that change under the daemon: a cluster and a sentinel trio lose their masters while replicas run."""
import subprocess
import unittest

from harness import Davit, Process, Redis, Sandbox, binaries, enter, free_port, holds, scaled_object, wait

DAVIT, SANDBOX = binaries()


def cli(port, *words):
    run = subprocess.run(["redis-cli", "-c", "-p", str(port), *map(str, words)], capture_output=True, text=True, timeout=30)
    return run.stdout + run.stderr


def cluster_port():
    """The bus takes the port 10000 above."""
    return next(port for port in iter(free_port, None) if port < 55000)


def linked(redis):
    return "master_link_status:up" in cli(redis.port, "info", "replication")


class Failover(unittest.TestCase):
    def setUp(self):
        enter(self)
        self.sandbox = self.keep(Sandbox(SANDBOX, self.folder, "--ready-delay", "200ms"))
        self.api = self.sandbox.api

    def redis(self, name, *args):
        folder = self.folder / name
        folder.mkdir()
        return self.keep(Redis(folder, *args, port=cluster_port()))

    def cluster(self):
        nodes = [self.redis(f"node-{i}", "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0")
                 for i in range(6)]
        addresses = [f"127.0.0.1:{node.port}" for node in nodes]
        made = cli(nodes[0].port, "--cluster", "create", *addresses, "--cluster-replicas", 1, "--cluster-yes")
        self.assertIn("16384 slots covered", made)
        for node in nodes:
            wait("the cluster", lambda node=node: "cluster_state:ok" in cli(node.port, "cluster", "info"))
        for node in nodes[3:]:
            wait("the replica", lambda node=node: linked(node))
        return nodes

    def sentinel(self, index, master):
        port, folder = free_port(), self.folder / f"sentinel-{index}"
        folder.mkdir()
        (folder / "conf").write_text(f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor shop 127.0.0.1 {master.port} 2\n"
                                     "sentinel down-after-milliseconds shop 1000\nsentinel failover-timeout shop 3000\n")
        self.keep(Process(["redis-server", folder / "conf", "--sentinel"], folder / "log"))
        return port

    def sentinels(self):
        master = self.redis("master")
        replica = self.redis("replica", "--replicaof", "127.0.0.1", str(master.port), "--repl-diskless-sync-delay", "0")
        wait("the replica", lambda: linked(replica))
        ports = [self.sentinel(i, master) for i in range(3)]
        for port in ports:
            wait("the sentinels", lambda port=port: "slaves=1,sentinels=3" in cli(port, "info", "sentinel"))
        return master, replica, ports

    def objects(self, davit, nodes, ports):
        where = {"in-cluster": ("redis-cluster", {"addresses": ",".join(f"127.0.0.1:{node.port}" for node in nodes)}),
                 "behind": ("redis-sentinel", {"addresses": ",".join(f"127.0.0.1:{port}" for port in ports), "sentinelMaster": "shop"})}
        for name, (kind, metadata) in where.items():
            self.api.deployment("default", name, 0)
            davit.write(f"{name}.yaml", scaled_object(
                name, [{"type": kind, "metadata": {**metadata, "listName": "jobs", "listLength": "5"}}], pollingInterval=1, cooldownPeriod=1,
                maxReplicaCount=20, advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}))
        return list(where)

    def test_masters_die_and_replicas_hold(self):
        nodes, (master, replica, ports) = self.cluster(), self.sentinels()
        davit = self.keep(Davit(DAVIT, self.folder, self.sandbox.kubeconfig))
        names = self.objects(davit, nodes, ports)
        owner = nodes[int(cli(nodes[0].port, "cluster", "keyslot", "jobs")) * 3 // 16384]
        for port in (owner.port, master.port):
            cli(port, "rpush", "jobs", *range(25))
        davit.start()
        for name in names:
            wait("five replicas", lambda name=name: self.api.replicas("default", name) == 5)
        wait("the replica's copy", lambda: cli(replica.port, "llen", "jobs").strip() == "25")
        for dead in (owner, master):
            dead.process.kill()
        wait("errors told", lambda: all("error" in str(davit.decisions(name)) for name in names))
        holds("five replicas all the time", lambda: all(self.api.replicas("default", name) == 5 for name in names), 4)
        left = next(node for node in nodes if node is not owner)
        wait("the cluster again", lambda: cli(left.port, "rpush", "jobs", *range(15)).strip().endswith("40"))
        wait("the master again", lambda: cli(replica.port, "rpush", "jobs", *range(15)).strip().endswith("40"))
        for name in names:
            wait("eight replicas", lambda name=name: self.api.replicas("default", name) == 8)
        scales = self.sandbox.http.json("GET", "/sandbox/scales")["scales"]
        self.assertEqual(sorted((s["from"], s["to"]) for s in scales), [(0, 5), (0, 5), (5, 8), (5, 8)])
        self.assertEqual(davit.stop(), 0)


if __name__ == "__main__":
    unittest.main()
