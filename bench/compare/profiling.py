"""Where the time goes in Holdfast: what an operation asks of the kernel and of memory, flame graphs.

Counting and sampling take time themselves: rates come from elsewhere."""

import os
import re
import subprocess
import tempfile

import flame
import systems
from load import Failed

EVENTS = {"calls": "raw_syscalls:sys_enter", "syncs": "syscalls:sys_enter_fdatasync",
          "switches": "context-switches", "faults": "page-faults"}
SAMPLES_PER_SECOND = 499


def applied_index(system):
    status = systems.servers.ask(system.leader, "RAFT", "STATUS")
    return int(re.search(rb"\r\napplied_index\r\n:(\d+)\r\n", status)[1])


def profile(loads, case, system, folder, frames):
    """What this system can tell: one counts by itself, others are watched by perf.

    `frames` has the stacks of earlier rounds, by case: a second has a few hundred samples.
    """
    if isinstance(system, systems.CountedHoldfast):
        return {"name": case.name, **count_in_user_space(loads, case, system)}
    row = {"name": case.name, "flame": f"flame-{file_name(case)}.svg",
           **count(loads, case, system)}
    root = frames.setdefault(case, flame.Frame())
    sample(loads, case, system, root)
    flame.draw(root, f"{case.name}: {root.count:,} samples", os.path.join(folder, row["flame"]))
    return row


def file_name(case):
    return re.sub(r"[^a-z0-9]+", "-", case.name.lower())


def pids(system):
    return ",".join(map(str, system.pids()))


def count(loads, case, system):
    """For an operation, of all nodes together."""
    with tempfile.NamedTemporaryFile(mode="r") as file:
        entries = applied_index(system)
        found = loads.timed(system, case, loads.seconds, under=(
            "perf", "stat", "-x,", "-o", file.name, "-e", ",".join(EVENTS.values()),
            "-p", pids(system), "--"))
        entries = applied_index(system) - entries
        counts = {line.split(",")[2]: line.split(",")[0] for line in file if line.count(",") > 2}
    for event in EVENTS.values():
        if not counts.get(event, "").isdigit():
            raise Failed(f"perf does not count {event}")
    totals = {name: int(counts[event]) for name, event in EVENTS.items()}
    operations, syncs = found["operations"], totals["syncs"]
    return {"operations_per_entry": ratio(operations, entries),
            "entries_per_sync": ratio(entries * len(system.pids()), syncs),
            "syncs_per_second": syncs / loads.seconds,
            **{name: totals[name] / operations for name in ("calls", "switches", "faults")}}


def count_in_user_space(loads, case, system):
    """For an operation, of all nodes together."""
    try:
        before = system.counts()
    except OSError:
        raise Failed("no allocations and copies are counted without bench_counts") from None
    operations = loads.timed(system, case, loads.seconds)["operations"]
    more = {name: count - before[name] for name, count in system.counts().items()}
    return {"bytes_per_sync": ratio(more["bytes_logged"], more["log_syncs"]),
            **{name: more[name] / operations for name in ("allocations", "bytes_copied")}}


def ratio(count, of):
    """Nothing where there was none of both, as reads write nothing."""
    return count / of if count and of else None


def sample(loads, case, system, root):
    """Adds all nodes' stacks: of the leader or of followers, and then function by function."""
    leader = system.leader_pid()
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "perf.data")
        loads.timed(system, case, loads.seconds, under=(
            "perf", "record", "-q", "-o", data, "-F", str(SAMPLES_PER_SECOND), "-e", "cpu-clock",
            "-g", "-p", pids(system), "--"))
        script = subprocess.run(["perf", "script", "-i", data, "-F", "pid,ip,sym,dso"],
                                capture_output=True, text=True, check=True, errors="replace")
    for stack in script.stdout.split("\n\n"):
        head, *frames = stack.strip().split("\n")
        if frames:
            role = "leader" if int(head) == leader else "followers"
            root.add([role, *filter(None, map(name_of, reversed(frames)))])


def name_of(line):
    """A function's name without its arguments; the kernel's are marked."""
    found = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
    if not found or found[1] == "[unknown]":
        return None
    if found[2].startswith("["):
        return found[1] + "_[k]"
    return without_arguments(found[1])


def without_arguments(name):
    """Of a name as C++ writes it; what stands in < > or ( ) goes, however deep."""
    kept, depth = [], 0
    for letter in re.sub(r"operator(\(\)|<<?|>>?|->)|\(anonymous namespace\)::", "", name):
        depth += letter in "<("
        if depth == 0:
            kept.append(letter)
        depth -= letter in ">)" and depth > 0
    return "".join(kept).removesuffix(" const").split(" ")[-1] or name
