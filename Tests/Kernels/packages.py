# SPDX-License-Identifier: MIT
"""Kernels, QEMU and busybox from Debian's suites, by an apt whose state is private: the machine's own is only read."""

import os
import re
import subprocess
from pathlib import Path

KERNEL = "linux-image-cloud-amd64"
# Where Debian's kernels are: suites of the archive, and of the security archive.
SUITES = ["bullseye", "bookworm", "trixie", "trixie-backports", "forky", "sid"]
SECURITY_SUITES = ["bullseye-security", "bookworm-security", "trixie-security"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Unavailable(Exception):
    """Something that cannot be had from here; the text says why."""


def output(words, **options):
    """Standard output of a command; Unavailable with its last error line when it fails."""
    done = subprocess.run(words, text=True, capture_output=True, **options)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("W:")] or ["no message"]
        raise Unavailable(f"{words[0]} failed: {lines[-1]}")
    return done.stdout


def mirrors():
    """Addresses of Debian's archives as this machine's apt is configured: {label: address}."""
    text = output(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"])
    rows = [line.split("|") for line in text.splitlines()]
    return {label: address for origin, label, address in rows if origin == "Debian"}


class Apt:
    """An apt with sources, lists and cache of its own below `directory`."""

    def __init__(self, directory, sources, status=None):
        self.directory = Path(directory)
        for name in ["lists/partial", "cache/archives/partial", "packages"]:
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        key = f"[signed-by={KEYRING}] " if os.path.exists(KEYRING) else ""
        text = "".join(f"deb {key}{address} {suite} main\n" for address, suite in sources)
        own = self.directory / "status"
        own.touch()
        self.sources = self.directory / "sources.list"
        settings = {
            "Dir::State": self.directory,
            "Dir::State::status": status or own,
            "Dir::Cache": self.directory / "cache",
            "Dir::Etc::sourcelist": self.sources,
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferencesparts": "-",
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",  # the directory is a checkout, which _apt may not enter
            "Debug::NoLocking": "1",
        }
        self.options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        if not self.sources.exists() or self.sources.read_text() != text:
            self.sources.write_text(text)
            # A suite that the mirror lacks fails the command, and the others are there all the same.
            done = self.run("apt-get", "update")
            self.complaint = next((x for x in done.stderr.splitlines() if x.startswith("E:")), "")
            if not list((self.directory / "lists").glob("*_Packages*")):
                self.sources.unlink()
                raise Unavailable(f"no package lists: {self.complaint or done.stderr[-200:]}")

    def run(self, tool, *words, **options):
        return subprocess.run([tool, *self.options, *words], text=True, capture_output=True, **options)

    def versions(self, package):
        """All versions, the newest first."""
        rows = [line.split("|") for line in self.run("apt-cache", "madison", package).stdout.splitlines()]
        found = {row[1].strip() for row in rows}
        return list(reversed(output(["sort", "-V"], input="\n".join(found)).split()))

    def depends(self, package, version):
        """Names and versions that must be installed along, where the version is said: {name: version}."""
        text = self.run("apt-cache", "show", "--no-all-versions", f"{package}={version}").stdout
        line = next((x for x in text.splitlines() if x.startswith("Depends:")), "")
        return dict(re.findall(r"([a-z0-9.+-]+) \(= ([^)]+)\)", line))

    def unpack(self, package, version, to):
        """Downloads one package and unpacks it below `to`."""
        done = self.run("apt-get", "download", f"{package}={version}", cwd=self.directory / "packages")
        files = sorted((self.directory / "packages").glob(f"{package}_*.deb"))
        if done.returncode or not files:
            raise Unavailable(f"{package} {version}: {(done.stderr.splitlines() or ['no message'])[-1]}")
        to.mkdir(parents=True, exist_ok=True)
        output(["dpkg-deb", "-x", files[-1], to])
        files[-1].unlink()

    def unpack_with_dependencies(self, packages, suite, to):
        """Downloads packages with everything that this machine has not installed, and unpacks all of it below `to`."""
        words = ["install", "-y", "--no-install-recommends", "--download-only", *packages]
        if suite:
            words += ["-t", suite]
        done = self.run("apt-get", *words)
        if done.returncode:
            raise Unavailable(f"{' '.join(packages)}: {(done.stderr.splitlines() or ['no message'])[-1]}")
        for file in (self.directory / "cache/archives").glob("*.deb"):
            output(["dpkg-deb", "-x", file, to])
            file.unlink()


def kernel(directory, wanted):
    """The image of Debian's newest kernel `wanted` ("5.10", "newest"); fetched unless it is there."""
    place = Path(directory) / "images" / wanted
    there = sorted(place.glob("boot/vmlinuz-*"))
    if there:
        return there[-1]
    archive = mirrors()
    if "Debian" not in archive:
        raise Unavailable("no Debian archive is among this machine's apt sources; give images with KERNELS=dir")
    sources = [(archive["Debian"], suite) for suite in SUITES]
    if "Debian-Security" in archive:
        sources += [(archive["Debian-Security"], suite) for suite in SECURITY_SUITES]
    apt = Apt(Path(directory) / "apt-kernels", sources)
    for version in apt.versions(KERNEL):
        if wanted != "newest" and not version.startswith(wanted + "."):
            continue
        for name, exact in apt.depends(KERNEL, version).items():
            if not name.startswith("linux-image-"):
                continue
            # From 7.3 on the image package is empty and what it depends on has the kernel and its modules.
            parts = apt.depends(name, exact)
            binary = next((x for x in parts if x.startswith("linux-binary-")), name)
            apt.unpack(binary, parts.get(binary, exact), place)
            for modules in (x for x in parts if x.startswith("linux-modules-")):
                apt.unpack(modules, parts[modules], place)
            there = sorted(place.glob("boot/vmlinuz-*")) or sorted(place.glob("usr/lib/modules/*/vmlinuz"))
            if there:
                return there[-1]
            raise Unavailable(f"{binary} {exact} has no /boot/vmlinuz-*")
    raise Unavailable(f"the mirror has no {KERNEL} {wanted}{': ' + apt.complaint if hasattr(apt, 'complaint') else ''}")


def policy(directory, source):
    """SELinux's policy `source` in the form that kernels load, made by Debian's checkpolicy, which is not installed."""
    root = Path(directory) / "policy"
    compiler = root / "usr/bin/checkpolicy"
    if not compiler.exists():
        archive = mirrors()
        if "Debian" not in archive:
            raise Unavailable("no Debian archive is among this machine's apt sources, so no checkpolicy")
        release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
        sources = [(archive["Debian"], release.get("VERSION_CODENAME", "").strip('"'))]
        apt = Apt(Path(directory) / "apt-policy", sources, status="/var/lib/dpkg/status")
        apt.unpack_with_dependencies(["checkpolicy"], None, root)
    target = root / "policy"
    # Classes that it does not name are allowed. 31: the newest version that all kernels from 4.15 on load.
    output([compiler, "-M", "-U", "allow", "-c", "31", "-o", target, source])
    return target.read_bytes()


def tools(directory):
    """A tree with QEMU, its libraries and busybox, not installed: {root} holds usr/bin/qemu-system-x86_64."""
    root = Path(directory) / "tools"
    if (root / "usr/bin/qemu-system-x86_64").exists() and (root / "bin/busybox").exists():
        return root
    archive = mirrors()
    if "Debian" not in archive:
        raise Unavailable("no Debian archive is among this machine's apt sources, so no QEMU")
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release.get("VERSION_CODENAME", "").strip('"')
    sources = [(archive["Debian"], suite), (archive["Debian"], suite + "-backports")]
    apt = Apt(Path(directory) / "apt-tools", sources, status="/var/lib/dpkg/status")
    # QEMU 7.2, which bookworm has, now and then hangs or crashes here; 10 does not.
    try:
        apt.unpack_with_dependencies(["qemu-system-x86", "busybox-static"], suite + "-backports", root)
    except Unavailable:
        apt.unpack_with_dependencies(["qemu-system-x86", "busybox-static"], None, root)
    return root
