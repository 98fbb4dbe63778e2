"""Measure Haneul and write `docs/performance.md`: `make bench CLOUDBENCH=.../cloudbench.py PEER=.../peer.json`.

Start-up and idle memory are taken of clouds started by the command, simulated and real; the scenarios are
those of cloudbench, run unchanged; the ratios are to a peer's file of the same program, measured on such a machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import identity, image_lists, images, real
from tests.bench.cloud import haneul

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
SUITES = "keystone,glance,placement,neutron,nova,nova-crowd,cinder"
REAL_SUITES = "glance,neutron,cinder"


def starts(state: Path) -> tuple[float, float]:
    """Seconds until `haneul up --detach` returns: on an empty folder, and the median of three warm ones."""
    taken = []
    for _ in range(4):
        begun = time.monotonic()
        haneul("up", "--state", str(state), "--simulate", "--port", "0", "--detach")
        taken.append(time.monotonic() - begun)
        haneul("down", "--state", str(state))
    return taken[0], statistics.median(taken[1:])


def credentials(state: Path) -> tuple[str, str]:
    """(endpoint of identity, password of admin)"""
    endpoint = json.loads(haneul("status", "--state", str(state), "--json"))["endpoint"]
    password = json.loads((state / "passwords.json").read_text())["admin"]
    return f"{endpoint}/identity", password


def cloud(state: Path, *options: str) -> tuple[float, int]:
    """A cloud runs on the folder, two seconds after it said so; its memory in MiB and its processes."""
    haneul("up", "--state", str(state), "--port", "0", "--detach", *options)
    time.sleep(2)
    status: dict[str, Any] = json.loads(haneul("status", "--state", str(state), "--json"))
    return sum(p["memory_mib"] or 0 for p in status["processes"]), len(status["processes"])


def compared(given: argparse.Namespace, state: Path, suites: str) -> str:
    """What cloudbench says of the cloud on that folder, beside its peer."""
    url, password = credentials(state)
    words = [sys.executable, str(given.cloudbench), "--auth-url", url, "--user", "admin"]
    words += ["--password", password, "--project", "admin", "--label", "haneul"]
    words += ["--seconds", given.seconds, "--only", suites, "--json", str(state.parent / "ours.json")]
    words += ["--compare", str(given.peer)]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


def compared_again(given: argparse.Namespace, ours: Path) -> str:
    """What was measured just now, beside the other peer."""
    words = [sys.executable, str(given.cloudbench), "--load", str(ours), "--compare", str(given.beside)]
    said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    return f"## Ratios to OpenStack on the same machine in the same hour\n\n{said.partition(chr(10) * 2)[2].strip()}\n\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--cloudbench", type=Path, required=True)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument(
        "--beside", type=Path, help="a file of the same benchmark, of OpenStack on this machine in this hour"
    )
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--only", default=SUITES)
    parser.add_argument("--only-real", default=REAL_SUITES)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="haneul-bench-"))
    folder.chmod(0o711)  # QEMU's own account passes through
    try:
        cold, warm = starts(folder / "start")
        state = folder / "cloud"
        memory, processes = cloud(state, "--simulate", "--hosts", "3")
        try:
            table = compared(given, state, given.only)
            beside = compared_again(given, folder / "ours.json") if given.beside else ""
            status: dict[str, Any] = json.loads(haneul("status", "--state", str(state), "--json"))
            data = images.measured(images.cloud(status, *credentials(state))).table()
        finally:
            haneul("down", "--state", str(state))
        real_state = folder / "real"
        real_memory, _ = cloud(real_state)
        try:
            machines = real.measure(real_state, real_memory)
            real_table = compared(given, real_state, given.only_real)
        finally:
            haneul("down", "--state", str(real_state))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = page(
        cold,
        warm,
        memory,
        processes,
        machines,
        table,
        beside,
        real_table,
        data,
        identity.section(),
        image_lists.section(),
    )
    PAGE.write_text(text)
    print(text)
    return 0


def page(
    cold: float,
    warm: float,
    memory: float,
    processes: int,
    machines: real.Real,
    table: str,
    beside: str,
    real_table: str,
    data: str,
    full: str,
    lists: str,
) -> str:
    measured, _, ratios = table.partition("\n\n")
    real_ratios = real_table.partition("\n\n")[2]
    return f"""# Performance

Measured by `make bench` on the machine of the day; ratios are to real OpenStack's file of the same benchmark.
A ratio above 1 means that Haneul is that many times better. Hosts are simulated in both clouds.

| thing | Haneul | OpenStack |
|---|---:|---:|
| `haneul up --simulate`, empty folder, until healthy and furnished | {cold:.1f} s | about 150 s |
| the same, warm | {warm:.1f} s | about 30 s |
| idle memory, {processes} processes | {memory:.0f} MiB | 3144 MiB in 50 processes |
| idle memory, real mode | {machines.memory_mib:.0f} MiB | |
| real mode, from the request until the guest runs | {machines.through_s * 1000:.0f} ms | |
| the same command line of QEMU by hand | {machines.bare_s * 1000:.0f} ms | |
| so Haneul adds | {(machines.through_s - machines.bare_s) * 1000:.0f} ms | |

{data}

## Ratios, simulated hosts

{ratios.strip()}

{beside}## Ratios, real machines, networks and disks (the peer's are fake)

{real_ratios.strip()}

## Identity, full

100,000 users, 10,000 projects, 200,000 assignments, 1,000 groups, 10,000 credentials, against a hundred of
each; one caller, first pages of a hundred.

{full}

## Images, full

{lists}

## Figures

{measured.strip()}
"""


if __name__ == "__main__":
    sys.exit(main())
