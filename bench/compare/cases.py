"""What is measured: cases, in parts, each with the systems it is for."""

import dataclasses
import itertools

KEYS = 100_000
KEY_BYTES = 300  # of memory, with all that a node has for a key beside its value
DATA_BYTES_MAX = 64 << 20  # of all values: with larger values there are fewer keys


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str  # SET, GET or 90:10 (GET:SET)
    clients: int = 50
    pipeline: int = 1
    value_bytes: int = 100
    at: str = "leader"  # or follower: where the clients are connected
    keys_wanted: int = KEYS
    share: float = 0  # an open loop: of the most that a closed one gets done

    @property
    def keys(self):
        return max(1, min(self.keys_wanted, DATA_BYTES_MAX // self.value_bytes)
                   if self.keys_wanted == KEYS else self.keys_wanted)

    @property
    def memory_bytes(self):
        """What a node has of it when all keys are there."""
        return self.keys * (self.value_bytes + KEY_BYTES)

    @property
    def read_percent(self):
        return {"SET": 0, "GET": 100, "90:10": 90}[self.kind]

    @property
    def name(self):
        words = [self.kind, f"{self.clients:,} client" + "s" * (self.clients != 1)]
        if self.pipeline != 1:
            words.append(f"pipeline {self.pipeline}")
        if self.value_bytes != 100:
            words.append(size_name(self.value_bytes))
        if self.keys_wanted != KEYS:
            words.append(f"{self.keys_wanted:,} keys")
        if self.at != "leader":
            words.append(f"at a {self.at}")
        if self.share:
            words.append(f"offered {self.share:g} of the most")
        return ", ".join(words)


@dataclasses.dataclass(frozen=True)
class Part:
    name: str
    systems: tuple
    cases: tuple
    rounds: int


def size_name(size):
    for shift, unit in ((20, "MiB"), (10, "KiB")):
        if size >= 1 << shift and size % (1 << shift) == 0:
            return f"{size >> shift} {unit}"
    return f"{size:,} B"


FOUR = ("holdfast-3", "etcd-3", "redis-sync", "redis-memory")
CORE = (Case("SET", 1), Case("SET"), Case("SET", pipeline=16),
        Case("GET"), Case("GET", pipeline=16), Case("90:10"))
MORE = (Case("GET", 1), Case("SET", 200), Case("GET", 200),
        Case("SET", value_bytes=1 << 10), Case("SET", value_bytes=16 << 10),
        Case("GET", value_bytes=16 << 10))
FOLLOWER = (Case("SET", at="follower"), Case("GET", at="follower"))
BOTH = (Case("SET"), Case("GET"))


# Not for rates: what watches slows down.
PROFILE = Part("profile", ("holdfast-3", "counted-3"),
               CORE[:5] + (Case("SET", value_bytes=16 << 10),), 1)


def grid():
    """Every combination: hours."""
    return tuple(
        Case(kind, clients, pipeline, value_bytes, at)
        for value_bytes, at, kind, clients, pipeline in itertools.product(
            (100, 1 << 10, 16 << 10), ("leader", "follower"), ("SET", "GET", "90:10"),
            (1, 50, 200), (1, 16)))


def varied(**lists):
    ((field, values),) = lists.items()
    return tuple(dataclasses.replace(case, **{field: value})
                 for value in values for case in BOTH)


def open_loop(shares):
    return tuple(Case("SET", pipeline=16, share=share) for share in shares)


def parts(size):
    """Of a run that is `quick`, `default` or `full`."""
    shares = (0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.25, 1.5, 2)
    two = ("holdfast-3", "redis-sync")
    if size == "quick":
        return [
            Part("compare", FOUR, CORE, 1),
            Part("nodes", ("holdfast-1", "holdfast-3", "holdfast-5"), BOTH, 1),
            Part("open", ("holdfast-3",), open_loop((0.5, 1, 2)), 1),
            PROFILE,
        ]
    full = size == "full"
    rounds, few = (5, 3) if full else (3, 2)
    six = FOUR + ("holdfast-5", "etcd-5")
    return [
        Part("compare", six if full else FOUR, grid() if full else CORE + MORE, rounds),
        Part("follower", ("holdfast-3", "etcd-3"), FOLLOWER, rounds),
        Part("five", ("holdfast-5", "etcd-5"), BOTH, rounds),
        Part("nodes", ("holdfast-1", "holdfast-3", "holdfast-5", "holdfast-7"), BOTH, few),
        Part("values", two, varied(value_bytes=(10, 100, 1 << 10, 10 << 10, 100 << 10, 1 << 20)),
             few),
        Part("keys", two, varied(keys_wanted=(10_000, 100_000, 1_000_000, 10_000_000)), few),
        Part("clients", two, varied(clients=(1, 10, 100, 1_000, 10_000)), few),
        Part("open", ("holdfast-3", "redis-sync", "etcd-3"), open_loop(shares), 1),
        PROFILE,
    ]
