#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts instructions of calls on Debian's kernels in QEMU, where a kernel permits what this machine's does not: hooks.

The machine's clock goes by the instructions that its one CPU executes (-icount), one a nanosecond, so that neighbours do not matter and a run
gives the same figures as the next. They are no times: caches and branches cost nothing there. Called by hand, after `make build` and
`make bench` or `make build/bench/load`:

    Benchmarks/virtual.py --only "6.1 newest"
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Kernels"))
import initramfs
import matrix
import packages

# Selected calls are those of this user, so that the calls of the machine's own scripts do not count.
RULES = "-a always,exit -F arch=b64 -S openat,connect,execve -F uid=0 -F key=bench\n"
SIDES = {
    "nothing": None, "ebpf-audit": "", "without path hooks": "--hooks none", "by tracepoints": "--calls tracepoints",
    "by tracepoints, without path hooks": "--calls tracepoints --hooks none"}
LOADS = {"getppid": 20_000, "open": 2_000}
INIT = """#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
/bin/busybox mkdir -p /bin /sbin /scratch
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /scratch
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
stty -F /dev/ttyS1 raw
exec 3>/dev/ttyS1
cd /scratch
echo "==== kernel" >&3
uname -r >&3
echo "==== figures" >&3
load() { echo "$1|$2|$(@LOAD@ $2 $3 1)" >&3; }
side() {
	"@PROGRAM@" run --rules /rules --output file:/scratch/records $2 2>/scratch/said &
	pid=$!
	while ! grep -q ready /scratch/said 2>/dev/null; do usleep 100000; done
	@LOADS@
	kill -INT $pid
	wait $pid
	echo "$1|ways|$(grep -o 'calls=.*hooks="[a-z+]*"' /scratch/records)" >&3
	rm /scratch/records /scratch/said
}
@SIDES@
echo "==== end" >&3
sync
sleep 1
reboot -f
"""


def script(program, load):
    """The first process of the machine."""
    loads = "\n\t".join(f'load "$1" {name} {count}' for name, count in LOADS.items())
    sides = [
        f'side "{name}" "{options}"' if options is not None else loads.replace("\n\t", "\n").replace("$1", name)
        for name, options in SIDES.items()]
    words = {"@PROGRAM@": program, "@LOAD@": load, "@LOADS@": loads, "@SIDES@": "\n".join(sides)}
    return re.sub("|".join(words), lambda found: str(words[found[0]]), INIT)


class Counting(matrix.Machine):
    """One CPU, whose instructions are the clock."""

    def boot(self, kernel, archive, results, seconds):
        console, port = results / "console", results / "results"
        words = [self.program, "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "max", "-m", "1024"]
        words += ["-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{console}", "-serial", f"file:{port}"]
        words += [word for folder in self.data for word in ("-L", folder)]
        words += ["-kernel", kernel, "-initrd", archive, "-append", "console=ttyS0 rdinit=/init panic=-1 quiet"]
        try:
            subprocess.run(words, env=self.environment, timeout=seconds, capture_output=True)
        except subprocess.TimeoutExpired:
            pass
        return port.read_text(errors="replace").replace("\r", "") if port.exists() else ""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="6.1 newest", help="names of kernels, as for `make kernels`")
    options.add_argument("--program", type=Path, default=ROOT / ".build/release/ebpf-audit")
    options.add_argument("--load", type=Path, default=ROOT / "build/bench/load")
    options.add_argument("--timeout", type=int, default=900, help="seconds for each kernel")
    wish = options.parse_args()
    folder = ROOT / "build/kernels"
    machine = Counting(packages.tools(folder))
    place = folder / "virtual"
    place.mkdir(parents=True, exist_ok=True)
    init = place / "init"
    init.write_text(script(wish.program.absolute(), wish.load.absolute()))
    init.chmod(0o755)
    archive = place / "initramfs"
    busybox = machine.program.parents[2] / "bin/busybox"
    initramfs.build(archive, busybox, init, [wish.program.absolute(), wish.load.absolute()], {"/rules": RULES})
    bad = 0
    for name in wish.only.split():
        text = machine.boot(packages.kernel(folder, name), archive, place, wish.timeout)
        part = matrix.parts(text)
        print(f"{name}: {part.get('kernel', 'did not start').strip()}", flush=True)
        for line in part.get("figures", "").splitlines():
            side, what, rest = line.split("|", 2)
            if what == "ways":
                print(f"    {side}: {rest}")
                continue
            figures = json.loads(rest)
            print(f"    {side}: {what}, instructions a call: {figures['cpu_ns'] / figures['calls']:.0f}")
        if "\n==== end\n" not in text:
            print("    the machine did not come to its end")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
