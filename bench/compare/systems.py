"""The systems that are compared: started on loopback, with folders that go with them."""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import urllib.request

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TREE, "tests", "clients"))

import cluster as servers

HOST = servers.HOST
COUNTER = os.path.join(TREE, "build", "release", "bench", "libbench_counts.so")


class System:
    """Some processes; `ports` of their clients, `leader` and `follower` among them."""

    speaks_etcd = False

    def __init__(self, name):
        self.name = name
        self.filled = None  # with what: (keys, bytes of a value)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def elections(self):
        """A number that grows with every election."""
        return 0

    def cpu_seconds(self):
        """Of all its processes, and of their children that ended."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self):
        """Resident, of all its processes."""
        pages = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/statm") as file:
                pages += int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def port(self, at):
        return self.leader if at == "leader" else self.follower

    def check(self):
        """Whether all its processes still run."""
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    raise SystemExit(f"a process of {self.name} ended")


class Holdfast(System):
    def __init__(self, name, binary, nodes):
        super().__init__(name)
        self.cluster = servers.Cluster(binary, nodes, ("--max-clients=12000",))

    def start(self):
        self.cluster.__enter__()
        leader = self.cluster.leader()
        self.leader = self.cluster.ports[leader]
        others = [port for node, port in self.cluster.ports.items() if node != leader]
        self.follower = others[0] if others else None

    def stop(self):
        self.cluster.__exit__()

    def pids(self):
        return [process.pid for process in self.cluster.processes.values()]

    def leader_pid(self):
        leads = {port: node for node, port in self.cluster.ports.items()}
        return self.cluster.processes[leads[self.leader]].pid

    def elections(self):
        status = servers.ask(self.leader, "RAFT", "STATUS")
        return int(re.search(rb"\r\nterm\r\n:(\d+)\r\n", status)[1])


class CountedHoldfast(Holdfast):
    """Counts its allocations and copies, which slows it down: see bench/counts/counts.cpp."""

    NAMES = ("allocations", "bytes_copied", "bytes_logged", "log_syncs")

    def __init__(self, name, binary, nodes, counter):
        super().__init__(name, binary, nodes)
        self.files = os.path.join(self.cluster.folder, "counts")
        self.cluster.environment |= {"LD_PRELOAD": os.path.abspath(counter),
                                     "HOLDFAST_COUNTS": self.files}

    def counts(self):
        """Of all nodes since they began; OSError if they don't count."""
        totals = dict.fromkeys(self.NAMES, 0)
        for pid in self.pids():
            with open(f"{self.files}.{pid}", "rb") as file:
                for thread in struct.iter_unpack("4Q32x", file.read()):
                    for name, count in zip(self.NAMES, thread):
                        totals[name] += count
        return totals


class Programs(System):
    """Processes of another system, in a folder of their own."""

    def __init__(self, name):
        super().__init__(name)
        self.folder = tempfile.mkdtemp(prefix=f"holdfast-bench-{name}-")
        self.processes = []

    def stop(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.folder)

    def run(self, command):
        log = open(os.path.join(self.folder, f"{len(self.processes)}.log"), "ab")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        log.close()

    def pids(self):
        return [process.pid for process in self.processes]


class Redis(Programs):
    """One server that syncs every write before it answers, or one without any file."""

    follower = None

    def __init__(self, name, syncs):
        super().__init__(name)
        self.syncs = syncs

    def start(self):
        (self.leader,) = servers.free_ports(1)
        files = ["--appendonly", "yes", "--appendfsync", "always",
                 # At its best: never busy with rewriting its file.
                 "--auto-aof-rewrite-percentage", "0"] if self.syncs else ["--appendonly", "no"]
        self.run(["redis-server", "--port", str(self.leader), "--bind", HOST, "--dir",
                    self.folder, "--save", "", "--maxclients", "12000", *files])
        servers.wait_until(f"{self.name} answers", self.is_up)

    def is_up(self):
        try:
            return servers.ask(self.leader, "PING") == b"+PONG\r\n"
        except OSError:
            return False


class Etcd(Programs):
    speaks_etcd = True

    def __init__(self, name, nodes):
        super().__init__(name)
        self.nodes = nodes

    def start(self):
        ports = servers.free_ports(2 * self.nodes)
        self.ports, peers = ports[:self.nodes], ports[self.nodes:]
        members = ",".join(f"n{i}=http://{HOST}:{port}" for i, port in enumerate(peers))
        for i, (port, peer) in enumerate(zip(self.ports, peers)):
            self.run(["etcd", "--name", f"n{i}", "--data-dir", f"{self.folder}/n{i}",
                        "--listen-client-urls", f"http://{HOST}:{port}",
                        "--advertise-client-urls", f"http://{HOST}:{port}",
                        "--listen-peer-urls", f"http://{HOST}:{peer}",
                        "--initial-advertise-peer-urls", f"http://{HOST}:{peer}",
                        "--initial-cluster", members,
                        # It keeps what was overwritten, and stops at 2 GiB.
                        "--quota-backend-bytes", str(8 << 30)])
        servers.wait_until(f"a leader of {self.name}", self.find_leader)

    def metric(self, port, name):
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
            found = re.search(rf"^etcd_server_{name} (\S+)$", answer.read().decode(), re.M)
        return float(found[1])

    def find_leader(self):
        try:
            leading = [self.metric(port, "is_leader") == 1 for port in self.ports]
            known = all(self.metric(port, "has_leader") == 1 for port in self.ports)
        except OSError:
            return False
        if not known or sum(leading) != 1:
            return False
        self.leader = self.ports[leading.index(True)]
        self.follower = self.ports[leading.index(False)] if self.nodes > 1 else None
        return True

    def elections(self):
        return self.metric(self.leader, "leader_changes_seen_total")


def make(name, binary):
    kind, _, rest = name.partition("-")
    if kind == "redis" and rest in ("sync", "memory"):
        return Redis(name, rest == "sync")
    if kind == "counted":
        return CountedHoldfast(name, binary, int(rest), COUNTER)
    if kind in ("holdfast", "etcd") and rest in ("1", "3", "5", "7"):
        return Holdfast(name, binary, int(rest)) if kind == "holdfast" else Etcd(name, int(rest))
    raise SystemExit(f"bench: there is no system {name}; see scripts/bench --help")
