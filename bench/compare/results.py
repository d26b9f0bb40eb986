"""Results of earlier runs, as if they were of one."""

import contextlib
import json
import os
import shutil


def read(names, folder):
    """From their files; their pictures go to the folder."""
    found = []
    for name in names:
        with open(name) as file:
            found.append(json.load(file))
        for picture in {row["flame"] for row in found[-1]["profiles"] if "flame" in row}:
            with contextlib.suppress(shutil.SameFileError):
                shutil.copy(os.path.join(os.path.dirname(name), picture), folder)
    return together(found)


def together(results):
    """Each part as it is in the last that has it: rounds of two runs make no ratio."""
    parts = {}
    for result in results:
        parts |= by_part(result["found"])
    profiles = [result["profiles"] for result in results if result["profiles"]]
    return {"command": "` and `".join(distinct(result["command"] for result in results)),
            "machine": machine_of([result["machine"] for result in results]),
            "failures": distinct(text for result in results for text in result["failures"]),
            "profiles": profiles[-1] if profiles else [],
            "found": [row for rows in parts.values() for row in rows]}


def by_part(found):
    parts = {}
    for row in found:
        parts.setdefault(row["part"], []).append(row)
    return parts


def machine_of(machines):
    """The last, with all that may differ between runs."""
    last = machines[-1]
    all_of = lambda values: ", ".join(distinct(map(str, values)))
    return last | {"date": all_of(machine["date"] for machine in machines),
                   "sync_ms": all_of(machine["sync_ms"] for machine in machines),
                   "versions": {name: all_of(machine["versions"][name] for machine in machines)
                                for name in last["versions"]}}


def distinct(values):
    return list(dict.fromkeys(values))
