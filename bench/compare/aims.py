"""What Holdfast wants to reach, and where it is behind."""

from cases import Case
from summary import COMPARED, OURS, find
from tables import markdown, number

ONE, FIFTY, PIPELINED = Case("SET", 1), Case("SET"), Case("SET", pipeline=16)
READS, PIPELINED_READS = Case("GET"), Case("GET", pipeline=16)

# Three nodes, and Redis, on another machine with two cores: what counts is their ratio. Writes are
# compared with a Redis that syncs each, reads with one in memory, as no read waits for a disk.
REDISRAFT = ((ONE, 1_670, "redis-sync", 2_100), (FIFTY, 20_000, "redis-sync", 36_500),
             (PIPELINED, 27_900, "redis-sync", 147_000), (READS, 50_400, "redis-memory", 91_000),
             (PIPELINED_READS, 76_200, "redis-memory", 570_000))

AIMS = ((FIFTY, "etcd-3", 10), (READS, "etcd-3", 10), (ONE, "redis-sync", 1),
        (FIFTY, "redis-sync", 1), (PIPELINED, "redis-sync", 1))


def verdict(reached):
    return "reached" if reached else "**not reached**"


def ratios(rows):
    """Lines of a table: what, aim, measured, verdict."""
    for case, system, aim in AIMS:
        row = find(rows, system, case)
        if row and row.ratio:
            yield (f"{case.name}: times {system}", f"{aim}", number(row.ratio.median),
                   verdict(row.ratio.median >= aim))
    for case, theirs, system, redis in REDISRAFT:
        row = find(rows, system, case)
        if row and row.ratio:
            aim = 2 * theirs / redis
            yield (f"{case.name}: times {system}, twice what RedisRaft is", number(aim),
                   number(row.ratio.median), verdict(row.ratio.median >= aim))


def absolutes(rows):
    aims = ((ONE, "p50, ms", lambda row: row.p50.median, "at most", 0.3),
            (FIFTY, "a second", lambda row: row.rate.median, "at least", 45_000),
            (PIPELINED, "a second", lambda row: row.rate.median, "at least", 250_000),
            (READS, "a second", lambda row: row.rate.median, "at least", 85_000),
            (PIPELINED_READS, "a second", lambda row: row.rate.median, "at least", 500_000),
            (FIFTY, "CPU s per million", lambda row: row.cpu.median, "at most", 22))
    for case, what, value_of, bound, aim in aims:
        row = find(rows, OURS, case)
        if row:
            value = value_of(row)
            yield (f"{case.name}: {what}", f"{bound} {number(aim)}", number(value),
                   verdict(value <= aim if bound == "at most" else value >= aim))


def table(rows):
    return "\n".join(markdown(("aim", "", "measured", ""), [*ratios(rows), *absolutes(rows)]))


def behind(rows):
    """Where another system got more done in the same round, the worst first."""
    lost = [row for row in rows
            if row.part in COMPARED and row.ratio and row.ratio.median < 1]
    lost.sort(key=lambda row: row.ratio.median)
    systems = {}
    for row in lost:
        systems.setdefault(row.system, []).append(f"{number(row.ratio.median)} ({row.name})")
    return "\n".join(f"- {system}: {'; '.join(systems[system])}" for system in sorted(systems))
