"""`haneul doctor`: each check tries what the cloud will do, and says what to do if it fails."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from haneul.commands.options import state_option
from haneul.installation import Installation, existing, is_free
from haneul.kernel import room

LEAST_DISK_GB, LEAST_MEMORY_MIB = 2, 1024


class Finding(NamedTuple):
    what: str
    is_good: bool
    found: str
    needed_for: str = "real"
    """`all`: nothing works without it; `real`: simulating does; `speed`: it works, more slowly."""
    remedy: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@state_option
def command(installation: Installation, as_json: bool) -> None:
    """Check what this machine can do. Exits 1 if not even simulated hosts would run."""
    findings = list(examine(installation))
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for finding in findings:
            mark = (
                "ok  "
                if finding.is_good
                else {"all": "BAD ", "speed": "slow"}.get(finding.needed_for, "no  ")
            )
            click.echo(f"{mark} {finding.what:<22} {finding.found}")
            if not finding.is_good and finding.remedy:
                click.echo(f"     {'':<22} {finding.remedy}")
    sys.exit(0 if all(f.is_good for f in findings if f.needed_for == "all") else 1)


def examine(installation: Installation) -> Iterator[Finding]:
    yield _python()
    yield _state(installation)
    yield _disk(installation)
    yield _memory()
    yield _port(installation)
    yield _root()
    for tool, package in (
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("qemu-img", "qemu-utils"),
        ("qemu-storage-daemon", "qemu-system-x86"),
        ("mkfs.ext4", "e2fsprogs"),
        ("mkfs.vfat", "dosfstools"),
        ("mkswap", "util-linux"),
        ("genisoimage", "genisoimage"),
        ("dnsmasq", "dnsmasq-base"),
        ("ssh", "openssh-client"),
    ):
        yield _tool(tool, package)
    yield _tried("network namespaces", ["unshare", "--net", "true"], "run as root, outside of a sandbox")
    yield _tried(
        "packet filter", ["unshare", "--net", "nft", "list", "ruleset"], "apt install nftables, as root"
    )
    yield _kvm()
    yield _reflink(installation)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "all", "install Python 3.11 or later")


def _state(installation: Installation) -> Finding:
    good = os.access(existing(installation.state), os.W_OK)
    return Finding("state folder", good, str(installation.state), "all", "choose another with --state DIR")


def _disk(installation: Installation) -> Finding:
    free = shutil.disk_usage(existing(installation.state)).free / 1e9
    remedy = f"free {LEAST_DISK_GB} GB, or choose another folder with --state DIR"
    if problem := room.problem(existing(installation.state)):
        return Finding("disk", False, problem, "real", remedy)
    return Finding("disk", free >= LEAST_DISK_GB, f"{free:.1f} GB free", "real", remedy)


def _memory() -> Finding:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) // 1024
            return Finding("memory", available >= LEAST_MEMORY_MIB, f"{available} MiB available")
    return Finding("memory", False, "unknown")


def _port(installation: Installation) -> Finding:
    port = installation.settings().port
    running = installation.running()
    if running is not None:
        return Finding("port", True, f"{running.port}, ours", "all")
    return Finding("port", is_free(port), str(port), "all", "another program uses it: haneul up --port N")


def _root() -> Finding:
    good = os.geteuid() == 0
    return Finding("root", good, "yes" if good else "no", "real", "without root only: haneul up --simulate")


def _tool(tool: str, package: str) -> Finding:
    path = shutil.which(tool)
    return Finding(tool, path is not None, path or "not found", "real", f"apt install {package}")


def _tried(what: str, line: list[str], remedy: str) -> Finding:
    try:
        done = subprocess.run(line, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return Finding(what, False, str(problem), "real", remedy)
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return Finding(what, done.returncode == 0, lines[-1] if lines else "work", "real", remedy)


def _kvm() -> Finding:
    good = os.access("/dev/kvm", os.R_OK | os.W_OK)
    result = "/dev/kvm opens; the agent tries whether it runs a kernel" if good else "no /dev/kvm"
    return Finding("hardware acceleration", good, result, "speed", "guests are emulated")


def _reflink(installation: Installation) -> Finding:
    """Whether the file system copies without copying, tried with two small files."""
    folder = existing(installation.state)
    source, copy = folder / ".haneul-reflink-1", folder / ".haneul-reflink-2"
    try:
        source.write_bytes(b"x" * 4096)
        line = ["cp", "--reflink=always", str(source), str(copy)]
        good = subprocess.run(line, capture_output=True, timeout=5, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        good = False
    finally:
        _remove(source, copy)
    return Finding("reflinks", good, "yes" if good else "no", "speed", "disks are layered on images instead")


def _remove(*files: Path) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
