# SPDX-License-Identifier: MIT
"""What more rules cost: ebpf-audit alone, with sets of rules that differ in their number and in whom they name."""

import random

import loads
import sides
from figures import Spread, table

# None of these is made by the loads.
OTHERS = ["execve", "connect", "unlinkat", "renameat2", "fchmodat", "setuid", "mount", "ptrace", "kill", "bind"]
RULES, WATCHES = 1000, 500
BASE, WHOLE = "1 rule", f"{RULES} rules on other calls, {WATCHES} watches"
CALLS = [loads.Load("openat+close, selected", "open", 20_000), loads.Load("getppid, unselected", "getppid", 500_000, selected=False)]


def numbered(count, calls):
    """Rules on `calls` for users that are not there."""
    return "".join(
        f"-a always,exit -F arch=b64 -S {calls[number % len(calls)]} -F uid={100000 + number} -k scale-{number}\n" for number in range(count))


def texts(folder):
    """The sets by name. The last rule is the one that selects the load."""
    watched = folder / "watched"
    watched.mkdir(exist_ok=True)
    watches = ""
    for number in range(WATCHES):
        (watched / f"file{number}").touch()
        watches += f"-w {watched}/file{number} -p wa -k scale-watch\n"
    return {
        BASE: loads.SUSTAINED,
        f"{RULES} rules on other calls": numbered(RULES, OTHERS) + loads.SUSTAINED,
        "10 rules on the call": numbered(9, ["openat"]) + loads.SUSTAINED,
        "100 rules on the call": numbered(99, ["openat"]) + loads.SUSTAINED,
        f"{WATCHES} watches": watches + loads.SUSTAINED,
        WHOLE: numbered(RULES, OTHERS) + watches + loads.SUSTAINED,
    }


def measure(bench):
    """Wall time of a call, CPU time of the daemon for it, and seconds until ready, by set and round."""
    rows = []
    for name, text in texts(bench.folder).items():
        bench.rules[name] = bench.folder / f"scale-{len(bench.rules)}.rules"
        bench.rules[name].write_text(text)
        rows.append(name)
    raw = []
    for number in range(bench.wish.rounds):
        for name in random.sample(rows, len(rows)):
            with bench.side(sides.Product, name) as side:
                entry = {"round": number, "rules": name, "start": side.start_seconds}
                for load in CALLS:
                    before = side.used()
                    result = load.run(bench.wish.build, bench.work)
                    side.settle()
                    entry[load.name] = {"wall": result["wall"], "daemon": (side.used() - before) / result["calls"]}
                raw.append(entry)
    return raw


def start(raw):
    """Seconds until ready with the whole set."""
    return Spread([x["start"] for x in raw if x["rules"] == WHOLE])


def text(raw):
    """The table of them."""
    selected, unselected = (load.name for load in CALLS)
    rows = [("rules", f"{selected}, ns", "daemon, ns an event", f"{unselected}, ns", "until ready, s")]
    for name in dict.fromkeys([BASE] + [x["rules"] for x in raw]):
        mine = [x for x in raw if x["rules"] == name]
        of = lambda load, key: Spread([x[load][key] for x in mine]).text(digits=0)
        rows.append((
            name, of(selected, "wall"), of(selected, "daemon"), of(unselected, "wall"), Spread([x["start"] for x in mine]).text()))
    return table(rows)
