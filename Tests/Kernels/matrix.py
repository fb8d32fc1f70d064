#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the collection tests, or the differential test, in virtual machines, one kernel after the other, and prints a line for each.

Called by `make kernels` and `make test`; docs/kernels.md says how to choose kernels. Exit code 1 when a kernel failed, or, without
--optional, none was run.
"""

import argparse
import base64
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import initramfs
import packages
import system

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ["5.10", "6.1", "6.12", "newest"]
# Each kind of session once: a start takes a verifier under emulation 10 to 15 s, and repeats tell nothing new about a
# kernel. Left out is also what tests the program around collecting (failures, plugin mode, readers, outputs).
SHORT = [
    r"Calls/(everyCall|compat|int80|filters)",
    r"Exec/(forms|thread)\b",
    r"Names/(files|addresses)",
    r"Lifecycle/(exit|killed|fork|signals|stopped|race)",
    r"Accounting/counted",
    r"Reload/(ways|perf)",
    r"Ways/",
    r"RealPaths/",
]
# What `make test` runs: whether the kernel's programs load and see all of what they should, in a third of the time.
SMOKE = [r"Calls/everyCall", r"Exec/forms", r"Names/files", r"Lifecycle/killed", r"Accounting/counted"]
# Every test of what calls become.
ALL = [r"(Calls|Exec|Names|Lifecycle|Stream)/", r"Accounting/(counted|stalled|smallRing)"]
RULES = "-a always,exit -F arch=b64 -S getdents64 -k matrix\n-a always,exit -F arch=b32 -S getdents64 -k matrix\n"


# The tier that a kernel gets by itself is this one, or one further up: (the first version for which it is made, tier), best first.
TIERS = [((5, 9), "btf"), ((5, 3), "raw_tp"), ((5, 2), "raw_tp_noloops"), ((4, 17), "raw_tp_sub4096"), ((4, 15), "tp")]


class Machine:
    """QEMU without hardware help."""

    def __init__(self, tree):
        self.program = tree / "usr/bin/qemu-system-x86_64"
        folders = [tree / "usr/lib/x86_64-linux-gnu", tree / "lib/x86_64-linux-gnu"]
        self.environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, folders))}
        self.data = [tree / "usr/share/qemu", tree / "usr/share/seabios"]
        text = subprocess.run([self.program, "--version"], env=self.environment, text=True, capture_output=True).stdout
        self.version = re.search(r"version (\S+)", text).group(1)
        # Before 8, emulated CPUs on threads of their own race: now and then a kernel hangs or crashes in cmpxchg16b.
        self.is_shaky = int(self.version.split(".")[0]) < 8

    def boot(self, kernel, archive, results, seconds, memory=1024, parameters=""):
        """Runs to the end of the machine. Returns what came out of the second port, or None with what went wrong."""
        console, port = results / "console", results / "results"
        accelerator, cpu = ("tcg,thread=single", "max,-cx16") if self.is_shaky else ("tcg", "max")
        words = [self.program, "-accel", accelerator, "-cpu", cpu, "-m", str(memory), "-nodefaults"]
        # Sockets of their own: the firmware's MP table, which is all that a kernel without ACPI has, tells one CPU of each.
        words += ["-smp", "2,sockets=2"]
        words += ["-display", "none", "-no-reboot", "-serial", f"file:{console}", "-serial", f"file:{port}"]
        words += [word for folder in self.data for word in ("-L", folder)]
        words += ["-kernel", kernel, "-initrd", archive, "-append", f"console=ttyS0 rdinit=/init panic=-1 no_timer_check quiet {parameters}"]
        for attempt in range(3 if self.is_shaky else 1):
            for file in (console, port):
                file.write_bytes(b"")
            trouble = f"no end within {seconds} s"
            try:
                done = subprocess.run(words, env=self.environment, timeout=seconds, capture_output=True, text=True)
                trouble = f"ended early {done.stderr.strip()}"
            except subprocess.TimeoutExpired:
                pass
            text = port.read_text(errors="replace").replace("\r", "")
            if "\n==== end\n" in text:
                return text, ""
        last = [line.strip() for line in console.read_text(errors="replace").splitlines() if line.strip()][-1:]
        return text, f"{trouble}; last on the console: {' '.join(last)}"


def parts(text):
    """What init sent, by part."""
    pieces = re.split(r"^==== (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2]))


def test_results(text):
    """(passed, skipped, [(name, first line of what failed)]) from the runner's own report."""
    passed, skipped, failed = 0, 0, []
    for case in xml.fromstring(text).iter("testcase"):
        failures = case.findall("failure")
        if failures:
            failed.append((f"{case.get('classname')}.{case.get('name')}", [x.get("message") or "" for x in failures]))
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, skipped, failed


def worse_than_made_for(release, tier):
    """Whether `tier` is for older kernels than this one, or none."""
    version = tuple(int(x) for x in re.findall(r"\d+", release)[:2])
    names = [name for _, name in TIERS]
    best = next((place for place, (first, _) in enumerate(TIERS) if version >= first), len(TIERS))
    return tier not in names or names.index(tier) > best


def judge(text, trouble, wants_tests, forced):
    """The kernel's line, and what is not as it should be."""
    part = parts(text)
    problems = [trouble] if trouble else []
    tier = "none"
    try:
        probe = json.loads(part.get("probe", "").splitlines()[0])
        tier = probe["tier"] or "none"
        if worse_than_made_for(part.get("kernel", ""), tier):
            problems += [f"tier {x['tier']} refused: {x['reason']}" for x in probe["refused"]]
        problems += [probe["error"]] if probe["error"] else []
        # Collecting goes on without a hook, and tests of collecting take that for a kernel that permits none.
        problems += [f"hook {x['function']} {x['answer'][:400]}" for x in probe["hooks"]["list"] if x["answer"].startswith("refused")]
        tier += f", used {forced}" if forced else ""
        tier += f"  calls {probe['calls']['way']}  hooks {probe['hooks']['way']}"
    except (ValueError, IndexError, KeyError):
        problems.append("probe: " + (part.get("probe", "").strip() or "no answer")[-400:])
    if "run" not in part:
        return f"tier {tier}", problems
    run = part["run"]
    report = dict(re.findall(r"^ebpf-audit: (\S+) (\d+)$", run, re.MULTILINE))
    if "exit 0" not in run.splitlines() or int(report.get("written", 0)) == 0:
        problems.append(f"run: {run.strip()[-400:]}")
    verified = [int(x) for x in re.findall(r"^verified\s+(\d+)$", run, re.MULTILINE)]
    line = f"tier {tier}  verified {sum(verified) if verified else '-'}"
    if wants_tests:
        try:
            passed, skipped, failed = test_results(part.get("tests", ""))
        except xml.ParseError:
            passed, skipped, failed = 0, 0, []
            problems.append("the tests gave no report")
        line += f"  passed {passed}  failed {len(failed)}" + (f"  skipped {skipped}" if skipped else "")
        if not passed and not failed:
            problems.append("no test ran: is there one that the expression matches?")
        for name, messages in failed:
            problems += [f"{name}: {message[:600]}" for message in messages[:3]]
            problems += [f"{name}: and {len(messages) - 3} more"] if len(messages) > 3 else []
    return line, problems


def compare(program, folder, part):
    """Unpacks the logs of a kernel's runs below `folder` and compares them: (lines of the runs, tables, problems)."""
    problems, notes = [], []
    for old in folder.glob("run-*"):
        shutil.rmtree(old)
    for number in sorted(x.removeprefix("logs_") for x in part if x.startswith("logs_")):
        place = folder / f"run-{number}"
        place.mkdir(parents=True, exist_ok=True)
        said = part.get(f"differential_{number}", "").strip()
        (place / "said").write_text(said + "\n")
        try:
            with tarfile.open(fileobj=io.BytesIO(base64.b64decode(part[f"logs_{number}"])), mode="r:gz") as logs:
                for member in logs.getmembers():
                    (place / Path(member.name).name).write_bytes(logs.extractfile(member).read())
        except (tarfile.TarError, EOFError, OSError, ValueError) as reason:
            problems.append(f"run {number}: no logs: {reason}: {said}")
            (place / "leader").unlink(missing_ok=True)
            continue
        notes += [f"run-{number}: {line}" for line in said.splitlines() if not line.endswith(": collected")]
    done = subprocess.run([program, "--again", "--emulated", "--keep", folder, "--width", "600"], text=True, capture_output=True)
    (folder / "tables").write_text(done.stdout)
    if done.returncode:
        problems.append(f"differential: exit status {done.returncode}")
    return notes + done.stderr.strip().splitlines(), done.stdout.strip().splitlines(), problems


def rules_account(results, part):
    """What the differential test of rules has printed in the machine: (its account, problems)."""
    said = part.get("rules", "")
    (results / "rules").write_text(said)
    status = re.search(r"^exit (\d+)$", said, re.MULTILINE)
    lines = said[: status.start()].strip().splitlines() if status else said.strip().splitlines()
    account = next((place for place, line in enumerate(lines) if re.match(r"\d+ sets, ", line)), len(lines))
    problems = [] if status and status.group(1) == "0" else [f"differential of rules: exit status {status.group(1) if status else 'unknown'}"]
    problems += ["\n".join(lines[:account])[:6000]] if account and problems else []
    return lines[account:], problems


def images(wanted, folder, cache):
    """The kernels to run: (name, image, or why there is none)."""
    if folder:
        found = sorted(x for x in Path(folder).rglob("*") if re.match(r"(vmlinuz|bzImage).*(?<!\.btf)$", x.name) and x.is_file())
        names = [str(x.relative_to(folder)) for x in found]
        for name, image in zip(names, found):
            if not wanted or any(word in name for word in wanted):
                yield name, image, ""
        return
    for name in wanted or KERNELS:
        try:
            yield name, packages.kernel(cache, name), ""
        except packages.Unavailable as reason:
            yield name, None, str(reason)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--program", default=ROOT / ".build/release/ebpf-audit", type=Path)
    options.add_argument("--tests", type=Path, help="test bundle; without it only loading is tried")
    options.add_argument("--images", help="directory with kernel images, instead of Debian's")
    options.add_argument("--only", default="", help="names of kernels, separated by blanks")
    options.add_argument("--which", default="short", help="tests: smoke, short, all, or a regular expression such as Calls/int80")
    options.add_argument("--differential", type=Path, help="program of the differential test, which is run in place of the tests")
    options.add_argument("--runs", type=int, default=1, help="how often the differential test is run")
    options.add_argument("--rules", type=int, default=0, metavar="SETS", help="the differential test of rules, of so many sets, in place of that of records")
    options.add_argument("--options", default="", help="more options of the differential test, such as --only calls")
    options.add_argument("--tier", default="", help="kernel programs to use, instead of those that the program chooses")
    options.add_argument("--btf", type=Path, help="type information (get-offsets) for kernels without: a file, or a directory of NAME.btf, in place of IMAGE.btf")
    options.add_argument("--lsm", default="yama", help="security modules beside the differential test, or '' for those that the kernel is built for; with selinux its policy is labels.conf, beside the tests, too")
    options.add_argument("--optional", action="store_true", help="succeed when no kernel, or no QEMU, can be had; the reason is printed")
    options.add_argument("--timeout", type=int, default=1800, help="seconds for each kernel")
    options.add_argument("--directory", default=ROOT / "build/kernels", type=Path)
    wish = options.parse_args()
    if wish.btf and not wish.btf.exists():
        options.error(f"--btf: there is no {wish.btf}")
    wish.directory.mkdir(parents=True, exist_ok=True)

    try:
        if platform.machine() != "x86_64":
            raise packages.Unavailable(f"the kernels are for x86_64, and this machine's programs for {platform.machine()}")
        machine = Machine(packages.tools(wish.directory))
    except packages.Unavailable as reason:
        print(f"kernels: skipped: {reason}")
        return 0 if wish.optional else 1
    try:
        archive = pack(wish, machine)
    except packages.Unavailable as reason:
        print(f"kernels: skipped: {reason}")
        return 0 if wish.optional else 1
    print(f"kernels: QEMU {machine.version}, initramfs {archive.stat().st_size >> 20} MiB", flush=True)
    good, bad = 0, 0
    for name, image, reason in images(wish.only.split(), wish.images, wish.directory):
        if not image:
            print(f"{name}: skipped: {reason}", flush=True)
            continue
        problems = run(wish, machine, archive, name, image)
        for problem in problems:
            print("    " + problem.replace("\n", "\n    "), flush=True)
        good, bad = (good, bad + 1) if problems else (good + 1, bad)
    print(f"kernels: {good} as they should be, {bad} not")
    return 1 if bad or not (good or wish.optional) else 0


def pack(wish, machine):
    """Makes the initramfs."""
    workloads = [x for x in sorted((ROOT / "build/workload").iterdir()) if os.access(x, os.X_OK)]
    programs = [wish.program.absolute()] + workloads
    settings = f"EBPF_AUDIT={programs[0]}\nDIFFERENTIAL=\nTESTS=\nTIER={wish.tier}\nENTROPY={workloads[0].parent / 'entropy'}\n"
    more = {}
    if wish.differential:
        programs.append(wish.differential.absolute())
        settings += f"DIFFERENTIAL={programs[-1]}\nRUNS={wish.runs}\nRULE_SETS={wish.rules}\nOPTIONS='{wish.options}'\n"
        settings += f"WORKLOADS={workloads[0].parent}\n"
        more["more"] = system.add
    elif wish.tests:
        programs.append(wish.tests.absolute())
        filters = {"smoke": SMOKE, "short": SHORT, "all": ALL}.get(wish.which, [wish.which])
        wanted = " ".join(f"--filter CollectionTests.CollectionTests/{x}" for x in filters)
        settings += f"TESTS='{programs[-1]}'\nFILTERS='{wanted}'\n"
    archive = wish.directory / ("initramfs-differential" if wish.differential else "initramfs")
    texts = {
        "/matrix.env": settings,
        "/matrix.rules": RULES,
        "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
        "/etc/group": "root:x:0:\ndaemon:x:1:\n",
    }
    if "selinux" in wish.lsm:
        texts["/matrix.policy"] = packages.policy(wish.directory, Path(__file__).parent / "labels.conf")
    busybox = machine.program.parents[2] / "bin/busybox"
    initramfs.build(archive, busybox, Path(__file__).parent / "init", programs, texts, **more)
    return archive


def type_information(place, name, image):
    """The file of `--btf` for a kernel, or without that option the one beside its image; None where there is none."""
    if not place:
        place = image.with_name(image.name + ".btf")
    file = place / f"{name.replace('/', '_')}.btf" if place.is_dir() else place
    return file if file.is_file() else None


def run(wish, machine, archive, name, image):
    """Runs one kernel, prints what came of it, and returns what was not as it should be."""
    results = wish.directory / "results" / name.replace("/", "_")
    results.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    more = {}
    types = type_information(wish.btf, name, image)
    whole = results / "initramfs"
    if wish.differential or types:
        # The kernel unpacks several archives one after the other (early-userspace/buffer-format.rst).
        with open(whole, "wb") as file:
            file.write(archive.read_bytes())
            own = initramfs.Archive(file)
            if wish.differential:
                system.add_modules(own, image.parent if wish.images else wish.directory / "images" / name)
            if types:
                own.add(types, "/matrix.btf")
            own.close()
        archive = whole
    if wish.differential or "selinux" in wish.lsm:
        more = {"memory": 2048 if wish.differential else 1024, "parameters": f"lsm={wish.lsm}" if wish.lsm else ""}
    text, trouble = machine.boot(image, archive, results, wish.timeout, **more)
    line, problems = judge(text, trouble, bool(wish.tests), wish.tier)
    part = parts(text)
    release = part.get("kernel", "").strip() or "did not start"
    print(f"{name}: {release}  {line}  {time.monotonic() - start:.0f} s", flush=True)
    whole.unlink(missing_ok=True)
    if wish.rules:
        tables, found = rules_account(results, part)
        problems += found
        for line in tables:
            print("    " + line, flush=True)
    elif wish.differential:
        lines, tables, found = compare(wish.differential, results / "differential", part)
        problems += found
        for line in lines + tables:
            print("    " + line, flush=True)
    return problems


if __name__ == "__main__":
    sys.exit(main())
