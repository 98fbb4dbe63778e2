"""`haneul SERVICE`: what a service's `commands.py` does in the cloud's folder, with or without a cloud running.

Each public function there that takes the folder is a command: its name with dashes, its docstring the help. What
it returns is printed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import click

from haneul import service_folders
from haneul.commands.options import state_option
from haneul.installation import Installation


def group(service: str, line: str) -> click.Group:
    """`haneul SERVICE` with all its commands; `line` says what for."""
    module = service_folders.part(service, "commands")
    functions = inspect.getmembers(module, inspect.isfunction)
    return click.Group(
        service,
        help=line,
        commands=[
            _command(name.replace("_", "-"), function)
            for name, function in functions
            if function.__module__ == getattr(module, "__name__", None) and not name.startswith("_")
        ],
    )


def _command(name: str, function: Callable[[Path], str]) -> click.Command:
    def run(installation: Installation) -> None:
        if not installation.state.is_dir():
            raise click.ClickException(f"There is no cloud in {installation.state}.")
        click.echo(function(installation.state))

    return click.command(name, help=inspect.getdoc(function))(state_option(run))
