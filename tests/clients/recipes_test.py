"""The recipes of docs/recipes.md, step by step, through different nodes."""

import threading
import time
import unittest

import redis

from cluster import HOST, wait_until

cluster = None  # set by `run`


def client(node=None):
    nodes = list(cluster.ports)
    port = cluster.ports[nodes[0] if node is None else node]
    return redis.Redis(host=HOST, port=port, decode_responses=True)


class Recipes(unittest.TestCase):
    def setUp(self):
        self.nodes = [client(node) for node in cluster.ports]
        self.nodes[0].flushall()

    def take(self, node, name, milliseconds=30000):
        pipeline = node.pipeline(transaction=True)
        pipeline.set("lock", name, nx=True, px=milliseconds)
        pipeline.execute_command("REVISION", "lock")
        taken, token = pipeline.execute()
        return token if taken else None

    def test_lock_has_one_holder_and_tokens_that_rise(self):
        a, b = self.nodes[0], self.nodes[1]
        first = self.take(a, "a")
        self.assertIsNotNone(first)
        self.assertIsNone(self.take(b, "b"))
        self.assertEqual(b.execute_command("DELIFEQ", "lock", "b"), 0)
        self.assertTrue(a.execute_command("SET", "lock", "a", "IFEQ", "a", "PX", 30000))
        self.assertIsNone(b.execute_command("SET", "lock", "b", "IFEQ", "b", "PX", 30000))
        self.assertEqual(a.execute_command("DELIFEQ", "lock", "a"), 1)
        second = self.take(b, "b")
        self.assertGreater(second, first)

    def test_lock_of_one_who_is_gone_is_free_in_time(self):
        a, b = self.nodes[0], self.nodes[1]
        first = self.take(a, "a", 300)
        wait_until("the lock to be free", lambda: self.take(b, "b") is not None)
        self.assertGreater(b.execute_command("REVISION", "lock"), first)

    def test_write_under_a_lock_that_was_lost_is_not_made(self):
        a, b = self.nodes[0], self.nodes[1]
        self.take(a, "a")
        pipeline = a.pipeline(transaction=True)
        pipeline.watch("lock")
        self.assertEqual(pipeline.get("lock"), "a")
        b.delete("lock")
        self.take(b, "a")  # even of the same name
        pipeline.multi()
        pipeline.set("page", "12")
        with self.assertRaises(redis.WatchError):
            pipeline.execute()
        self.assertIsNone(b.get("page"))

    def test_lock_protects_what_many_threads_do(self):
        done = []

        def work(number):
            node = client(list(cluster.ports)[number % len(cluster.ports)])
            for _ in range(5):
                name = f"{number}"
                while self.take(node, name) is None:
                    time.sleep(0.002)
                done.append(int(node.get("inside") or 0))
                node.set("inside", 1)
                node.set("inside", 0)
                node.execute_command("DELIFEQ", "lock", name)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(done, [0] * 20)

    def test_leader_is_one_until_it_stops(self):
        a, b = self.nodes[0], self.nodes[1]
        self.assertTrue(a.set("leader", "a", nx=True, px=30000))
        self.assertIsNone(b.set("leader", "b", nx=True, px=30000))
        self.assertTrue(a.execute_command("SET", "leader", "a", "IFEQ", "a", "PX", 400))
        wait_until("the leader to be gone", lambda: b.set("leader", "b", nx=True, px=30000))
        self.assertIsNone(a.execute_command("SET", "leader", "a", "IFEQ", "a", "PX", 400))

    def test_counter_counts_what_is_sent_twice_once(self):
        session = self.nodes[0].execute_command("SESSION", "OPEN")
        for node in self.nodes:
            self.assertEqual(node.execute_command("ONCE", session, 1, "INCR", "visits"), 1)
        for node in self.nodes:
            connection = node.connection_pool.get_connection("MULTI")
            for words, answer in ((("MULTI",), "OK"), (("INCR", "visits"), "QUEUED"),
                                  (("INCR", "others"), "QUEUED"),
                                  (("ONCE", session, 2, "EXEC"), [2, 1])):
                connection.send_command(*words)
                self.assertEqual(connection.read_response(), answer)
            node.connection_pool.release(connection)
        self.assertEqual(self.nodes[0].mget("visits", "others"), ["2", "1"])

    def test_things_with_ids_are_counted_once_by_many(self):
        def count(node, order):
            with node.pipeline(transaction=True) as pipeline:
                pipeline.watch(f"seen:{order}")
                if pipeline.exists(f"seen:{order}"):
                    return
                pipeline.multi()
                pipeline.set(f"seen:{order}", 1, ex=86400)
                pipeline.incr("orders")
                try:
                    pipeline.execute()
                except redis.WatchError:
                    pass

        def work(node):
            for order in range(20):
                count(node, order)

        threads = [threading.Thread(target=work, args=(node,)) for node in self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.nodes[0].get("orders"), "20")

    def test_rate_limit_begins_anew_when_its_time_is_over(self):
        def ask(node):
            pipeline = node.pipeline(transaction=True)
            pipeline.execute_command("SET", "rate", "0", "PX", 600, "NX")
            pipeline.incr("rate")
            return pipeline.execute()[1]

        self.assertEqual([ask(self.nodes[i % 3]) for i in range(4)], [1, 2, 3, 4])
        wait_until("the minute to be over", lambda: ask(self.nodes[0]) == 1)
