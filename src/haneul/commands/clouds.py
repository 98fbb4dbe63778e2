"""The user's own clouds.yaml, and ours in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from haneul.kernel import whole_files

BEGIN, END = "# haneul: from here", "# haneul: to here"


def users_file() -> Path:
    """Where the clients look, after the folder that they are called in."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "openstack" / "clouds.yaml"


def offer(ours: Path, wanted: bool | None, *, is_new: bool) -> None:
    """Our clouds are in the user's file if that was `wanted`; None: asked, once, on a terminal."""
    file = users_file()
    if wanted is None and not (is_new and os.isatty(0) and os.isatty(1)):
        return
    if wanted is None:
        wanted = click.confirm(f"Add the clouds haneul, haneul-demo and haneul-alt to {file}?", default=False)
    if wanted:
        put(ours, file)
        click.echo(f"  {file} has them; they need no OS_CLIENT_CONFIG_FILE.")


def put(ours: Path, file: Path) -> None:
    """The file has our clouds beside all that it had. ClickException, and nothing changed, if it cannot."""
    merged = merge(file.read_text() if file.exists() else "", ours.read_text())
    file.parent.mkdir(parents=True, exist_ok=True)
    whole_files.write(file, merged, mode=file.stat().st_mode & 0o777 if file.exists() else 0o600)


def merge(theirs: str, ours: str) -> str:
    """Their text with our clouds under `clouds:`, between two comments; what was between them is replaced.

    It works on lines, so that their comments and their order stay as they were.
    """
    blocks = ours.partition("clouds:\n")[2].rstrip("\n").split("\n")
    lines = _without_ours(theirs.rstrip("\n").split("\n") if theirs.strip() else ["clouds:"])
    top = next((n for n, line in enumerate(lines) if re.fullmatch(r"clouds:\s*(#.*)?", line)), None)
    if top is None:
        raise click.ClickException("It has no `clouds:` on a line of its own; merge ours by hand.")
    keys = [re.match(r"( +)([^\s#:][^:]*):", line) for line in lines[top + 1 :]]
    names = [key for key in keys if key]
    indent = names[0][1] if names else "  "
    taken = {key[2].strip("\"'") for key in names if key[1] == indent}
    named = {line.strip(" :") for line in blocks if re.match(r"  \S", line)}
    if both := sorted(taken & named):
        raise click.ClickException(f"It has a cloud {both[0]!r} already; rename it, or merge ours by hand.")
    shifted = [indent + line[2:] for line in blocks]
    return "\n".join([*lines[: top + 1], indent + BEGIN, *shifted, indent + END, *lines[top + 1 :]]) + "\n"


def _without_ours(lines: list[str]) -> list[str]:
    marks = [n for n, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    return lines[: marks[0]] + lines[marks[1] + 1 :] if len(marks) == 2 else lines
