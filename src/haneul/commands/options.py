"""What several commands take from their command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from haneul.commands.pasted import program
from haneul.installation import Installation, Record, default_state


def state_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--state DIR`, given to the command as an `Installation`."""
    return click.option(
        "--state",
        "installation",
        envvar="HANEUL_STATE",
        metavar="DIR",
        default=lambda: str(default_state()),
        callback=lambda ctx, param, value: Installation(Path(value)),
        help=f"Where everything is kept (default: {default_state()}).",
    )(command)


def require_running(installation: Installation) -> Record:
    """The supervisor's record; a plain word and exit 1 if nothing runs."""
    record = installation.running()
    if record is None:
        raise click.ClickException(
            f"Nothing runs on {installation.state}. Start it with: {program('haneul')} up"
        )
    return record
