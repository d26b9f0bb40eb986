"""redis-cli and redis-benchmark as people use them."""

import subprocess
import unittest

from cluster import HOST, wait_until

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

    def test_help_shows_what_commands_take(self):
        shown = redis_cli(1, stdin="help getex\nhelp mset\nhelp client kill\n")
        for line in ("key [EX seconds|PX milliseconds|EXAT unix-seconds|PXAT unix-milliseconds|PERSIST]",
                     "key value [key value ...]", "address|[ID id] [ADDR address] [SKIPME YES|NO]"):
            self.assertIn(line, shown)

    def test_asks_for_its_views_of_a_server(self):
        follower = cluster.followers()[0]
        address = f"{HOST}:{cluster.ports[follower]}"
        self.assertIn("All 16384 slots covered", redis_cli(follower, "--cluster", "check", address))
        redis_cli(follower, "SET", "seen", "x" * 1000)
        self.assertIn("seen", redis_cli(follower, "--scan", "--pattern", "see*"))
        self.assertRegex(redis_cli(follower, "--bigkeys"), r"Biggest string found '\"")
        self.assertRegex(redis_cli(follower, "--memkeys"), r"Biggest string found '\"")


class Failover(unittest.TestCase):
    def tearDown(self):
        cluster.start_all()

    def session(self, node):
        """One redis-cli, which is asked line by line."""
        process = subprocess.Popen(
            ["redis-cli", "-h", HOST, "-p", str(cluster.ports[node])], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.addCleanup(process.communicate, timeout=30)

        def ask(line):
            process.stdin.write(line + "\n")
            return process.stdout.readline().strip()

        return ask

    def test_leader_is_killed_while_one_works_at_a_follower(self):
        ask = self.session(cluster.followers()[0])
        self.assertEqual(ask("SET cli:failover 1"), "OK")
        killed = cluster.leader()
        cluster.kill(killed)
        self.assertEqual(ask("INCR cli:failover"), "2")
        cluster.start_all()
        self.assertEqual(ask("INCR cli:failover"), "3")

    def test_leader_moves_while_one_works_at_it(self):
        leader = cluster.leader()
        ask = self.session(leader)
        self.assertEqual(ask("SET cli:moves 1"), "OK")
        self.assertEqual(ask("RAFT TRANSFER"), "OK")
        self.assertEqual(ask("INCR cli:moves"), "2")
        wait_until("another leader", lambda: cluster.leader() not in (None, leader))
        self.assertEqual(ask("INCR cli:moves"), "3")

    def test_connects_again_to_a_server_that_was_killed(self):
        leader = cluster.leader()
        ask = self.session(leader)
        self.assertEqual(ask("SET cli:again 1"), "OK")
        cluster.kill(leader)
        self.assertIn("Server closed the connection", ask("GET cli:again"))
        cluster.start_all()
        self.assertEqual(ask("GET cli:again"), "1")


class Benchmark(unittest.TestCase):
    def tearDown(self):
        cluster.start_all()

    # The default tests but for those of commands that are not there yet.
    TESTS = {"ping_inline": "PING_INLINE", "ping_mbulk": "PING_MBULK", "set": "SET", "get": "GET",
             "incr": "INCR", "mset": "MSET (10 keys)"}

    def start(self, node, *options):
        return subprocess.Popen(
            ["redis-benchmark", "-h", HOST, "-p", str(cluster.ports[node]), "--csv", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process, titles):
        out, errors = process.communicate(timeout=100)
        self.assertEqual((process.returncode, errors), (0, ""), out)
        shown = [line.split('","')[0].strip('"') for line in out.splitlines()[1:]]
        self.assertEqual(shown, list(titles))

    def test_every_way_of_asking_on_leader_and_follower(self):
        ways = (("-c", "20"), ("-c", "20", "-P", "16", "-r", "1000"), ("-c", "5", "-3"),
                ("-c", "10", "--threads", "2"))
        for node in (cluster.leader(), cluster.followers()[0]):
            for way in ways:
                with self.subTest(way=way):
                    process = self.start(node, "-n", "1000", "-t", ",".join(self.TESTS), *way)
                    self.finish(process, self.TESTS.values())

    def test_connections_of_one_request_each(self):
        process = self.start(cluster.followers()[0], "-n", "300", "-k", "0", "-t", "set,get")
        out, _ = process.communicate(timeout=100)  # it warns of what it is told to do
        self.assertEqual(process.returncode, 0, out)

    def test_cluster_mode_wants_more_than_one_shard(self):
        process = self.start(cluster.leader(), "-n", "300", "-t", "set", "--cluster")
        _, errors = process.communicate(timeout=100)
        self.assertIn("Invalid cluster: 1 node(s)", errors)

    def test_leader_is_killed_while_it_runs_at_a_follower(self):
        killed = cluster.leader()
        process = self.start(cluster.followers()[0], "-n", "30000", "-c", "20", "-t", "incr")
        counted = lambda: int(redis_cli(killed, "GET", "counter:__rand_int__") or 0)
        before = counted()
        wait_until("the benchmark at work", lambda: counted() > before)
        cluster.kill(killed)
        self.finish(process, ["INCR"])
