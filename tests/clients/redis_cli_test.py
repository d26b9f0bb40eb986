"""redis-cli and redis-benchmark as people use them."""

import subprocess
import unittest

from cluster import HOST

cluster = None  # set by `run`


def redis_cli(node, *args, stdin=None):
    command = ["redis-cli", "-h", HOST, "-p", str(cluster.ports[node]), *args]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()


class RedisCli(unittest.TestCase):
    def test_set_and_get_on_any_node(self):
        for node in cluster.ports:
            self.assertEqual(redis_cli(node, "SET", "cli", f"from {node}"), "OK")
            self.assertEqual(redis_cli(1, "GET", "cli"), f"from {node}")

    def test_cluster_mode_follows_moved(self):
        follower = cluster.followers()[0]
        self.assertEqual(redis_cli(follower, "-c", "SET", "moved", "1"), "OK")
        self.assertEqual(redis_cli(follower, "-c", "GET", "moved"), "1")

    def test_resp3(self):
        self.assertEqual(redis_cli(1, "-3", "SET", "three", "3"), "OK")
        self.assertEqual(redis_cli(2, "-3", "GET", "three"), "3")

    def test_commands_from_standard_input(self):
        script = "SET in 1\nINCR in\nGET in\nNOSUCH x\n"
        lines = redis_cli(cluster.followers()[0], stdin=script).split("\n")
        self.assertEqual(lines[:3], ["OK", "2", "2"])
        self.assertTrue(lines[3].startswith("ERR unknown command 'NOSUCH'"), lines[3])

    def test_pipe_mode(self):
        script = "".join(f"SET pipe{i} {i}\n" for i in range(2000))
        out = redis_cli(cluster.followers()[0], "--pipe", stdin=script)
        self.assertIn("errors: 0, replies: 2000", out)
        self.assertEqual(redis_cli(1, "GET", "pipe1999"), "1999")

    def test_wrong_use_is_an_error_with_redis_words(self):
        self.assertEqual(redis_cli(1, "GET"), "ERR wrong number of arguments for 'get' command")

    def test_benchmark_runs(self):
        follower = cluster.followers()[0]
        done = subprocess.run(
            ["redis-benchmark", "-h", HOST, "-p", str(cluster.ports[follower]),
             "-t", "set,get,incr", "-n", "2000", "-c", "20", "-P", "4", "--csv"],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for test in ("SET", "GET", "INCR"):
            self.assertIn(f'"{test}"', done.stdout)
