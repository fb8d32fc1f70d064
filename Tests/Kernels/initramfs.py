# SPDX-License-Identifier: MIT
"""An initramfs (cpio, format newc) with the program, the tests, the workloads, and what they need to run."""

import os
import re
import stat
import subprocess
from pathlib import Path


def libraries(*programs):
    """Absolute paths of the shared libraries and loaders of programs; none for a static one."""
    text = subprocess.run(["ldd", *programs], text=True, capture_output=True).stdout
    if missing := [line.strip() for line in text.splitlines() if "not found" in line]:
        raise RuntimeError(f"libraries are missing: {' '.join(missing)}")
    return re.findall(r"(?:=> |^\s)(/\S+) \(0x", text, re.MULTILINE)


class Archive:
    """A newc archive being written. Paths are absolute; missing directories come along."""

    def __init__(self, file):
        self.file = file
        self.names = set()

    def entry(self, name, mode, data=b"", major=0, minor=0):
        name = self.place(name)
        if name in self.names:
            return
        self.names.add(name)
        parent = os.path.dirname(name)
        if parent not in ("/", ""):
            self.directory(parent)
        path = name.lstrip("/").encode() + b"\0"
        # Documentation/driver-api/early-userspace/buffer-format.rst
        numbers = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(path), 0]
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + path
        for part in (head, data):
            self.file.write(part + b"\0" * (-len(part) % 4))

    def place(self, name):
        """Where `name` is when /bin, /lib and their kin are symbolic links, as on this machine; these come along."""
        top = "/" + name.split("/")[1]
        if top == name or not os.path.islink(top):
            return name
        if top not in self.names:
            self.entry(top, stat.S_IFLNK | 0o777, os.readlink(top).encode())
        return self.place(os.path.join("/", os.readlink(top)) + name[len(top):])

    def directory(self, name):
        self.entry(name, stat.S_IFDIR | 0o755)

    def add(self, path, name=None):
        """A file of this machine, under the same name unless another is given; symbolic links are followed."""
        path = Path(path)
        self.entry(str(name or path), stat.S_IFREG | path.stat().st_mode & 0o777, path.read_bytes())

    def program(self, path, name=None):
        """A file with the libraries that it needs."""
        self.add(path, name)
        for library in libraries(path):
            self.add(library)

    def link(self, path):
        """A symbolic link of this machine, and those that it leads over; what is at the end is not added."""
        while os.path.islink(path):
            self.entry(path, stat.S_IFLNK | 0o777, os.readlink(path).encode())
            path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))

    def close(self):
        self.entry("/TRAILER!!!", 0)


def build(target, busybox, init, programs, texts, more=lambda archive: None):
    """Writes the archive `target`. `programs` keep their paths, so that what is compiled in stays right."""
    target.unlink(missing_ok=True)  # what a machine is being started with, or a copy by hard link has, stays as it is
    with open(target, "wb") as file:
        archive = Archive(file)
        for name in ["proc", "sys", "dev", "tmp", "run", "etc", "usr/bin", "usr/sbin", "root", "var/tmp"]:
            archive.directory("/" + name)
        for name in ["/bin/", "/sbin/"]:
            archive.directory(archive.place(name).rstrip("/"))
        archive.entry("/var/run", stat.S_IFLNK | 0o777, b"/run")
        archive.entry("/dev/console", stat.S_IFCHR | 0o600, major=5, minor=1)
        archive.entry("/dev/null", stat.S_IFCHR | 0o666, major=1, minor=3)
        archive.add(busybox, "/bin/busybox")
        archive.add(init, "/init")
        for program in programs:
            archive.program(program)
        more(archive)
        for name, text in texts.items():
            archive.entry(name, stat.S_IFREG | 0o644, text if isinstance(text, bytes) else text.encode())
        archive.close()
