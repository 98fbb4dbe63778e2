"""The tests beside what was changed since the branch left main, committed or not: `make quick T=changed`.

python -m tests.changed        # prints files and folders, for pytest
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[1]
ALWAYS = "tests/architecture"
MAIN = "main"


def changed() -> list[str]:
    """Every file that differs, and those that nobody has added yet."""
    base = _git("merge-base", "HEAD", MAIN)[0]
    return [*_git("diff", "--name-only", base), *_git("ls-files", "--others", "--exclude-standard")]


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )[:-1]


def beside(paths: Iterable[str]) -> list[str]:
    """Where the tests of these files are; what is for all tests (`tests/*.py`) stands for none of them."""
    places = {place for path in paths for place in _of(PurePath(path)) if (ROOT / place).exists()}
    whole = {ALWAYS, *places}
    return sorted(
        place for place in whole if not any(str(parent) in whole for parent in PurePath(place).parents)
    )


def _of(path: PurePath) -> Iterator[str]:
    match path.parts:
        case ("tests", *_, name) if name.startswith("test_"):
            yield str(path)
        case ("tests", folder, *inner, _):
            yield "/".join(("tests", folder, *inner[: 1 if folder == "services" else 0]))
        case ("src", "haneul", "services", service, *_):
            yield f"tests/services/{service}"
        case ("src", "haneul", module):
            yield f"tests/test_{module}"
        case ("src", "haneul", folder, *_):
            yield f"tests/{folder}"


if __name__ == "__main__":
    print(*beside(changed()))
