# SPDX-License-Identifier: MIT
"""The loads, and the rules that select them."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

# Loads run as a user whom nobody else is, so that rules can tell their calls from the rest of the machine's.
USER = 61234
# limits.h: LIMITS_OPEN_FLAGS
OPEN_FLAGS = 0o1000002

SELECTED = f"""\
-a always,exit -F arch=b64 -S openat -F a2={OPEN_FLAGS:#x} -k bench-open
-a always,exit -F arch=b64 -S execve -F uid={USER} -k bench-exec
-a always,exit -F arch=b64 -S connect -F uid={USER} -k bench-connect
"""
SUSTAINED = f"-a always,exit -F arch=b64 -S openat -F a2={OPEN_FLAGS:#x} -k bench-open\n"


def many(count=400):
    """Rules of which none selects getppid, as many as a long policy has."""
    calls = ["openat", "execve", "connect", "unlinkat", "renameat2", "fchmodat", "setuid", "mount", "ptrace", "kill"]
    return "".join(
        f"-a always,exit -F arch=b64 -S {calls[number % len(calls)]} -F uid={100000 + number} -k bench-{number}\n"
        for number in range(count))


class Load:
    """Calls made over and over by the program `load`."""

    def __init__(self, name, kind, calls, threads=1, selected=True):
        self.name, self.kind, self.calls, self.threads, self.selected = name, kind, calls, threads, selected

    def run(self, build, directory, rate=None):
        """Wall and CPU time a call, ns, and how many there were."""
        words = [build / "load", self.kind, str(self.calls), str(self.threads)] + ([str(rate)] if rate else [])
        done = subprocess.run(words, cwd=directory, user=USER, group=USER, extra_groups=[], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"load {self.name}: {done.stderr.strip()}")
        result = json.loads(done.stdout)
        # Threads work side by side: what one call takes is the wall time of a thread's share.
        return {
            "calls": result["calls"], "wall": result["wall_ns"] / self.calls, "cpu": result["cpu_ns"] / result["calls"],
            "seconds": result["wall_ns"] / 1e9}


class Build(Load):
    """A C build: `cc` once for each of some generated files, then a link."""

    def __init__(self, files):
        super().__init__("C build", "build", files)

    def run(self, build, directory, rate=None):
        folder = Path(directory) / "sources"
        if not folder.exists():
            self.generate(folder)
        script = 'for f in *.c; do cc -O1 -c "$f" || exit 1; done; cc -o program *.o && rm -f *.o program'
        begin, before = time.monotonic_ns(), os.times()
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=folder, user=USER, group=USER, extra_groups=[], capture_output=True, text=True)
        after, end = os.times(), time.monotonic_ns()
        if done.returncode:
            raise RuntimeError(f"C build: {done.stderr.strip()[-400:]}")
        used = after.children_user + after.children_system - before.children_user - before.children_system
        return {"calls": 1, "wall": end - begin, "cpu": used * 1e9, "seconds": (end - begin) / 1e9}

    def generate(self, folder):
        folder.mkdir()
        for number in range(self.calls):
            body = "\n".join(
                f"int f{number}_{i}(int x) {{ for (int j = 0; j < {i + 3}; j++) x = x * {i + 7} + j; return x; }}"
                for i in range(20))
            (folder / f"part{number}.c").write_text(f"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n{body}\n")
        (folder / "main.c").write_text("int main(void) { return 0; }\n")
        shutil.chown(folder, USER, USER)


def selected():
    """Loads of the calls that SELECTED selects."""
    return [
        Load("openat+close", "open", 40_000),
        Load("openat+close, all cores", "open", 20_000, threads=os.cpu_count()),
        Load("fork+execve", "exec", 800),
        Load("connect", "connect", 40_000),
    ]


EXEC = Load("fork+execve, alone", "exec", 1500)
UNSELECTED = Load("getppid, 400 rules", "getppid", 2_000_000, selected=False)
