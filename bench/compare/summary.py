"""Medians, spreads, and ratios within a round."""

import collections
import dataclasses
import statistics

from cases import Case

OURS = "holdfast-3"
COMPARED = ("compare", "follower", "five")  # the parts whose point is the comparison


@dataclasses.dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        values = list(values)
        return cls(statistics.median(values), min(values), max(values))


@dataclasses.dataclass(frozen=True)
class Row:
    """What the rounds of one case came to with one system."""

    part: str
    case: Case
    system: str
    rate: Spread
    p50: Spread
    p99: Spread
    cpu: Spread  # seconds for a million operations
    memory_bytes: float
    elections: int
    errors: int
    others: float  # share of the processors, at most, that other work took
    ratio: Spread | None  # how many times this rate Holdfast has, in the same round
    extra: dict  # an open loop's p999, offered_rate and most_rate

    @property
    def name(self):
        return self.case.name


def ours_of(system):
    """The Holdfast that a system is compared with: with as many nodes, or else three."""
    kind, _, nodes = system.partition("-")
    return f"holdfast-{nodes}" if kind == "etcd" else OURS


def ratio_of(measured, system):
    ours = ours_of(system)
    rounds = [measured[ours][number]["rate"] / row["rate"]
              for number, row in measured[system].items()
              if system != ours and number in measured.get(ours, {})]
    return Spread.of(rounds) if rounds else None


def summarize(found):
    """The rows in the order in which they were measured first."""
    groups = collections.defaultdict(lambda: collections.defaultdict(dict))
    for row in found:
        groups[row["part"], Case(**row["case"])][row["system"]][row["round"]] = row
    return [summarize_one(part, case, system, measured)
            for (part, case), measured in groups.items() for system in in_order(measured)]


def in_order(names):
    kinds = ["holdfast", "etcd", "redis"]
    return sorted(names, key=lambda name: (kinds.index(name.split("-")[0]), name != "redis-sync",
                                           name))


def summarize_one(part, case, system, measured):
    rows = list(measured[system].values())
    spread = lambda name: Spread.of(row[name] for row in rows)
    ratio = ratio_of(measured, system) if not system.startswith("holdfast") else None
    extra = {name: statistics.median(row[name] for row in rows)
             for name in ("p999", "offered_rate", "most_rate", "unsent") if name in rows[0]}
    return Row(part, case, system, spread("rate"), spread("p50"), spread("p99"),
               spread("cpu_per_million"), max(row["memory_bytes"] for row in rows),
               sum(row["elections"] for row in rows), sum(row["errors"] for row in rows),
               max(row["others"] for row in rows), ratio, extra)


def summarize_profiles(found):
    """A row for each workload, with the medians of what its rounds have."""
    groups = {}
    for row in found:
        for name, value in row.items():
            if value is not None:
                groups.setdefault(row["name"], {}).setdefault(name, []).append(value)
    return [{name: values[-1] if isinstance(values[-1], str) else statistics.median(values)
             for name, values in group.items()} for group in groups.values()]


def find(rows, system, case, part="compare"):
    for row in rows:
        if (row.part, row.system, row.case) == (part, system, case):
            return row
    return None
