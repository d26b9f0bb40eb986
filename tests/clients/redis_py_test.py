"""redis-py, alone and as a cluster client, against leader and followers."""

import logging
import threading
import unittest

import redis
from redis.cluster import ClusterNode, RedisCluster

from cluster import HOST, wait_until

cluster = None  # set by `run`
# It tells of every connection that is lost, which is what is tried here.
logging.getLogger("redis").addHandler(logging.NullHandler())


def node_client(node, **options):
    return redis.Redis(host=HOST, port=cluster.ports[node], **options)


def cluster_client():
    return RedisCluster(
        startup_nodes=[ClusterNode(HOST, port) for port in cluster.ports.values()],
        cluster_error_retry_attempts=10,
    )


class OneNode(unittest.TestCase):
    def test_every_node_serves_reads_and_writes(self):
        for node in cluster.ports:
            client = node_client(node)
            self.assertTrue(client.set(f"py:{node}", b"\x00\xff\r\n"))
            for reader in cluster.ports:
                self.assertEqual(node_client(reader).get(f"py:{node}"), b"\x00\xff\r\n")

    def test_the_commands_of_the_store(self):
        client = node_client(cluster.followers()[0], decode_responses=True)
        client.flushall()
        self.assertEqual(client.append("a", "xy"), 2)
        self.assertEqual(client.strlen("a"), 2)
        self.assertEqual(client.incr("n"), 1)
        self.assertEqual(client.incrby("n", 9), 10)
        self.assertEqual(client.decr("n"), 9)
        self.assertEqual(client.decrby("n", 4), 5)
        self.assertTrue(client.mset({"m1": "1", "m2": "2"}))
        self.assertEqual(client.mget("m1", "none", "m2"), ["1", None, "2"])
        self.assertEqual(client.exists("a", "n", "none"), 2)
        self.assertEqual(client.dbsize(), 4)
        self.assertEqual(client.delete("a", "none"), 1)
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            client.set("a", "text")
            client.incr("a")

    def test_pipeline_keeps_order(self):
        pipeline = node_client(cluster.followers()[0]).pipeline(transaction=False)
        for i in range(500):
            pipeline.set("pipe", str(i))
            pipeline.get("pipe")
            pipeline.ping()
        replies = pipeline.execute()
        for i in range(500):
            self.assertEqual(replies[3 * i : 3 * i + 3], [True, str(i).encode(), True])

    def test_info_and_client_commands(self):
        client = node_client(1, client_name="tester")
        info = client.info()
        self.assertEqual(info["cluster_enabled"], 1)
        self.assertEqual(info["loading"], 0)
        self.assertGreater(info["used_memory"], 0)
        self.assertGreaterEqual(info["used_memory_peak"], info["used_memory_rss"])
        self.assertEqual(client.client_getname(), "tester")
        self.assertIn("tester", [entry["name"] for entry in client.client_list()])
        self.assertTrue(client.config_get("maxmemory"))

    def test_once_is_executed_once(self):
        client = node_client(cluster.followers()[0])
        session = client.execute_command("SESSION", "OPEN")
        client.delete("once")
        first = client.execute_command("ONCE", session, 1, "APPEND", "once", "x")
        for node in cluster.ports:
            again = node_client(node).execute_command("ONCE", session, 1, "APPEND", "once", "x")
            self.assertEqual(again, first)
        self.assertEqual(client.get("once"), b"x")


class ClusterClient(unittest.TestCase):
    def test_finds_the_nodes_and_works(self):
        client = cluster_client()
        for i in range(100):
            client.set(f"c{i}", i)
        self.assertEqual([client.get(f"c{i}") for i in range(100)],
                         [str(i).encode() for i in range(100)])
        primaries = client.get_primaries()
        self.assertEqual([node.port for node in primaries], [cluster.ports[cluster.leader()]])
        self.assertEqual(len(client.get_replicas()), 2)

    def test_follows_the_leader_when_it_moves(self):
        client = cluster_client()
        client.set("before", 1)
        old = cluster.leader()
        self.assertTrue(node_client(old).execute_command("RAFT", "TRANSFER"))
        wait_until("another leader", lambda: cluster.leader() not in (None, old))
        client.set("after", 2)
        self.assertEqual(client.get("before"), b"1")


class Shutdown(unittest.TestCase):
    def test_stops_the_node_cleanly(self):
        node = cluster.followers()[0]
        node_client(node).shutdown()
        self.assertEqual(cluster.processes[node].wait(timeout=10), 0)
        cluster.start(node)
        wait_until("the node back", lambda: cluster.is_up(node))


class Failover(unittest.TestCase):
    def tearDown(self):
        cluster.start_all()

    def keeps_writes(self, connect, killed, goes_on):
        """Writes while a node is killed and comes back; what was acknowledged must be there.

        `goes_on`: the client must not need the node that was killed.
        """
        acknowledged = []
        stop = threading.Event()

        def write():
            client = connect()
            for i in range(1_000_000):
                if stop.is_set():
                    return
                try:
                    if client.set(f"{self.id()}:{i}", i):
                        acknowledged.append(i)
                except redis.ConnectionError:
                    stop.wait(0.005)
                except redis.exceptions.RedisClusterException:
                    # redis-py 4.3 fails to copy its own settings when it looks for other nodes.
                    client = connect()

        def more(what, count):
            enough = len(acknowledged) + count
            wait_until(what, lambda: len(acknowledged) >= enough)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            more("first writes", 100)
            cluster.kill(killed)
            if goes_on:
                more("writes after the kill", 100)
            cluster.start(killed)
            more("writes after the start", 100)
        finally:
            stop.set()
            writer.join()
        cluster.start_all()
        reader = connect()
        for i in acknowledged:
            self.assertEqual(reader.get(f"{self.id()}:{i}"), str(i).encode())
        self.assertEqual(node_client(killed).get(f"{self.id()}:{acknowledged[-1]}"),
                         str(acknowledged[-1]).encode())

    def test_killed_leader_costs_no_write_through_a_follower(self):
        survivor = cluster.followers()[0]
        self.keeps_writes(lambda: node_client(survivor), cluster.leader(), goes_on=True)

    def test_client_of_a_killed_leader_connects_again(self):
        leader = cluster.leader()
        self.keeps_writes(lambda: node_client(leader), leader, goes_on=False)

    def test_client_of_a_killed_follower_connects_again(self):
        follower = cluster.followers()[0]
        self.keeps_writes(lambda: node_client(follower), follower, goes_on=False)

    def test_cluster_client_goes_on_without_a_killed_leader(self):
        self.keeps_writes(cluster_client, cluster.leader(), goes_on=True)
