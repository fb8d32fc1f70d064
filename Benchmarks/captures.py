# SPDX-License-Identifier: MIT
"""The user side alone: captures of ebpf-audit, how long their events are, and what replaying them costs."""

import os
import re
import resource
import shutil
import statistics
import struct
import subprocess
import time

import loads
import sides

# capture.h: the header's length is at 8; every record begins with its length and type; notes are from 0x8000 on.
HEAD = struct.Struct("<IH")
NOTE = 0x8000
EVENT = 1


def records(bytes_):
    """Offset, length and type of each record."""
    offset = struct.unpack_from("<I", bytes_, 8)[0]
    while offset + HEAD.size <= len(bytes_):
        length, kind = HEAD.unpack_from(bytes_, offset)
        if offset + length > len(bytes_):
            return
        yield offset, length, kind
        offset += length


def capture(bench, rules, load, name):
    """The file with what `load` made the kernel side send."""
    file = bench.folder / f"{name}.capture"
    with bench.side(sides.Product, rules, capture=file) as side:
        load.run(bench.wish.build, bench.work)
        side.settle()
    return file


def lengths(file):
    """Ring bytes of an event: fragments of argument text count to their event."""
    found, pending = [], 0
    for _, length, kind in records(file.read_bytes()):
        if kind >= NOTE:
            continue
        # Room for the ring's own head, 8 bytes a record (BPF_RINGBUF_HDR_SZ).
        pending += length + 8
        if kind == EVENT:
            found.append(pending)
            pending = 0
    found.sort()
    return {
        "events": len(found), "median": statistics.median(found), "99th percentile": found[min(len(found) - 1, len(found) * 99 // 100)],
        "longest": found[-1]}


def replay(bench, file, events, times=5):
    """Events a second of CPU time, all threads together, and of wall time, for each round."""
    rates = []
    for _ in range(bench.wish.rounds):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run(bench, [bench.wish.program, "replay", "--rules", bench.rules["selected"]] + [file] * times)
        end, after = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        rates.append({"cpu": events * times / used, "wall": events * times / (end - begin)})
    return rates


def run(bench, words):
    """Runs one and gives what it wrote on standard error; its records go nowhere."""
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip()[-400:]}")
    return done.stderr


def instructions(bench, file, most=20_000):
    """Instructions of the user side for one event, by callgrind: a replay of a part twice, less one of it once."""
    if not shutil.which("valgrind"):
        return None
    whole = file.read_bytes()
    count, end = 0, 0
    for offset, length, kind in records(whole):
        end = offset + length
        count += kind == EVENT
        if count == most:
            break
    part = bench.folder / "part.capture"
    part.write_bytes(whole[:end])
    # valgrind 3.19 gives up on the program's DWARF.
    program = bench.folder / "program"
    subprocess.run(["strip", "-o", program, bench.wish.program], check=True)
    totals = []
    for times in (1, 2):
        words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={bench.folder}/callgrind.out", program, "replay", "--rules"]
        text = run(bench, words + [bench.rules["selected"]] + [part] * times)
        totals.append(int(re.search(r"Collected : (\d+)", text).group(1)))
    return (totals[1] - totals[0]) / count


def all_of(bench):
    """Everything, for the results."""
    opens = capture(bench, "selected", loads.Load("capture", "open", 100_000), "open")
    execs = capture(bench, "selected", loads.Load("capture", "exec", 500), "exec")
    build = capture(bench, "shipped", loads.Build(12), "build")
    bytes_ = {"openat": lengths(opens), "fork+execve": lengths(execs), "C build, shipped rules": lengths(build)}
    return {
        "ring bytes": bytes_, "replay": replay(bench, opens, bytes_["openat"]["events"]),
        "instructions": instructions(bench, opens)}
