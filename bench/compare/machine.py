"""Where and with what it was measured."""

import datetime
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time

from systems import TREE

SYNCS = 200


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=TREE)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout or done.stderr).strip().split("\n")[0]


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    return found[1] if found else platform.machine()


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def free_memory_bytes():
    """That programs can have without taking any from others."""
    with open("/proc/meminfo") as file:
        return int(re.search(r"^MemAvailable:\s*(\d+) kB$", file.read(), re.M)[1]) << 10


def file_system(folder):
    done = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True)
    return done.stdout.split()[-1]


def sync_ms(folder):
    """The median of appending a page to a file and fdatasync."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            begin = time.monotonic()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - begin)
    return statistics.median(times) * 1e3


def describe(binary, folder):
    with open("/etc/os-release") as file:
        name = re.search(r'^PRETTY_NAME="?([^"\n]*)', file.read(), re.M)[1]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_bytes": memory_bytes(),
        "system": f"{name}, Linux {platform.release()}",
        "file_system": file_system(folder),
        "sync_ms": round(sync_ms(folder), 3),
        "versions": {
            "holdfast": first_line([binary, "--version"]) + " at "
            + first_line(["git", "describe", "--always", "--dirty", "--abbrev=10"]),
            "etcd": first_line(["etcd", "--version"]).split(":")[-1].strip(),
            "redis": re.sub(r".* v=(\S+) .*", r"\1", first_line(["redis-server", "--version"])),
        },
    }
