"""Where the time goes in Holdfast: what it asks of the kernel for an operation, and flame graphs.

Counting and sampling are done by perf, which takes time itself: rates come from elsewhere."""

import os
import re
import subprocess
import tempfile

import flame
import systems

EVENTS = {"calls": "raw_syscalls:sys_enter", "syncs": "syscalls:sys_enter_fdatasync",
          "switches": "context-switches", "faults": "page-faults"}
SAMPLES_PER_SECOND = 499


def applied_index(system):
    status = systems.servers.ask(system.leader, "RAFT", "STATUS")
    return int(re.search(rb"\r\napplied_index\r\n:(\d+)\r\n", status)[1])


def profile(loads, case, system, folder):
    row = count(loads, case, system)
    row["name"], row["flame"] = case.name, f"flame-{file_name(case)}.svg"
    root = sample(loads, case, system)
    flame.draw(root, case.name, os.path.join(folder, row["flame"]))
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
    totals = {name: int(counts.get(event, "0")) if counts.get(event, "0").isdigit() else 0
              for name, event in EVENTS.items()}
    operations = found["operations"]
    return {"operations_per_entry": operations / entries if entries else None,
            "operations_per_sync": operations / totals["syncs"] if totals["syncs"] else None,
            "syncs_per_second": totals["syncs"] / loads.seconds,
            **{name: totals[name] / operations for name in ("calls", "switches", "faults")}}


def sample(loads, case, system):
    """All nodes' stacks: of the leader or of followers, and then function by function."""
    leader = system.leader_pid()
    root = flame.Frame()
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
    return root


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
