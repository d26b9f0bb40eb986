"""Runs a load generator on one system for one case."""

import dataclasses
import json
import os
import subprocess

from systems import HOST

CALIBRATION_SECONDS = 0.5
# On its way, of each client that fills a system: little of it would take long for many keys.
FILL_BYTES, FILL_REQUESTS_MAX = 64 << 10, 64
# Of the requests of a client, for runs that are counted and not timed.
LEAST_OF_A_CLIENT = 10


class Failed(Exception):
    """A load that broke off."""


class Loads:
    def __init__(self, bench_load, seconds):
        self.bench_load = bench_load
        self.seconds = seconds
        self.rates = {}  # of (name of a system, case)

    def fill(self, system, case):
        """Writes all keys of the case, unless they are there."""
        wanted = (case.keys, case.value_bytes)
        if system.filled != wanted:
            pipeline = max(1, min(FILL_REQUESTS_MAX, FILL_BYTES // case.value_bytes))
            self.run(system, case, "--fill", "--clients=50", f"--pipeline={pipeline}")
            system.filled = wanted

    def calibrate(self, system, case):
        """Finds out how much the system gets done, where that has to be known before."""
        key = system.name, dataclasses.replace(case, share=0)
        if key not in self.rates and (case.share or not self.is_timed(system, case)):
            seconds = self.seconds if case.share else CALIBRATION_SECONDS
            self.rates[key] = self.timed(system, case, seconds)["rate"]
        return self.rates.get(key)

    def measure(self, system, case):
        """Rate, times in milliseconds, operations, errors, and what measured them."""
        most = self.calibrate(system, case)
        if case.share:
            rate = round(case.share * most)
            found = self.timed(system, case, self.seconds, f"--rate={rate}")
            return found | {"offered_rate": rate, "most_rate": most}
        if self.is_timed(system, case):
            return self.timed(system, case, self.seconds)
        return self.redis_benchmark(system, case, round(most * self.seconds))

    @staticmethod
    def is_timed(system, case):
        """redis-benchmark does a number of requests, and neither mixes nor etcd."""
        return system.speaks_etcd or case.kind == "90:10" or case.share > 0

    def timed(self, system, case, seconds, *options, under=()):
        found = self.run(system, case, f"--clients={case.clients}", f"--pipeline={case.pipeline}",
                         f"--reads={case.read_percent}", f"--seconds={seconds}", *options,
                         under=under)
        keep = ("rate", "p50", "p99", "p999", "errors", "misses", "unsent")
        # What was asked and not yet answered at the end was worked for too.
        operations = found["offered"] - found["unsent"]
        return {name: found[name] for name in keep} | {"operations": operations,
                                                       "by": "bench_load"}

    def run(self, system, case, *options, under=()):
        command = [*under, self.bench_load, f"{HOST}:{system.port(case.at)}", f"--keys={case.keys}",
                   f"--value-bytes={case.value_bytes}", *options]
        if system.speaks_etcd:
            command.append("--etcd")
        return json.loads(output_of(command))

    def redis_benchmark(self, system, case, wanted):
        requests = max(wanted, case.clients * case.pipeline * LEAST_OF_A_CLIENT)
        lines = output_of([
            "redis-benchmark", "-h", HOST, "-p", str(system.port(case.at)), "--csv",
            "-t", case.kind.lower(), "-c", str(case.clients), "-P", str(case.pipeline),
            "-d", str(case.value_bytes), "-r", str(case.keys), "-n", str(requests)]).splitlines()
        names, values = ([text.strip('"') for text in line.split(",")] for line in lines[-2:])
        row = dict(zip(names, values))
        if row.get("test") != case.kind:
            raise Failed("redis-benchmark says: " + " ".join(lines))
        return {"rate": float(row["rps"]), "p50": float(row["p50_latency_ms"]),
                "p99": float(row["p99_latency_ms"]), "operations": requests,
                "errors": 0, "by": "redis-benchmark"}


def output_of(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    except FileNotFoundError:
        raise Failed(f"there is no {command[0]}") from None
    if done.returncode != 0:
        text = " ".join((done.stdout + done.stderr).split())
        raise Failed(f"{os.path.basename(command[0])} says: {text}")
    return done.stdout
