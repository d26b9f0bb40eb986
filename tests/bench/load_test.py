#!/usr/bin/python3
"""Loads one Holdfast server, and one etcd if that is installed, for a moment.

usage: tests/bench/load_test.py HOLDFAST BENCH_LOAD
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "clients"))
sys.dont_write_bytecode = True

import cluster as servers

KEYS = 200
HOLDFAST, BENCH_LOAD = map(os.path.abspath, sys.argv[1:3])


class Loads:
    """What holds for any server; `where` says how to reach it."""

    def load(self, *options):
        done = subprocess.run(
            [BENCH_LOAD, *self.where, f"--keys={KEYS}", "--seconds=0.3", *options],
            stdout=subprocess.PIPE, check=True, timeout=60)
        found = json.loads(done.stdout)
        self.assertEqual((found["errors"], found["unanswered"]), (0, 0), found)
        return found

    def test_1_reads_of_what_is_not_there_are_misses(self):
        found = self.load("--reads=100", "--clients=3")
        self.assertGreater(found["answered"], 0)
        self.assertGreaterEqual(found["misses"], found["answered"])

    def test_2_fill_writes_every_key_once(self):
        found = self.load("--fill", "--clients=7", "--pipeline=4")
        self.assertEqual((found["offered"], found["answered"]), (KEYS, KEYS))
        self.assertEqual(self.load("--reads=100")["misses"], 0)

    def test_3_a_mix_finds_what_was_written(self):
        found = self.load("--reads=50", "--pipeline=16", "--value-bytes=20000")
        self.assertGreater(found["answered"], 0)
        self.load("--reads=50")

    def test_4_an_open_loop_offers_its_rate(self):
        found = self.load("--rate=500", "--clients=10")
        self.assertEqual(found["offered"], 150)

    def test_5_an_open_loop_beyond_the_servers_reach_says_what_was_not_sent(self):
        found = self.load("--rate=10000000", "--clients=2")
        self.assertEqual(found["offered"], 3_000_000)
        self.assertGreater(found["unsent"], 0)
        self.assertLessEqual(found["answered"] + found["unsent"], found["offered"])
        self.assertGreater(found["p50"], 100)  # most of them were due long before the end


class HoldfastLoads(Loads, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = servers.Cluster(HOLDFAST, nodes=1).__enter__()
        cls.where = [f"{servers.HOST}:{cls.cluster.ports[1]}"]

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    def test_6_an_error_is_counted(self):
        done = subprocess.run(
            [BENCH_LOAD, *self.where, "--seconds=0.1", f"--value-bytes={65 << 20}", "--clients=1"],
            capture_output=True, timeout=60)
        self.assertGreater(json.loads(done.stdout)["errors"], 0)
        self.assertIn(b"an error", done.stderr)


@unittest.skipUnless(shutil.which("etcd"), "etcd is not installed")
class EtcdLoads(Loads, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="holdfast-etcd-")
        client, peer = servers.free_ports(2)
        clients, peers = (f"http://{servers.HOST}:{port}" for port in (client, peer))
        cls.etcd = subprocess.Popen(
            ["etcd", f"--data-dir={cls.folder}/etcd", f"--listen-client-urls={clients}",
             f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}",
             f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.where = [f"{servers.HOST}:{client}", "--etcd"]
        probe = [BENCH_LOAD, *cls.where, "--fill", "--keys=1", "--clients=1"]
        servers.wait_until("an etcd", lambda: subprocess.run(
            probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0)

    @classmethod
    def tearDownClass(cls):
        cls.etcd.kill()
        cls.etcd.wait()
        shutil.rmtree(cls.folder)

    # One key is there since the probe.
    def test_1_reads_of_what_is_not_there_are_misses(self):
        found = self.load("--reads=100", "--clients=3")
        self.assertGreater(found["misses"], found["answered"] / 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
