#!/usr/bin/python3
"""What scripts/bench makes of measurements: ratios, tables, the page, the plots."""

import importlib.util
import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench", "compare"))
sys.dont_write_bytecode = True

import dataclasses

import aims
import flame
import machine
import page
import results
from cases import Case, Part, parts, size_name
from load import Failed, Loads, output_of
from measuring import Measuring, grouped
from profiling import name_of, without_arguments
from summary import OURS, find, summarize, summarize_profiles
from tables import for_terminal, open_loop, overview

SET = Case("SET")


def measured(system, rates, case=SET, part="compare", **more):
    return [{"part": part, "system": system, "round": number, "case": dataclasses.asdict(case),
             "rate": rate, "p50": 1, "p99": 2, "cpu_per_million": 20, "memory_bytes": 1e6,
             "elections": 0, "errors": 0, "others": 0.1, **more}
            for number, rate in enumerate(rates)]


def result(found):
    machine = {"date": "2026-01-02", "processor": "P", "cores": 2, "memory_bytes": 8e9,
               "system": "S", "file_system": "ext4", "sync_ms": 0.5,
               "versions": {"holdfast": "H", "etcd": "E", "redis": "R"}}
    return {"command": "scripts/bench --all", "machine": machine, "failures": ["a load broke"],
            "profiles": [{"name": "SET", "flame": "flame-set.svg", "operations_per_entry": entry,
                          "entries_per_sync": 2, "syncs_per_second": 800,
                          "calls": 4, "switches": 1, "faults": 0} for entry in (30, 34.5, 90)]
            + [{"name": "SET", "bytes_per_sync": 5000, "allocations": 9, "bytes_copied": 1500}],
            "found": found}


def everything():
    """Something of each part that has rates."""
    found = []
    for part in parts("default"):
        if part.name == "profile":
            continue
        for case in part.cases:
            for number, system in enumerate(part.systems):
                found += measured(system, [1000 + 100 * number] * 2, case, part.name,
                                  p999=3, offered_rate=1000 * case.share, most_rate=1000, unsent=0)
    return found


class Summary(unittest.TestCase):
    def test_ratios_are_of_a_round_and_then_their_median(self):
        rows = summarize(measured(OURS, [100, 300, 50]) + measured("etcd-3", [10, 100, 10]))
        ratio = find(rows, "etcd-3", SET).ratio
        self.assertEqual((ratio.median, ratio.least, ratio.most), (5, 3, 10))
        self.assertIsNone(find(rows, OURS, SET).ratio)

    def test_a_round_without_the_other_has_no_ratio(self):
        rows = summarize(measured(OURS, [100]) + measured("redis-sync", [50, 1]))
        self.assertEqual(find(rows, "redis-sync", SET).ratio.most, 2)
        self.assertIsNone(summarize(measured("redis-sync", [1]))[0].ratio)

    def test_etcd_is_compared_with_as_many_nodes(self):
        rows = summarize(measured("holdfast-5", [80]) + measured(OURS, [100])
                         + measured("etcd-5", [10]))
        self.assertEqual(find(rows, "etcd-5", SET).ratio.median, 8)

    def test_elections_and_errors_are_added_up_and_shown(self):
        rows = summarize(measured(OURS, [1, 1], elections=2, errors=1))
        self.assertEqual((rows[0].elections, rows[0].errors), (4, 2))
        self.assertIn("4 elections!", for_terminal(rows))
        self.assertIn("2 errors!", for_terminal(rows))
        self.assertIn("There were 4", page.elections(rows))


class Aims(unittest.TestCase):
    def test_where_it_is_behind_is_listed_the_worst_first(self):
        rows = summarize(measured(OURS, [100]) + measured("redis-sync", [200])
                         + measured("redis-memory", [400]) + measured("etcd-3", [10]))
        rows += summarize(measured(OURS, [90], Case("GET"))
                          + measured("redis-sync", [1000], Case("GET")))
        self.assertEqual(aims.behind(rows),
                         "- redis-memory: 0.25 (SET, 50 clients)\n"
                         "- redis-sync: 0.09 (GET, 50 clients); 0.50 (SET, 50 clients)")

    def test_an_aim_is_reached_or_not(self):
        rows = summarize(measured(OURS, [100]) + measured("etcd-3", [10])
                         + measured("redis-sync", [101]))
        verdicts = {line[0]: line[3] for line in aims.ratios(rows)}
        self.assertEqual(verdicts["SET, 50 clients: times etcd-3"], "reached")
        self.assertEqual(verdicts["SET, 50 clients: times redis-sync"], "**not reached**")

    def test_what_was_not_measured_is_no_aim(self):
        self.assertEqual(list(aims.ratios([])) + list(aims.absolutes([])), [])


class Cases(unittest.TestCase):
    def test_large_values_have_fewer_keys(self):
        self.assertEqual(SET.keys, 100_000)
        self.assertEqual(Case("SET", value_bytes=16 << 10).keys, 4096)
        self.assertEqual(Case("SET", keys_wanted=10_000_000).keys, 10_000_000)

    def test_cases_with_the_same_data_are_together(self):
        large = Case("SET", value_bytes=1024)
        self.assertEqual(grouped([SET, large, Case("GET")]), [[SET, Case("GET")], [large]])

    def test_every_part_has_names_that_differ(self):
        for size in ("quick", "default", "full"):
            for part in parts(size):
                names = [case.name for case in part.cases]
                self.assertEqual(len(set(names)), len(names))

    def test_redis_benchmark_does_neither_mixes_nor_rates(self):
        class Resp:
            speaks_etcd = False
        timed = [Loads.is_timed(Resp, case)
                 for case in (SET, Case("90:10"), Case("SET", share=0.5))]
        self.assertEqual(timed, [False, True, True])


    def test_sizes_have_the_largest_unit_that_is_whole(self):
        self.assertEqual([size_name(size) for size in (10, 1000, 1 << 10, 1500, 100 << 10, 1 << 20)],
                         ["10 B", "1,000 B", "1 KiB", "1,500 B", "100 KiB", "1 MiB"])

    def test_what_does_not_fit_into_memory_is_skipped_with_the_reason(self):
        class Idle:
            name = "idle"

            def pids(self):
                return [1, 2, 3]

            def memory_bytes(self):
                return 0

        keys = machine.free_memory_bytes() // 300 // 3
        huge = Case("SET", keys_wanted=keys)
        measuring = Measuring(None, "", [], "", 1)  # no load: it would fail
        measuring.note = lambda text: None
        measuring.measure_group(Part("keys", ("idle",), (huge,), 1), [huge], [Idle()])
        self.assertRegex(measuring.failures[0], rf"^keys, {keys:,} keys: .* GB of memory")


class Together(unittest.TestCase):
    def test_each_part_is_of_the_last_that_has_it(self):
        first, last = result(measured(OURS, [1, 2]) + measured(OURS, [3], part="keys")), result(
            measured(OURS, [4], part="keys") + measured(OURS, [5], part="values"))
        last |= {"command": "scripts/bench --parts keys,values", "profiles": []}
        one = results.together([first, last])
        self.assertEqual([(row["part"], row["rate"]) for row in one["found"]],
                         [("compare", 1), ("compare", 2), ("keys", 4), ("values", 5)])
        self.assertEqual(one["command"],
                         "scripts/bench --all` and `scripts/bench --parts keys,values")
        self.assertEqual(one["profiles"], first["profiles"])
        self.assertEqual(one["machine"], first["machine"] | {"sync_ms": "0.5"})

    def test_what_differs_between_the_machines_is_named(self):
        last = result([])
        last["machine"]["sync_ms"] = 0.7
        last["machine"]["versions"]["holdfast"] = "I"
        text = page.text_of(results.together([result(everything()), last]))
        self.assertIn("takes 0.5, 0.7 ms", text)
        self.assertIn("| Holdfast | H, I |", text)

    def test_pictures_come_along(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            with open(one + "/flame-set.svg", "w") as file:
                file.write("<svg/>")
            with open(one + "/results.json", "w") as file:
                file.write(page.as_json(result(everything())))
            again = results.read([one + "/results.json"] * 2, other)
            self.assertEqual(os.listdir(other), ["flame-set.svg"])
            self.assertEqual(len(again["found"]), len(everything()))


class Page(unittest.TestCase):
    def test_everything_is_on_it(self):
        text = page.text_of(result(everything()), "It was loud.")
        for wanted in ("scripts/bench --all", "2026-01-02", "Where Holdfast is behind",
                       "at a follower", "5 nodes", "p99.9", "1,000,000 keys", "RedisRaft", "It was loud.",
                       "- a load broke", "| SET | 34.5 | 2.00 | 5,000 | 800 | 4.00 | 1.00 | 0.00 | "
                       "9.00 | 1,500 | [picture](benchmarks/flame-set.svg) |"):
            self.assertIn(wanted, text)

    def test_numbers_survive_their_file(self):
        canned = result(everything())
        again = json.loads(page.as_json(canned))
        self.assertEqual(page.text_of(again), page.text_of(canned))

    def test_a_part_that_was_not_measured_is_left_out(self):
        text = page.text_of(result(measured(OURS, [1])))
        self.assertNotIn("Offered more", text)
        self.assertNotIn("What grows", text)
        self.assertNotIn("is behind", text)

    def test_a_profile_is_a_page_by_itself(self):
        text = page.text_of(result([]))
        self.assertIn("Where the time goes", text)
        self.assertNotIn("Ratios, and what", text)

    def test_overview_has_a_line_for_a_case_and_a_column_for_a_system(self):
        rows = summarize(measured(OURS, [100]) + measured("etcd-3", [8]))
        self.assertEqual(overview(rows).split("\n")[2:],
                         ["| SET, 50 clients | **100** | 8.00 (12.5) |"])

    def test_an_open_loop_shows_what_was_offered(self):
        rows = summarize(measured(OURS, [70], Case("SET", share=2), "open", p999=9,
                                  offered_rate=140, most_rate=70, unsent=5))
        self.assertEqual(open_loop(rows).split("\n")[2],
                         "| holdfast-3 | 2 | 140 | 70.0 | 1.00 | 2.00 | 9.00 | 0 |")


class Profile(unittest.TestCase):
    def test_a_workload_has_one_row_with_medians_of_what_was_measured(self):
        rows = summarize_profiles([{"name": "SET", "flame": "a.svg", "calls": 1, "faults": None},
                                   {"name": "GET", "calls": 2},
                                   {"name": "SET", "flame": "a.svg", "calls": 5},
                                   {"name": "SET", "allocations": 7}])
        self.assertEqual(rows, [{"name": "SET", "flame": "a.svg", "calls": 3, "allocations": 7},
                                {"name": "GET", "calls": 2}])

    def test_what_can_not_be_counted_leaves_its_columns_empty(self):
        text = page.profiles([{"name": "GET", "allocations": 7}])
        self.assertEqual(text.split("\n")[-3], "| GET |  |  |  |  |  |  |  | 7.00 |  |  |")

    def test_a_program_that_is_missing_is_a_failure_with_its_name(self):
        with self.assertRaisesRegex(Failed, "no holdfast-no-perf"):
            output_of(["holdfast-no-perf", "stat"])

    def test_names_lose_their_arguments(self):
        for name, short in (
                ("holdfast::kv::do_set(holdfast::kv::State&, int)", "holdfast::kv::do_set"),
                ("void boost::asio::post<A, B>(C<D>&&)", "boost::asio::post"),
                ("holdfast::(anonymous namespace)::run(int)", "holdfast::run"),
                ("fdatasync", "fdatasync")):
            self.assertEqual(without_arguments(name), short)

    def test_the_kernels_functions_are_marked(self):
        self.assertEqual(name_of("\tffffffff8 do_fsync ([kernel.kallsyms])"),
                         "do_fsync_[k]")
        self.assertIsNone(name_of("   0 [unknown] ([unknown])"))

    def test_a_name_is_cut_at_its_front_first(self):
        for letters, text in ((99, "kv::State::set"), (10, "State::set"), (9, "set"), (2, "s…")):
            self.assertEqual(flame.fitting("holdfast::kv::State::set", letters), text)

    def test_a_flame_graph_shows_shares_and_leaves_out_what_is_narrow(self):
        root = flame.Frame()
        for _ in range(999):
            root.add(["leader", "holdfast::a"])
        root.add(["leader", "b"])
        with tempfile.TemporaryDirectory() as folder:
            flame.draw(root, "SET", folder + "/f.svg")
            with open(folder + "/f.svg") as file:
                text = file.read()
        self.assertIn("<title>holdfast::a: 99.9%</title>", text)
        self.assertIn("<title>leader: 100.0%</title>", text)
        self.assertNotIn("<title>b", text)


@unittest.skipUnless(importlib.util.find_spec("matplotlib"), "matplotlib is not installed")
class Plots(unittest.TestCase):
    def test_ticks_are_short(self):
        from plots import short

        self.assertEqual([short(value) for value in (0.5, 1, 999, 20_000, 1e7)],
                         ["0.5", "1", "999", "20k", "10M"])

    def test_an_axis_ends_at_ticks_around_all_values(self):
        from plots import edges

        self.assertEqual(edges([11, 27, 6.2]), (5, 50))
        self.assertEqual(edges([0.5, 2]), (0.5, 2))

    def test_the_same_numbers_make_the_same_files(self):
        from plots import draw

        rows = summarize(everything())
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            names = draw(rows, one)
            self.assertEqual(names, ["rates.svg", "open.svg", "scaling.svg"])
            self.assertEqual(draw(rows, other), names)
            for name in names:
                with open(os.path.join(one, name)) as a, open(os.path.join(other, name)) as b:
                    self.assertEqual(a.read(), b.read())


if __name__ == "__main__":
    unittest.main()
