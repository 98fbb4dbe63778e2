"""What the cloud runs with may be given on with it: each package's licence is one that goes with Apache 2.0."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "licences.md"
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)
ELSEWHERE = re.compile(r"^([A-Za-z0-9_.-]+)==\S+ ; .*sys_platform == 'win32'", re.MULTILINE)
FITTING = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
SPELLINGS = {
    "apache software license": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "bsd license": "BSD-3-Clause", "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "python software foundation license": "PSF-2.0",
    "psfl": "PSF-2.0", "bsd": "BSD-3-Clause",
}  # fmt: skip
HEAD = """# Licences of what we run with

The packages of `requirements/runtime.txt`, as they say of themselves. `pytest tests/test_licences.py --rewrite-golden`
writes this file; the test fails for a licence that does not go with Apache 2.0. Where a package offers a choice, one
that does is taken.

| package | licence |
|---|---|
"""


def packages() -> list[str]:
    text = (ROOT / "requirements" / "runtime.txt").read_text()
    return sorted(set(PINNED.findall(text)) - set(ELSEWHERE.findall(text)), key=str.lower)


def licence(package: str) -> str:
    """What the package's metadata says, in SPDX's words."""
    found = metadata.metadata(package)
    if said := found.get("License-Expression"):
        return said
    classes = [
        c.rsplit(" :: ", 1)[-1] for c in found.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    first_line = (found.get("License") or "").strip().split("\n")[0]
    names = classes or [first_line]
    return " OR ".join(sorted({SPELLINGS.get(name.lower(), name) for name in names}))


def fits(expression: str) -> bool:
    """Whether one of the choices is made of fitting licences only."""
    return any(
        all(part.strip(" ()") in FITTING for part in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


@pytest.mark.parametrize("package", packages())
def test_a_package_may_be_given_on(package: str) -> None:
    assert fits(licence(package)), f"{package}: {licence(package)}"


@pytest.mark.parametrize(
    "expression", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "", "Proprietary"]
)
def test_what_does_not_go_with_ours_is_seen(expression: str) -> None:
    assert not fits(expression)


def test_the_list_is_as_the_packages_say(request: pytest.FixtureRequest) -> None:
    text = HEAD + "".join(f"| {package} | {licence(package)} |\n" for package in packages())
    if request.config.getoption("--rewrite-golden"):
        DOCUMENT.write_text(text)
        return
    assert DOCUMENT.read_text() == text
