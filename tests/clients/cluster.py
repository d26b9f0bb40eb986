"""Three Holdfast servers on loopback for the time of a test run."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HOST = "127.0.0.1"


def free_ports(count):
    # All are held until all are chosen, so that no two are the same.
    holders = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def wait_until(what, holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def ask(port, *args):
    """One command, its reply's bytes as they came."""
    request = b"*%d\r\n" % len(args)
    for arg in args:
        arg = arg if isinstance(arg, bytes) else str(arg).encode()
        request += b"$%d\r\n%s\r\n" % (len(arg), arg)
    with socket.create_connection((HOST, port), timeout=15) as connection:
        connection.sendall(request)
        return connection.recv(1 << 16)


class Cluster:
    def __init__(self, binary, nodes=3, options=(), environment=None):
        self.binary = binary
        self.environment = {**os.environ, **(environment or {})}
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="holdfast-clients-")
        ports = free_ports(2 * nodes)
        self.ports = dict(zip(range(1, nodes + 1), ports[:nodes]))
        self.peers = dict(zip(range(1, nodes + 1), ports[nodes:]))
        self.processes = {}

    def __enter__(self):
        self.start_all()
        return self

    def __exit__(self, *_):
        for node in list(self.processes):
            self.kill(node)
        shutil.rmtree(self.folder)

    def start(self, node):
        nodes = ",".join(f"{i}={HOST}:{port}" for i, port in self.peers.items())
        log = open(os.path.join(self.folder, f"{node}.log"), "ab")
        self.processes[node] = subprocess.Popen(
            [
                self.binary,
                "server",
                f"--id={node}",
                f"--data={self.folder}/node-{node}",
                f"--listen={HOST}:{self.ports[node]}",
                f"--peer-listen={HOST}:{self.peers[node]}",
                f"--cluster={nodes}",
                "--request-timeout=5s",
                *self.options,
            ],
            stdout=log,
            stderr=log,
            env=self.environment,
        )
        log.close()

    def kill(self, node):
        process = self.processes.pop(node)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def start_all(self):
        """Those that were killed; all serve when it returns."""
        for node in self.ports:
            if node not in self.processes:
                self.start(node)
        wait_until("all nodes up", lambda: all(map(self.is_up, self.ports)))
        wait_until("a leader", self.leader)

    def is_up(self, node):
        try:
            return ask(self.ports[node], "PING") == b"+PONG\r\n"
        except OSError:
            return False

    def leader(self):
        """The node that leads by its own word and can commit, or None."""
        for node in self.processes:
            try:
                if b"role:master" in ask(self.ports[node], "INFO", "replication"):
                    return node if ask(self.ports[node], "EXISTS", "k").startswith(b":") else None
            except OSError:
                pass
        return None

    def followers(self):
        leader = self.leader()
        return [node for node in self.processes if node != leader]
