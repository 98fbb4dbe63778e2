"""Measure Haneul and write `docs/performance.md`: `make bench CLOUDBENCH=.../cloudbench.py PEER=.../peer.json`.

Start-up and idle memory are taken of a simulated cloud started by the command; the scenarios are those of
cloudbench, run unchanged; the ratios are to a peer's file of the same program, measured on such a machine.
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

from tests.bench import identity
from tests.bench.cloud import haneul

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
SUITES = "keystone,glance,placement,neutron,nova,nova-crowd,cinder"


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--cloudbench", type=Path, required=True)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--only", default=SUITES)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="haneul-bench-"))
    try:
        cold, warm = starts(folder / "start")
        state = folder / "cloud"
        haneul("up", "--state", str(state), "--simulate", "--hosts", "3", "--port", "0", "--detach")
        try:
            time.sleep(2)
            status: dict[str, Any] = json.loads(haneul("status", "--state", str(state), "--json"))
            memory = sum(p["memory_mib"] or 0 for p in status["processes"])
            url, password = credentials(state)
            words = [sys.executable, str(given.cloudbench), "--auth-url", url, "--user", "admin"]
            words += ["--password", password, "--project", "admin", "--label", "haneul"]
            words += ["--seconds", given.seconds, "--only", given.only, "--json", str(folder / "ours.json")]
            words += ["--compare", str(given.peer)]
            table = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
        finally:
            haneul("down", "--state", str(state))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = page(cold, warm, memory, len(status["processes"]), table, identity.section())
    PAGE.write_text(text)
    print(text)
    return 0


def page(cold: float, warm: float, memory: float, processes: int, table: str, full: str) -> str:
    measured, _, compared = table.partition("\n\n")
    return f"""# Performance

Measured by `make bench` on the machine of the day; ratios are to real OpenStack's file of the same benchmark.
A ratio above 1 means that Haneul is that many times better. Hosts are simulated in both clouds.

| thing | Haneul | OpenStack |
|---|---:|---:|
| `haneul up --simulate`, empty folder, until healthy and furnished | {cold:.1f} s | about 150 s |
| the same, warm | {warm:.1f} s | about 30 s |
| idle memory, {processes} processes | {memory:.0f} MiB | 3144 MiB in 50 processes |

## Ratios

{compared.strip()}

## Identity, full

100,000 users, 10,000 projects, 200,000 assignments, 1,000 groups, 10,000 credentials, against a hundred of
each; one caller, first pages of a hundred.

{full}

## Figures

{measured.strip()}
"""


if __name__ == "__main__":
    sys.exit(main())
