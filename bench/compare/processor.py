"""What the processors were busy with."""

import os
import time


def busy_seconds():
    """Of all processors, since the start of the machine; what a hypervisor took away, too."""
    with open("/proc/stat") as file:
        user, nice, kernel, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + kernel + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    """Of the programs that this one ran and waited for: the load."""
    times = os.times()
    return times.children_user + times.children_system


class Watch:
    """From its making to stop(): processor seconds of a system, and the share of others."""

    def __init__(self, system):
        self.system = system
        self.begin = self.now()

    def now(self):
        return (time.monotonic(), busy_seconds(), children_seconds(), self.system.cpu_seconds())

    def stop(self):
        seconds, busy, load, mine = (end - begin for end, begin in zip(self.now(), self.begin))
        others = max(0, busy - load - mine) / (seconds * os.cpu_count())
        return mine, round(others, 3)
