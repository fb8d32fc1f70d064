#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what watching costs: loads beside nothing, empty programs, a bare ring, ebpf-audit, and kernel audit with auditd.

Called by `make bench`; docs/performance.md says how to read the outcome. Sides take turns within each round, and ratios are taken
within a round, because only figures of one machine in one hour compare.
"""

import argparse
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import captures
import loads
import scale
import sides
from figures import Ratio, Spread, Targets, table

ROOT = Path(__file__).resolve().parents[1]
# Rounds of fork and execve alone for each round of all loads.
EXEC_ROUNDS = 6
STATISTICS = Path("/proc/sys/kernel/bpf_stats_enabled")


def say(text=""):
    print(text, flush=True)


class Bench:
    """One run: what was measured, and where."""

    def __init__(self, wish):
        self.wish = wish
        self.folder = Path(tempfile.mkdtemp(prefix="ebpf-audit-bench-", dir=wish.directory))
        self.folder.chmod(0o755)
        self.work = self.folder / "work"
        self.work.mkdir()
        shutil.copy(wish.build / "target", self.work / "target")
        shutil.chown(self.work, loads.USER, loads.USER)
        self.rules = {"selected": loads.SELECTED, "sustained": loads.SUSTAINED, "many": loads.many()}
        for name, text in self.rules.items():
            self.rules[name] = self.folder / f"{name}.rules"
            self.rules[name].write_text(text)
        # Without the fields that only ebpf-audit knows: the build's files are in none of the directories that they name.
        lines = (ROOT / "syscalls.rules").read_text().splitlines(keepends=True)
        self.rules["shipped"] = self.folder / "shipped.rules"
        self.rules["shipped"].write_text("".join(line for line in lines if " -F x-" not in line))
        sides.Product.program = wish.program
        self.missing = {}
        self.raw = []

    def side(self, kind, rules, **more):
        return kind(self.folder, self.rules[rules], self.wish.build, **more)

    # -- loads beside each side --

    def rounds(self):
        plan = [("selected", loads.selected()), ("many", [loads.UNSELECTED]), ("shipped", [loads.Build(12)])]
        for number in range(self.wish.rounds):
            begin = time.monotonic()
            order = list(sides.ALL)
            random.shuffle(order)
            for kind in order:
                if kind.name in self.missing:
                    continue
                for rules, wanted in plan:
                    try:
                        self.measure(number, kind, rules, wanted)
                    except sides.Unavailable as reason:
                        self.missing[kind.name] = str(reason)
                        say(f"{kind.name}: not measured: {reason}")
                        break
            say(f"round {number + 1} of {self.wish.rounds}: {time.monotonic() - begin:.0f} s")

    def execs(self):
        """Rounds of nothing but fork and execve: what is added is a few hundredths of what they take, and a handful of rounds does not show it."""
        begin = time.monotonic()
        for number in range(EXEC_ROUNDS * self.wish.rounds):
            order = [sides.Side, sides.Product, sides.KernelAudit]
            random.shuffle(order)
            for kind in order:
                if kind.name not in self.missing:
                    self.measure(number, kind, "selected", [loads.EXEC])
        say(f"{EXEC_ROUNDS * self.wish.rounds} rounds of {loads.EXEC.name}: {time.monotonic() - begin:.0f} s")

    def measure(self, number, kind, rules, wanted):
        with self.side(kind, rules) as side:
            for load in wanted:
                before = side.used()
                result = load.run(self.wish.build, self.work)
                side.settle()
                result["daemon"] = (side.used() - before) / result["calls"]
                self.raw.append({"round": number, "side": kind.name, "load": load.name, **result})

    def values(self, load, side, key="wall"):
        """By round."""
        return {x["round"]: x[key] for x in self.raw if x["load"] == load and x["side"] == side}

    def added(self, load, side, key="wall"):
        """What a side adds to a call, ns, by round."""
        alone = self.values(load, "nothing", key)
        return {number: value - alone[number] for number, value in self.values(load, side, key).items() if number in alone}

    def ratio(self, load, side, other, key="wall"):
        """What one side adds for what another adds."""
        return Ratio(self.added(load, side, key), self.added(load, other, key))

    def whole(self, load, side):
        """What a side adds to the machine's CPU time for a call, ns, by round: in the load and in its daemon."""
        daemon = self.values(load, side, "daemon")
        return {number: value + daemon[number] for number, value in self.added(load, side, "cpu").items()}

    def daemon_ratio(self, load):
        return Ratio(self.values(load, "ebpf-audit", "daemon"), self.values(load, "kernel audit", "daemon"))

    def print_loads(self):
        names = [x.name for x in loads.selected()] + [loads.EXEC.name, loads.UNSELECTED.name, "C build"]
        for key, title in (("wall", "Time of a call, wall"), ("cpu", "Time of a call, CPU of the load")):
            rows = [["load"] + [x.name for x in sides.ALL]]
            for name in names:
                unit, scale, digits = ("s", 1e9, 3) if name == "C build" else ("µs", 1e3, 3)
                rows.append([f"{name}, {unit}"] + [
                    Spread([x / scale for x in self.values(name, side.name, key).values()]).text(digits=digits)
                    for side in sides.ALL])
            say(f"\n{title}: median (lowest … highest)\n\n{table(rows)}")

    # -- ebpf-audit alone --

    def programs(self):
        """ns that the kernel programs take for a call, by kernel.bpf_stats_enabled."""
        before = STATISTICS.read_text()
        try:
            STATISTICS.write_text("1\n")
            found = {}
            for rules, load in (("many", loads.UNSELECTED), ("selected", loads.selected()[0])):
                with self.side(sides.Product, rules) as side:
                    first = side.programs()
                    calls = load.run(self.wish.build, self.work)["calls"]
                    last = side.programs()
                    found[load.name] = {
                        name_of(number): {
                            "runs": last[number][0] - first[number][0], "ns": last[number][1] - first[number][1], "calls": calls}
                        for number in last if number in first}
            return found
        finally:
            STATISTICS.write_text(before)

    def sustained(self, seconds, rate):
        """Events of two threads at `rate` a second (None: as fast as they come), and the accounts of them."""
        threads = os.cpu_count()
        calls = int((rate or 1_000_000) * seconds / threads) if rate else int(self.wish.burst / threads)
        load = loads.Load("sustained", "open", calls, threads)
        with self.side(sides.Product, "sustained") as side:
            before = side.memory()
            result = load.run(self.wish.build, self.work, rate)
            after = side.memory()
            side.settle()
        counts = side.accounts()
        return {
            "calls": result["calls"], "seconds": result["seconds"], "per second": result["calls"] / result["seconds"],
            "counts": counts, "memory before": before, "memory after": after,
            "exact": counts["total"] == result["calls"] == counts["written"] + counts["lost"]}

    def starts(self):
        """Seconds from the start of the process until it says ready, with 400 rules, and of CPU time used until then."""
        times = []
        for _ in range(self.wish.rounds):
            with self.side(sides.Product, "many") as side:
                times.append({"wall": side.start_seconds, "cpu": side.used() / 1e9})
        return times

    def size(self):
        """Bytes of the program as `make install` installs it."""
        copy = self.folder / "stripped"
        subprocess.run(["strip", "-o", copy, self.wish.program], check=True)
        return copy.stat().st_size


def name_of(number):
    """The name of a loaded kernel program."""
    done = subprocess.run(["bpftool", "-j", "prog", "show", "id", str(number)], text=True, capture_output=True)
    return json.loads(done.stdout).get("name", str(number)) if done.returncode == 0 else str(number)


def conditions():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    revision = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], text=True, capture_output=True).stdout
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "kernel": platform.release(), "machine": platform.machine(),
        "cpus": os.cpu_count(), "model": model.group(1) if model else "unknown", "revision": revision.strip(),
        "load average at the start": os.getloadavg()[0]}


def judge(bench, rest):
    """The table of targets."""
    targets = Targets()
    name = loads.selected()[0].name

    def compare(what, promise, ratio, limit):
        targets.add(what, promise, ratio.text(), ratio.median <= limit if ratio else None)

    micro = lambda values: Spread([x / 1000 for x in values.values()])
    compare("openat: added, of what kernel audit adds", "≤ 0.10", bench.ratio(name, "ebpf-audit", "kernel audit"), 0.10)
    compare("openat: the same in CPU time of the load", "≤ 0.10", bench.ratio(name, "ebpf-audit", "kernel audit", "cpu"), 0.10)
    whole = Ratio(bench.whole(name, "ebpf-audit"), bench.whole(name, "kernel audit"))
    compare("openat: CPU time of load and daemon together, of kernel audit's", "≤ 0.10", whole, 0.10)
    compare("openat: added, of what the ring limit adds", "aim 2", bench.ratio(name, "ebpf-audit", "ring"), 2)
    compare("openat: CPU time of the load, of what the ring limit adds", "aim 2", bench.ratio(name, "ebpf-audit", "ring", "cpu"), 2)
    added = micro(bench.added(name, "ebpf-audit"))
    targets.add("openat: added", "–", added.text("µs"), None)
    compare("daemon's CPU an event, of kernel audit's", "≤ 0.10", bench.daemon_ratio(name), 0.10)
    daemon = micro(bench.values(name, "ebpf-audit", "daemon"))
    targets.add("daemon's CPU an event", "aim 2 µs", daemon.text("µs"), daemon.median <= 2 if daemon else None)
    compare(
        "unselected call, 400 rules: added, of the empty pair's", "≤ 1.2",
        bench.ratio(loads.UNSELECTED.name, "ebpf-audit", "empty", "cpu"), 1.2)
    for key, title in (("wall", "fork+execve: added, of what kernel audit adds"), ("cpu", "fork+execve: the same in CPU time of the load")):
        compare(title, "≤ 0.25", bench.ratio(loads.EXEC.name, "ebpf-audit", "kernel audit", key), 0.25)

    steady, burst = rest["sustained"], rest["burst"]
    lost = steady["counts"]["lost"]
    targets.add(
        f"sustained for {steady['seconds']:.0f} s", "≥ 100000/s, none lost", f"{steady['per second']:.0f}/s, {lost} lost",
        steady["per second"] >= 99_000 and lost == 0)
    targets.add(
        "beyond: generated = written + lost", "exactly",
        "{total} = {written} + {lost}".format(**burst["counts"]), burst["exact"] and steady["exact"])
    user = rest["user side"]
    replay = Spread([x["cpu"] / 1e6 for x in user["replay"]])
    targets.add("replay: events a second of one core, millions", "≥ 1", replay.text(), replay.median >= 1)
    wall = Spread([x["wall"] / 1e6 for x in user["replay"]])
    targets.add("replay: the same by the clock, start included", "–", wall.text(), None)
    count = user["instructions"]
    targets.add("user side, instructions for an openat", "–", f"{count:.0f}" if count else "no valgrind", None)
    for name, length in user["ring bytes"].items():
        targets.add(
            f"ring bytes, {name} ({length['events']} events): median, 99th percentile", "≤ 512, ≤ 4096",
            f"{length['median']:.0f}, {length['99th percentile']}", length["median"] <= 512 and length["99th percentile"] <= 4096)
    before, after = steady["memory before"], steady["memory after"]
    targets.add(
        "resident memory; at most, while loading", "≤ 40 MB", f"{after['resident'] / 1e6:.1f} MB; {after['highest'] / 1e6:.1f} MB",
        after["resident"] <= 40e6)
    targets.add(
        "resident memory, growth under load", "flat", f"{(after['resident'] - before['resident']) / 1e6:+.1f} MB", None)
    targets.add("maps", "≤ 32 MiB", f"{after['maps'] / 2**20:.1f} MiB", after["maps"] <= 32 << 20)
    for key, title in (("wall", "start until ready, 400 rules"), ("cpu", "start: CPU time until ready")):
        starts = Spread([x[key] for x in rest["starts"]])
        targets.add(title, "< 0.5 s", starts.text("s"), starts.median < 0.5)
    start = scale.start(rest["scale"])
    targets.add("start until ready, 1,000 rules and 500 watches", "< 1 s", start.text("s"), start.median < 1)
    targets.add("installed program", "< 15 MB", f"{rest['size'] / 1e6:.2f} MB", rest["size"] < 15e6)
    return targets


def print_programs(programs):
    rows = [("kernel program", "load", "runs", "ns a run", "ns a call of the load")]
    for load, found in programs.items():
        for name, count in found.items():
            if count["runs"]:
                rows.append((
                    name, load, count["runs"], f"{count['ns'] / count['runs']:.0f}", f"{count['ns'] / count['calls']:.0f}"))
    say(f"\nKernel programs, by kernel.bpf_stats_enabled; runs include other processes' calls\n\n{table(rows)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sustained", type=float, default=10, help="seconds at --rate")
    parser.add_argument("--rate", type=int, default=100_000, help="events a second to sustain")
    parser.add_argument("--burst", type=int, default=1_000_000, help="events as fast as they come")
    parser.add_argument("--program", type=Path, default=ROOT / ".build/release/ebpf-audit")
    parser.add_argument("--build", type=Path, default=ROOT / "build/bench")
    parser.add_argument("--directory", type=Path, help="where to work; the default is the directory for temporary files")
    parser.add_argument("--results", type=Path, default=ROOT / "Benchmarks/results")
    wish = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: loading kernel programs and using kernel audit need root")
    # So that everything is put back on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wish.program, wish.build = wish.program.absolute(), wish.build.absolute()

    bench = Bench(wish)
    try:
        facts = conditions()
        say(", ".join(f"{key} {value}" for key, value in facts.items()))
        bench.rounds()
        bench.execs()
        rest = {
            "programs": bench.programs(), "sustained": bench.sustained(wish.sustained, wish.rate),
            "burst": bench.sustained(0, None), "starts": bench.starts(), "size": bench.size(), "user side": captures.all_of(bench),
            "scale": scale.measure(bench)}
        bench.print_loads()
        print_programs(rest["programs"])
        say(f"\nWhat more rules cost, ebpf-audit alone; those on the call are tried before the one that selects it\n\n{scale.text(rest['scale'])}")
        targets = judge(bench, rest)
        say(f"\n{targets.text()}")
        facts["load average at the end"] = os.getloadavg()[0]
        wish.results.mkdir(parents=True, exist_ok=True)
        file = wish.results / time.strftime("%Y%m%d-%H%M%S.json", time.gmtime())
        whole = {"conditions": facts, "rounds": wish.rounds, "missing": bench.missing, "targets": targets.json(), **rest, "raw": bench.raw}
        file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
        say(f"\n{file}")
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
