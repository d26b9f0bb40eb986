#!/usr/bin/python3
"""What a node of Holdfast that counts itself says of writes whose size is known.

usage: tests/bench/counts_test.py HOLDFAST BENCH_COUNTS
"""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench", "compare"))
sys.dont_write_bytecode = True

import systems
from load import Failed
from profiling import count_in_user_space

HOLDFAST, BENCH_COUNTS = map(os.path.abspath, sys.argv[1:3])
VALUE = b"v" * 100_000
WRITES = 20


class Counts(unittest.TestCase):
    def test_writes_allocate_copy_and_are_logged_with_a_sync_each(self):
        with systems.CountedHoldfast("counted-1", HOLDFAST, 1, BENCH_COUNTS) as system:
            before = system.counts()
            for _ in range(WRITES):
                self.assertEqual(systems.servers.ask(system.leader, "SET", "k", VALUE), b"+OK\r\n")
            after = system.counts()
        more = {name: after[name] - before[name] for name in after}
        self.assertGreater(more["allocations"], WRITES)
        self.assertGreaterEqual(more["bytes_copied"], WRITES * len(VALUE))
        self.assertGreaterEqual(more["bytes_logged"], WRITES * len(VALUE))
        # More would mean that something else is counted, such as a snapshot's file.
        self.assertLess(more["bytes_logged"], 2 * WRITES * len(VALUE))
        self.assertGreaterEqual(more["log_syncs"], WRITES)
        self.assertLess(more["log_syncs"], 2 * WRITES)

    def test_without_the_counter_the_failure_says_so(self):
        with systems.CountedHoldfast("counted-1", HOLDFAST, 1, "") as system:
            with self.assertRaisesRegex(Failed, "without bench_counts"):
                count_in_user_space(None, None, system)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
