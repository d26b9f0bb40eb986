"""What small applications do with Redis, while one server after the other is killed and comes back."""

import json
import threading
import unittest
import uuid

import redis

from cluster import HOST, wait_until

cluster = None  # set by `run`


class Application(threading.Thread):
    """Works at one node, again and again; what the node's absence interrupts is begun anew."""

    def __init__(self, step, node, stop):
        super().__init__()
        self.step, self.stop = step, stop
        self.client = redis.Redis(host=HOST, port=cluster.ports[node], decode_responses=True)
        self.done = 0
        self.failure = None
        self.start()

    def run(self):
        while not self.stop.is_set():
            try:
                self.step(self.client)
                self.done += 1
            except (redis.ConnectionError, redis.WatchError):
                self.stop.wait(0.02)  # as redis-py calls it, too, when it loses a connection that watches
            except Exception as error:
                if not str(error).startswith("UNKNOWN "):
                    self.failure = error
                    return


class Applications(unittest.TestCase):
    def tearDown(self):
        cluster.start_all()

    def run_through_kills(self, step):
        """Three at each node. All go on after each kill, and none sees what it must not."""
        stop = threading.Event()
        nodes = list(cluster.ports)
        workers = [Application(step, node, stop) for node in nodes for _ in range(3)]

        def go_on(workers):
            before = [worker.done for worker in workers]
            wait_until("all to go on", lambda: all(
                worker.done > done + 5 or worker.failure for worker, done in zip(workers, before)))

        try:
            go_on(workers)
            for killed in (cluster.leader(), *cluster.followers()):
                cluster.kill(killed)
                go_on([workers[i] for i in range(len(workers)) if nodes[i // 3] != killed])
                cluster.start_all()
                go_on(workers)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual([worker.failure for worker in workers if worker.failure], [])

    def test_cache_with_a_time_to_live(self):
        def step(client):
            for number in range(5):
                key = f"cache:{number}"
                text = client.get(key)
                if text is None:
                    client.set(key, json.dumps({"of": key}), px=50)
                elif json.loads(text) != {"of": key}:
                    raise AssertionError(text)
            if not -2 <= client.pttl("cache:0") <= 50:
                raise AssertionError("it would never expire")

        self.run_through_kills(step)

    def test_lock_around_a_job(self):
        holders = []
        mine = threading.local()

        def step(client):
            # Who did not hear whether it got the lock, or gave it back, gives it back first.
            if getattr(mine, "name", None):
                client.execute_command("DELIFEQ", "job", mine.name)
            mine.name = uuid.uuid4().hex
            if client.set("job", mine.name, nx=True, px=60_000):
                holders.append(mine.name)
                try:
                    if client.get("job") != mine.name or holders != [mine.name]:
                        raise AssertionError(f"{len(holders)} at work")
                finally:
                    holders.remove(mine.name)
                client.execute_command("DELIFEQ", "job", mine.name)
            mine.name = None

        self.run_through_kills(step)

    def test_rate_limiter(self):
        granted = {}
        lock = threading.Lock()

        def step(client):
            window = client.time()[0]
            pipeline = client.pipeline(transaction=True)
            pipeline.incr(f"rate:{window}")
            pipeline.expire(f"rate:{window}", 60)
            count, _ = pipeline.execute()
            if count <= 10:
                with lock:
                    granted[window] = granted.get(window, 0) + 1
                    if granted[window] > 10:
                        raise AssertionError(f"{granted[window]} in one second")

        self.run_through_kills(step)

    def test_session_store(self):
        def add_visit(client, key):
            with client.pipeline() as pipeline:
                pipeline.watch(key)
                session = json.loads(pipeline.get(key))
                session["visits"] += 1
                pipeline.multi()
                pipeline.set(key, json.dumps(session), keepttl=True)
                pipeline.execute()

        def step(client):
            key = f"session:{uuid.uuid4().hex}"
            client.setex(key, 600, json.dumps({"visits": 0}))
            for _ in range(3):
                add_visit(client, key)
            if json.loads(client.get(key)) != {"visits": 3} or not 500 < client.ttl(key) <= 600:
                raise AssertionError(client.get(key))
            client.delete(key)

        self.run_through_kills(step)
