"""`haneul ssh`"""

from __future__ import annotations

import os

import click

from haneul.commands.options import state_option
from haneul.installation import Installation


@click.command("ssh", context_settings={"ignore_unknown_options": True})
@click.argument("server")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@state_option
def command(installation: Installation, server: str, arguments: tuple[str, ...]) -> None:
    """Log in to a server by its floating address, or run a command there."""
    from haneul.commands.api import Api

    api = Api.of(installation)
    reach = api.get(f"/haneul/v1/servers/{api.server_id(server)}/reach")
    key = reach.get("key") or str(installation.state / "demo" / "id")
    line = ssh_line(reach["namespace"], reach["address"], key, reach["user"], arguments)
    os.execvp(line[0], line)  # noqa: S606  # we become ssh: its terminal and its exit status are ours


def ssh_line(
    namespace: str | None, address: str, key: str, user: str, arguments: tuple[str, ...]
) -> list[str]:
    """The command that logs in from inside the namespace, or from here if there is none."""
    line = ["nsenter", f"--net=/run/netns/{namespace}"] if namespace else []
    line += ["ssh", "-i", key]
    for option in (  # a cloud's servers come and go; their keys are not worth remembering
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "LogLevel=ERROR",
        "IdentitiesOnly=yes",
    ):
        line += ["-o", option]
    return [*line, f"{user}@{address}", *arguments]
