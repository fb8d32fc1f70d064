#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What many watches cost: loading 1,000 rules and 500 watches, and judging an event that 1 to 500 of them are tried for.

    Benchmarks/watches.py [--program .build/release/ebpf-audit] [--rounds 5] [--replay-only DIRECTORY]

Events are captured once and replayed with other rules, so that the user side alone is measured. Wants root for the start and the
capture. A directory that an earlier run has left with --keep does for --replay-only.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import sides

COUNTS = [1, 10, 100, 500]
OPENS = 20_000


def watches(top, count, kind):
    """Watches of `kind` in other places than what is opened."""
    return "".join(f"-w {top}/{kind}/{number} -p rwa -k w{number}\n" for number in range(count))


def scene(top):
    """What is watched, and what is opened."""
    for number in range(max(COUNTS)):
        (top / "directory" / str(number)).mkdir(parents=True, exist_ok=True)
        (top / "file").mkdir(exist_ok=True)
        (top / "file" / str(number)).touch()
    (top / "opened/a/b/c").mkdir(parents=True, exist_ok=True)
    (top / "opened/a/b/c/file").touch()


def many(top):
    """1,000 rules and 500 watches."""
    rules = "".join(f"-a always,exit -F arch=b64 -S unlinkat -F uid={number} -k r{number}\n" for number in range(1000))
    return rules + watches(top, 250, "directory") + watches(top, 250, "file")


def start(top, wish):
    """Of each round: seconds until it says ready and CPU seconds used until then, with one rule and with many; seconds in which a running one
    takes the many in place of the one."""
    rules = top / "start.rules"
    few = "-a always,exit -F arch=b64 -S unlinkat -k one\n"
    times = []
    for _ in range(wish.rounds):
        row = []
        for text in (few, many(top)):
            rules.write_text(text)
            with sides.Product(top, rules, None) as side:
                row += [side.start_seconds, side.used() / 1e9]
        rules.write_text(few)
        with sides.Product(top, rules, None) as side:
            rules.write_text(many(top))
            begin = time.monotonic()
            subprocess.run([wish.program, "rules", "reload", "--pid", str(side.process.pid)], stdout=subprocess.DEVNULL, check=True)
            row.append(time.monotonic() - begin)
        times.append(row)
    return times


def capture(top, name, fields):
    """A file with OPENS openat of one file, and what rules with `fields` make events carry."""
    rules, file = top / f"{name}.rules", top / f"{name}.capture"
    rules.write_text(f"-a always,exit -F arch=b64 -S openat -F exit>=0 {fields}-k opened\n")
    load = f"import os\nfor _ in range({OPENS}): os.close(os.open('{top}/opened/a/b/c/file', os.O_RDONLY))"
    with sides.Product(top, rules, None, capture=file) as side:
        subprocess.run(["python3", "-c", load], check=True)
        side.settle()
    return file


def replay(wish, rules, file):
    """CPU time of a replay, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([wish.program, "replay", "--rules", rules, file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judging(top, wish, file, kind):
    """Median ns of an event for each number of watches; reading the rules is left out by a replay of none of the events."""
    empty = top / "empty.capture"
    content = file.read_bytes()
    empty.write_bytes(content[: int.from_bytes(content[8:12], "little")])
    costs = []
    for count in COUNTS:
        rules = top / "watches.rules"
        rules.write_text(watches(top, count, kind))
        rounds = [replay(wish, rules, file) - replay(wish, rules, empty) for _ in range(wish.rounds)]
        costs.append(statistics.median(rounds) / OPENS * 1e9)
    return costs


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=Path(__file__).parents[1] / ".build/release/ebpf-audit", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", type=Path, help="leave captures and rules here")
    options.add_argument("--replay-only", type=Path, metavar="DIRECTORY", help="captures that --keep has left")
    wish = options.parse_args()
    sides.Product.program = wish.program
    own = tempfile.TemporaryDirectory()
    top = wish.replay_only or wish.keep or Path(own.name)
    scene(top)
    if not wish.replay_only:
        few, few_cpu, wall, cpu, reload = (statistics.median(x) for x in zip(*start(top, wish)))
        print(f"start until ready, one rule: {few:.2f} s, CPU time {few_cpu:.2f} s")
        print(f"start until ready, 1,000 rules and 500 watches: {wall:.2f} s, CPU time {cpu:.2f} s; read by a running one: {reload:.2f} s")
        capture(top, "named", "")
        capture(top, "told", f"-F dir={top} ")
    print("an openat that none of the watches is about, ns of CPU time by their number: " + ", ".join(map(str, COUNTS)))
    for name, what in [("named", "judged by name"), ("told", "judged by inode")]:
        for kind in ["directory", "file"]:
            costs = judging(top, wish, top / f"{name}.capture", kind)
            print(f"  {what}, watches of a {kind}: " + ", ".join(f"{x:.0f}" for x in costs))


if __name__ == "__main__":
    main()
