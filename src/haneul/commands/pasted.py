"""Commands that are shown to be pasted: written as this shell finds them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def pasted(line: str) -> str:
    """The command line with its program where it is, if not on the PATH."""
    name, _, rest = line.partition(" ")
    return f"{program(name)} {rest}".strip()


def program(name: str) -> str:
    """`haneul`, or `.venv/bin/haneul` in a checkout: programs lie beside the Python that runs this."""
    beside = Path(sys.executable).parent / name
    on_path = shutil.which(name)
    if not beside.exists() or (on_path is not None and Path(on_path).resolve() == beside.resolve()):
        return name
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)
