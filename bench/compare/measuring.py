"""Takes turns among the systems, case by case and round by round."""

import contextlib
import dataclasses
import random
import sys
import time

import machine
import systems
from load import Failed
from processor import Watch
from profiling import profile

# A measurement during which other work took more of the processors is done again, and the one that
# was disturbed least is kept: whatever its result.
OTHERS_MAX = 0.2


class Measuring:
    def __init__(self, loads, binary, parts, folder, tries):
        self.loads = loads
        self.binary = binary
        self.parts = parts
        self.folder = folder  # for pictures
        self.tries = tries
        self.found = []
        self.profiles = []
        self.frames = {}  # of the profiles, by case
        self.failures = []
        self.begin = time.monotonic()
        self.steps = sum(len(part.cases) * len(part.systems) * part.rounds for part in parts)
        self.step = 0

    def run(self):
        """All parts, or those until someone interrupts it."""
        try:
            for part in self.parts:
                self.measure_part(part)
        except KeyboardInterrupt:
            self.failures.append(f"interrupted after {self.step} of {self.steps} measurements")

    def measure_part(self, part):
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(systems.make(name, self.binary))
                       for name in part.systems]
            for group in grouped(part.cases):
                self.measure_group(part, group, running)

    def measure_group(self, part, cases, running):
        try:
            self.fill(cases[0], running)
        except Failed as failure:
            self.fail(f"{part.name}, {cases[0].keys:,} keys: {failure}")
            self.step += part.rounds * len(cases) * len(running)
            return
        for number in range(part.rounds):
            for case in cases:
                # In another order each time: what one leaves behind, such as what a disk has yet
                # to write, falls to whoever is next.
                for system in random.sample(running, len(running)):
                    self.step += 1
                    if system.port(case.at) is not None:
                        self.try_to(self.profile if part.name == "profile" else self.measure,
                                    part, number, case, system)

    def fill(self, case, running):
        wanted = sum(len(system.pids()) for system in running) * case.memory_bytes
        free = machine.free_memory_bytes() + sum(system.memory_bytes() for system in running)
        if wanted > free:
            raise Failed(f"all nodes need about {wanted / 1e9:.0f} GB of memory for them, and "
                         f"{free / 1e9:.0f} are free")
        for system in running:
            self.note(f"filling {system.name} with {case.keys:,} keys")
            self.loads.fill(system, case)

    def try_to(self, do, part, number, case, system):
        try:
            do(part, number, case, system)
        except Failed as failure:
            self.fail(f"{case.name}, {system.name}: {failure}")

    def fail(self, text):
        self.failures.append(text)
        self.note(f"failed: {text}")

    def profile(self, part, number, case, system):
        self.profiles.append(profile(self.loads, case, system, self.folder, self.frames))
        self.note(f"profile of {case.name}, {system.name}")

    def measure(self, part, number, case, system):
        row = self.least_disturbed(case, system)
        self.found.append({"part": part.name, "system": system.name, "round": number,
                           "case": dataclasses.asdict(case), "name": case.name, **row})
        self.note(f"round {number + 1} {case.name}, {system.name}: {row['rate']:,.0f}/s"
                  + f", others {row['others']:.0%}" * (row["others"] > OTHERS_MAX))

    def least_disturbed(self, case, system):
        self.loads.calibrate(system, case)
        rows = []
        while not rows or rows[-1]["others"] > OTHERS_MAX and len(rows) < self.tries:
            rows.append(self.measure_once(case, system))
        return min(rows, key=lambda row: row["others"])

    def measure_once(self, case, system):
        elections = system.elections()
        watch = Watch(system)
        found = self.loads.measure(system, case)
        cpu, others = watch.stop()
        system.check()
        return found | {"cpu_per_million": cpu / found["operations"] * 1e6, "others": others,
                        "memory_bytes": system.memory_bytes(),
                        "elections": system.elections() - elections}

    def note(self, text):
        seconds = time.monotonic() - self.begin
        print(f"[{self.step:>4}/{self.steps}] {seconds:5.0f} s  {text}", file=sys.stderr,
              flush=True)


def grouped(cases):
    """Those that want the same data, in the order in which they are first."""
    groups = {}
    for case in cases:
        groups.setdefault((case.keys, case.value_bytes), []).append(case)
    return list(groups.values())
