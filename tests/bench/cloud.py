"""The `haneul` command, as the benchmarks run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HANEUL = str(Path(sys.executable).with_name("haneul"))


def haneul(*words: str, program: str = HANEUL) -> str:
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"haneul {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout
