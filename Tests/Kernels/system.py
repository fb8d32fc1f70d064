# SPDX-License-Identifier: MIT
"""What the workloads of the differential test need of a Debian system, taken from this machine."""

import lzma
import os
import re
import stat
import subprocess
from pathlib import Path

import initramfs

# auditd is here for the kernel's side of the comparison; the rest is what Tests/Differential/Workloads.swift calls.
# What is not installed is left out, and the workload that needs it says that it is skipped.
PACKAGES = r"auditd|dash|coreutils|findutils|diffutils|sed|grep|tar|dpkg|libc-bin|git|python3(\.\d+)?(-minimal)?"
PACKAGES += r"|libpython3\.\d+-(minimal|stdlib)|gcc(-\d+)?|cpp(-\d+)?|binutils(-.*)?|libgcc-\d+-dev|libc6-dev|linux-libc-dev"
# Documentation, translations, and the parts of gcc that a plain C program does without.
LEFT_OUT = r"/usr/share/(doc|man|locale|info|lintian|i18n|bash-completion|gdb)/|/(lto1|lto-wrapper|g\+\+-mapper-server)$|/etc/(init\.d|cron)"
# Links that are no part of a package (update-alternatives, diversions).
LINKS = ["/bin/sh", "/usr/bin/cc"]
# Modules of the kernel in question, without which workloads would find something missing.
MODULES = ["overlay"]


def files():
    """Paths of all files of the packages."""
    names = subprocess.run(["dpkg-query", "-W", "-f=${binary:Package}\n"], text=True, capture_output=True, check=True).stdout
    wanted = [name for name in names.split() if re.fullmatch(PACKAGES, name.split(":")[0])]
    paths = subprocess.run(["dpkg-query", "-L", *wanted], text=True, capture_output=True, check=True).stdout
    return [x for x in paths.splitlines() if x.startswith("/") and x != "/." and not re.search(LEFT_OUT, x)]


def add(archive):
    """Adds the packages' files, and the libraries that their programs need."""
    programs = []
    for path in files():
        if os.path.islink(path):
            archive.entry(path, stat.S_IFLNK | 0o777, os.readlink(path).encode())
        elif os.path.isdir(path):
            archive.directory(path)
        elif os.path.isfile(path):
            archive.add(path)
            with open(path, "rb") as file:
                is_elf = file.read(4) == b"\x7fELF"
            if is_elf and not path.endswith(".o"):
                programs.append(path)
    for path in LINKS:
        archive.link(path)
    for path in sorted(set(initramfs.libraries(*programs))):
        archive.add(path)


def add_modules(archive, tree):
    """Adds those of MODULES that are below `tree`, uncompressed, as /modules/NAME.ko."""
    archive.directory("/modules")
    for name in MODULES:
        for path in Path(tree).rglob(f"{name}.ko*"):
            data = path.read_bytes()
            archive.entry(f"/modules/{name}.ko", stat.S_IFREG | 0o644, lzma.decompress(data) if path.suffix == ".xz" else data)
