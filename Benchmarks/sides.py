# SPDX-License-Identifier: MIT
"""What a load is measured beside: nothing, the two limits, ebpf-audit, and kernel audit with auditd."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

AUDITCTL = "/sbin/auditctl"
AUDITD = "/sbin/auditd"


class Unavailable(Exception):
    """A side that cannot be measured here, and why."""


def cpu_time(process):
    """CPU time of all threads of a process, ns: /proc/PID/schedstat counts to the nanosecond, getrusage(2) in samples."""
    total = 0
    for thread in Path(f"/proc/{process}/task").iterdir():
        try:
            total += int((thread / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass
    return total


def wait_until(condition, seconds, what):
    """Waits for `condition`, and says what did not happen when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen within {seconds} s")
        time.sleep(0.01)


class Side:
    """Something that watches while a load runs. Use with `with`: it is started and ended."""

    name = "nothing"

    def __init__(self, directory, rules, build):
        self.directory, self.rules, self.build = Path(directory), rules, build

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def used(self):
        """CPU time used for watching so far, ns."""
        return 0

    def settle(self):
        """Returns when what the load caused has been worked off."""

    def accounts(self):
        """Events by what became of them, when it is over."""
        return {}


class Watcher(Side):
    """A side that is one process, which says `ready` on standard error."""

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.log = self.directory / f"{self.name}.log"
        start = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=log)
        try:
            wait_until(lambda: "ready\n" in self.log.read_text() or self.process.poll() is not None, 60, f"{self.name}: ready")
        except BaseException:
            self.process.kill()
            raise
        self.start_seconds = time.monotonic() - start
        if self.process.poll() is not None:
            raise Unavailable(f"{self.name}: {self.log.read_text().strip()[-400:]}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return False

    def used(self):
        return cpu_time(self.process.pid)

    def settle(self):
        before = -1
        while before != (before := self.used() // 1_000_000):
            time.sleep(0.12)

    def accounts(self):
        return {name: int(count) for name, count in re.findall(r"^[\w-]+: (\S+) (\d+)$", self.log.read_text(), re.MULTILINE)}


class Empty(Watcher):
    """Two raw tracepoint programs that do nothing: what watching every call costs at least."""

    name = "empty"

    def command(self):
        return [self.build / "limit", self.build / "empty.bpf.o"]


class Ring(Empty):
    """A record without content for every selected call: what an event costs at least."""

    name = "ring"

    def command(self):
        return [self.build / "limit", self.build / "ring.bpf.o"]


class Product(Watcher):
    """ebpf-audit, writing to a file."""

    name = "ebpf-audit"
    program = None

    def __init__(self, directory, rules, build, capture=None):
        super().__init__(directory, rules, build)
        self.capture = capture

    def command(self):
        self.records = self.directory / "ebpf-audit.records"
        self.records.unlink(missing_ok=True)
        words = [self.program, "run", "--rules", self.rules, "--output", f"file:{self.records}"]
        return words + (["--capture", self.capture] if self.capture else [])

    def memory(self):
        """Resident memory now and at most, and that of the maps, bytes (fdinfo of a map: kernel/bpf/syscall.c)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        resident, highest = (int(re.search(rf"{key}:\s+(\d+) kB", status).group(1)) * 1024 for key in ("VmRSS", "VmHWM"))
        maps = {}
        for text in self.descriptors():
            found = re.search(r"^map_id:\s*(\d+)", text, re.MULTILINE)
            if found:
                maps[found.group(1)] = int(re.search(r"^memlock:\s*(\d+)", text, re.MULTILINE).group(1))
        return {"resident": resident, "highest": highest, "maps": sum(maps.values())}

    def programs(self):
        """Runs and ns of each kernel program, by id. Counted only while kernel.bpf_stats_enabled is set."""
        found = {}
        for text in self.descriptors():
            values = dict(re.findall(r"^(\w+):\s*(\S+)", text, re.MULTILINE))
            if "prog_type" in values:  # links name their program too
                found[int(values["prog_id"])] = (int(values.get("run_cnt", 0)), int(values.get("run_time_ns", 0)))
        return found

    def descriptors(self):
        for file in Path(f"/proc/{self.process.pid}/fdinfo").iterdir():
            try:
                yield file.read_text()
            except FileNotFoundError:
                pass


class KernelAudit(Side):
    """Kernel audit and auditd, which writes raw records to a file. Nobody else may use kernel audit meanwhile."""

    name = "kernel audit"

    @staticmethod
    def status():
        text = subprocess.run([AUDITCTL, "-s"], text=True, capture_output=True).stdout
        return {words[0]: int(words[1]) for words in map(str.split, text.splitlines()) if len(words) == 2 and words[1].isdigit()}

    @classmethod
    def is_free(cls):
        """Why kernel audit may not be used here, or nothing."""
        status = cls.status()
        if not status:
            return "auditctl gives no status: no kernel audit, or no right to it"
        if status["pid"] and Path(f"/proc/{status['pid']}").exists():
            return f"kernel audit has a daemon, pid {status['pid']}"
        if status["enabled"]:
            return "kernel audit is in use"
        if "No rules" not in subprocess.run([AUDITCTL, "-l"], text=True, capture_output=True).stdout:
            return "kernel audit has rules loaded"
        return ""

    @staticmethod
    def release(backlog=64):
        """Switches kernel audit off and takes all rules away."""
        for words in (["-D"], ["-e", "0"], ["-b", str(backlog)]):
            subprocess.run([AUDITCTL] + words, capture_output=True)

    def control(self, *words):
        done = subprocess.run([AUDITCTL, *words], text=True, capture_output=True)
        if done.returncode:
            raise Unavailable(f"auditctl {' '.join(words)}: {(done.stderr or done.stdout).strip()}")

    def __enter__(self):
        reason = self.is_free()
        if reason:
            raise Unavailable(reason)
        self.before = self.status()
        self.worker = next(x.parent.name for x in Path("/proc").glob("[0-9]*/comm") if x.read_text() == "kauditd\n")
        folder = self.directory / "auditd"
        (folder / "plugins.d").mkdir(parents=True, exist_ok=True)
        (folder / "audit.log").unlink(missing_ok=True)
        settings = folder / "auditd.conf"
        settings.write_text(
            f"local_events = yes\nwrite_logs = yes\nlog_file = {folder}/audit.log\nlog_group = root\nlog_format = RAW\n"
            "flush = NONE\nfreq = 0\nmax_log_file = 9999\nmax_log_file_action = IGNORE\nnum_logs = 0\npriority_boost = 4\n"
            "space_left = 75\nspace_left_action = IGNORE\nadmin_space_left = 50\nadmin_space_left_action = IGNORE\n"
            f"disk_full_action = IGNORE\ndisk_error_action = IGNORE\nname_format = NONE\nplugin_dir = {folder}/plugins.d\n")
        settings.chmod(0o640)
        self.daemon = None
        try:
            self.control("-b", "65536")
            self.daemon = subprocess.Popen(
                [AUDITD, "-n", "-c", folder], stdout=subprocess.DEVNULL, stderr=open(folder / "stderr", "w"))
            wait_until(lambda: self.status().get("pid") == self.daemon.pid or self.daemon.poll() is not None, 20, "auditd's start")
            if self.daemon.poll() is not None:
                raise Unavailable("auditd does not start: " + (folder / "stderr").read_text().strip()[-400:])
            # auditctl -R prints each setting; a rule that it refuses makes it fail.
            self.control("-R", str(self.rules))
            self.control("-e", "1")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.lost = self.status().get("lost", 0) - self.before.get("lost", 0)
        self.release(self.before.get("backlog_limit", 64))
        if self.daemon:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        return False

    def used(self):
        return cpu_time(self.daemon.pid) + cpu_time(self.worker)

    def settle(self):
        wait_until(lambda: self.status().get("backlog") == 0, 120, "an empty backlog")
        before = -1
        while before != (before := self.used() // 1_000_000):
            time.sleep(0.12)

    def accounts(self):
        return {"lost": self.lost}


ALL = [Side, Empty, Ring, Product, KernelAudit]
