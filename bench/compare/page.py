"""Writes the page of a run, with its plots and its numbers."""

import json
import os
import statistics
import string

import aims
from summary import COMPARED, find, summarize, summarize_profiles
from tables import details, markdown, number, open_loop, overview

HERE = os.path.dirname(os.path.abspath(__file__))

AIMS = """Ratios, and what was wished for on a quiet machine with two cores:

"""
RATES = """![Operations a second](benchmarks/rates.svg)

"""
OPEN = """### Offered more than it can do

An open loop: 50 clients that set keys at a fixed rate, however slow the answers are. Times are measured from when a request was *due*,
so that those count which had to wait until the client could send them. The rates go up to twice what the system got done in a closed
loop with as many clients and requests on their way. Beyond the maximum the line of what is served stays level if back-pressure works,
while what is due and can't be sent yet waits with the clients: so the times there are those of a queue that grows for as long as the run.

![Served and late, against offered](benchmarks/open.svg)

"""
SCALING = """### What grows with what

Processor time of all servers for a million operations of 50 clients, by the number of nodes, the size of a value, the number of keys
and the number of clients. That clients connect is part of it, which is seen where there are thousands, each with a few requests only.

![CPU by nodes, values, keys and clients](benchmarks/scaling.svg)

"""
PROFILE = """### Where the time goes

Holdfast, three nodes: what all of them together ask of the kernel and of memory for an operation, in the median of the rounds. Watching
slows them down, so there are no rates here. All commands that arrive in one turn of the leader's loop make one entry of the log, and
what waits for the log is written and synced at once: entries and bytes per sync are a node's. The bytes are all that is written to the
log, with the zeros that are laid ahead of it, so that a sync changes no file size. `perf` counts what is asked of the kernel. Allocations and
bytes copied in user space are counted by `bench/counts`, loaded into other servers: calls of `malloc` and its kin, of `memcpy` and
`memmove`. It does not see what the compiler made instructions of, which are copies of few bytes, nor what the kernel copies. The flame
graphs show all nodes' processor time by function, in all rounds, the kernel's in blue. What a step takes by itself is found by
[micro-benchmarks](../CONTRIBUTING.md#micro-benchmarks).

"""


def redisraft(rows):
    lines = []
    for case, theirs, system, redis in aims.REDISRAFT:
        row = find(rows, system, case)
        ours = number(row.ratio.median) if row and row.ratio else ""
        lines.append((case.name, number(theirs), f"{number(redis)} ({system})",
                      number(theirs / redis), ours))
    return "\n".join(markdown(("", "RedisRaft /s", "Redis /s", "ratio there", "Holdfast's here"),
                              lines))


def elections(rows):
    count = sum(row.elections for row in rows)
    runs = len(rows)
    return f"There were {count:g} in all {runs} rows." if count else "There was none."


def behind(rows):
    lines = aims.behind(rows)
    if not lines:
        return ""
    return ("**Where Holdfast is behind**, and what it gets done of what the other system does in "
            f"the same round:\n\n{lines}\n\n")


def failures(result):
    lines = "".join(f"- {failure}\n" for failure in result["failures"])
    return f"**What failed** and is missing below:\n\n{lines}\n" if lines else ""


def profiles(found):
    if not found:
        return ""
    columns = {"operations_per_entry": "operations per entry",
               "entries_per_sync": "entries per sync", "bytes_per_sync": "bytes per sync",
               "syncs_per_second": "syncs /s", "calls": "system calls",
               "switches": "context switches", "faults": "page faults",
               "allocations": "allocations", "bytes_copied": "bytes copied"}
    lines = []
    for row in summarize_profiles(found):
        picture = f"[picture](benchmarks/{row['flame']})" if "flame" in row else ""
        lines.append((row["name"], *(number(row[column]) if column in row else ""
                                     for column in columns), picture))
    return PROFILE + "\n".join(markdown(("", *columns.values(), "flame graph"), lines)) + "\n\n"


def others(rows):
    if not rows:
        return "a share that was not watched"
    shares = sorted(row.others for row in rows)
    return (f"at most {statistics.median(shares):.0%} of the processors in half of the rows, and "
            f"{shares[-1]:.0%} in one")


def folded(title, text):
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>\n"


def section(rows, text, table, *parts):
    wanted = [row for row in rows if row.part in parts]
    return text + table(wanted) + "\n" if wanted else ""


def compared(rows):
    """Overview and details."""
    fold = lambda wanted: folded("Times, processor, memory, spread", details(wanted))
    return (section(rows, RATES, overview, *COMPARED) + "\n"
            + section(rows, "", fold, *COMPARED))


def text_of(result, note=""):
    rows = summarize(result["found"])
    machine = result["machine"]
    with open(os.path.join(HERE, "page.template")) as file:
        template = string.Template(file.read())
    return template.substitute(
        machine["versions"], command=result["command"], date=machine["date"],
        processor=machine["processor"], cores=machine["cores"], system=machine["system"],
        memory=round(machine["memory_bytes"] / 1e9), file_system=machine["file_system"],
        sync_ms=machine["sync_ms"], elections=elections(rows),
        aims=AIMS + aims.table(rows) + "\n\n" if rows else "", behind=behind(rows) + failures(result),
        others=others(rows), note=note and f" {note}", compare=compared(rows),
        open=section(rows, OPEN, open_loop, "open"),
        scaling=section(rows, SCALING, lambda wanted: folded("As numbers", details(wanted)),
                        "nodes", "values", "keys", "clients"),
        profiles=profiles(result["profiles"]), redisraft=redisraft(rows))


def write(result, page, folder, draw, note):
    """The page, and in the folder its plots (by `draw`) and results.json."""
    with open(os.path.join(folder, "results.json"), "w") as file:
        file.write(as_json(result))
    draw(summarize(result["found"]), folder)
    with open(page, "w") as file:
        file.write(text_of(result, note))


def as_json(result):
    """One measurement a line."""
    head = {name: value for name, value in result.items() if name != "found"}
    lines = ",\n".join(json.dumps(row) for row in result["found"])
    return json.dumps(head, indent=1)[:-2] + f',\n "found": [\n{lines}\n]}}\n'
