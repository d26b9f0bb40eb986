"""Compares Holdfast with etcd and Redis. scripts/bench installs and builds what this needs."""

import argparse
import contextlib
import dataclasses
import os
import re
import resource
import shlex
import signal
import sys
import tempfile

sys.dont_write_bytecode = True

import cases
import machine
import page
import results
from load import Loads
from measuring import Measuring
from summary import summarize
from systems import TREE
from tables import for_terminal

FILES = 16_384  # that a process may have open: clients, and what a server has besides

EPILOG = """parts: compare, follower, five, nodes, values, keys, clients, open, profile
systems: holdfast-1, -3, -5, -7, etcd-1, -3, -5, -7, redis-sync, redis-memory

Everything is on loopback, with ports from the kernel and in temporary folders."""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Compares Holdfast with etcd and Redis, side by side.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick",
                      help="two minutes instead of twenty")
    size.add_argument("--full", dest="size", action="store_const", const="full",
                      help="every combination: many hours")
    parser.add_argument("--parts", help="only these, with commas")
    parser.add_argument("--systems", help="only these, or others than a part has, with commas")
    parser.add_argument("--cases", metavar="REGEX", help="only those whose names have this")
    parser.add_argument("--list", action="store_true", help="what would be measured")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--seconds", type=float, metavar="N", help="of a measurement")
    parser.add_argument("--tries", type=int, metavar="N", default=2,
                        help="of a measurement that other work disturbs; 2 if not given")
    parser.add_argument("--data", metavar="DIR", help="where servers have their folders")
    parser.add_argument("--out", metavar="DIR", default=os.path.join(TREE, "build", "bench"),
                        help="for the page, the plots and the numbers; build/bench if not given")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks.md instead")
    parser.add_argument("--report", metavar="FILE", nargs="+",
                        help="measure nothing: of these results.json together, each part of the "
                        "last that has it")
    parser.add_argument("--note", metavar="TEXT", default="",
                        help="for the page, on what it was like")
    parser.add_argument("--binary", metavar="FILE", help="the holdfast to measure",
                        default=os.path.join(TREE, "build", "release", "holdfast"))
    parser.set_defaults(size="default")
    return parser.parse_args(arguments)


def chosen(options):
    """The parts that are wanted, with what is wanted of them."""
    names = options.parts.split(",") if options.parts else None
    systems = tuple(options.systems.split(",")) if options.systems else None
    for part in cases.parts(options.size):
        if names and part.name not in names:
            continue
        kept = tuple(case for case in part.cases if re.search(options.cases or "", case.name))
        if kept:
            # What is profiled is Holdfast.
            replaced = systems if systems and part.name != "profile" else part.systems
            yield dataclasses.replace(part, cases=kept, systems=replaced,
                                      rounds=options.rounds or part.rounds)


def allow_many_connections():
    """For servers and loads, which inherit it; more than it may be takes a privilege."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = max(most, FILES)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def measure(options, folder):
    parts = list(chosen(options))
    if not parts:
        raise SystemExit("bench: nothing is left to measure; see scripts/bench --list")
    # So that servers end and folders are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.data:
        tempfile.tempdir = os.path.abspath(options.data)
    allow_many_connections()
    data = tempfile.gettempdir()
    if machine.file_system(data) == "tmpfs":
        raise SystemExit(f"bench: {data} is in memory, where syncing costs nothing; see --data")
    seconds = options.seconds or {"quick": 1, "default": 2, "full": 5}[options.size]
    loads = Loads(os.path.join(TREE, "build", "release", "bench", "bench_load"), seconds)
    described = machine.describe(options.binary, data)
    measuring = Measuring(loads, os.path.abspath(options.binary), parts, folder,
                          options.tries)
    measuring.run()
    return {"command": shlex.join(["scripts/bench", *sys.argv[1:]]), "machine": described,
            "failures": measuring.failures, "profiles": measuring.profiles,
            "found": measuring.found}


def main():
    options = parse(sys.argv[1:])
    if options.list:
        for part in chosen(options):
            print(f"{part.name}: {', '.join(part.systems)}; {part.rounds} rounds")
            print("".join(f"  {case.name}\n" for case in part.cases), end="")
        return
    docs = os.path.join(TREE, "docs")
    target = os.path.join(docs if options.publish else options.out, "benchmarks.md")
    folder = os.path.join(os.path.dirname(target), "benchmarks")
    os.makedirs(folder, exist_ok=True)
    result = results.read(options.report, folder) if options.report else measure(options, folder)
    if not result["found"] and not result["profiles"]:
        raise SystemExit("bench: nothing was measured: " + "; ".join(result["failures"]))
    print(for_terminal(summarize(result["found"])))
    from plots import draw  # it takes a while, and --help and --list don't need it

    page.write(result, target, folder, draw, options.note)
    print(f"\nwritten: {os.path.relpath(target)}")


if __name__ == "__main__":
    main()
