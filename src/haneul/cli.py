"""The `haneul` command. Each subcommand is a module of `haneul.commands`, imported when it is used;
services bring further ones.
"""

from __future__ import annotations

import importlib

import click

from haneul import private

COMMANDS = {
    "up": "Start the cloud on this machine.",
    "down": "Stop it; everything is kept.",
    "status": "Say what runs, and where.",
    "verify": "Check that what is stored fits together.",
    "doctor": "Check what this machine can do.",
    "explain": "Show why a server is where it is, or why it is nowhere.",
    "why-denied": "Show which rule refused a request, and what would be enough.",
    "policy": "Print all rules, or check an operator's own.",
    "image": "Build a small image, or fetch a well-known one.",
    "ssh": "Log in to a server.",
    "new": "Write the standard files of a service, resource, saga or driver (in a checkout).",
    "version": "Print the version.",
}


class _Lazy(click.Group):
    """Knows its commands by name and line of help only, so that `haneul --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *_of_services()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return _of_service(cmd_name)
        command: click.Command = importlib.import_module(
            f"haneul.commands.{cmd_name.replace('-', '_')}"
        ).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items(), *_of_services().items()])


def _of_services() -> dict[str, str]:
    """The services that bring commands of their own, and a line on each."""
    from haneul import service_folders

    return {
        service.replace("_", "-"): f"Look after the files of {service_folders.manifest(service).title}."
        for service in service_folders.names()
        if service_folders.has_part(service, "commands")
    }


def _of_service(name: str) -> click.Command | None:
    line = _of_services().get(name)
    if line is None:
        return None
    from haneul.commands import of_service

    return of_service.group(name.replace("-", "_"), line)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Haneul: a cloud operating system that speaks OpenStack's APIs."""
    private.begin()


if __name__ == "__main__":
    main()
