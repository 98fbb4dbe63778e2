"""`haneul why-denied`"""

from __future__ import annotations

from urllib.parse import quote

import click

from haneul.commands.options import state_option
from haneul.installation import Installation

TRIES = 64
"""Each control plane remembers its own refusals, and any of those that share a port may answer a call."""


@click.command("why-denied")
@click.argument("request_id", metavar="REQUEST-ID")
@click.option("--json", "as_json", is_flag=True, help="The record as it is.")
@state_option
def command(installation: Installation, request_id: str, as_json: bool) -> None:
    """Show which rule refused a request, and what would be enough.

    REQUEST-ID is what the answer's header x-openstack-request-id said.
    """
    import json

    from haneul.commands.api import Api

    path = f"/haneul/v1/denials/{quote(request_id, safe='')}"
    tries = 1 if installation.settings().control_planes == 1 else TRIES
    denial = Api.of(installation).get(path, tries=tries)["denial"]
    if as_json:
        click.echo(json.dumps(denial, indent=2))
        return
    lines = {
        "rule": denial["rule"],
        "asks for": denial["check"] or "nothing",
        "scopes": ", ".join(denial["scopes"]) or "any",
        "user": denial["user_id"] or "none",
        "scope held": denial["scope"],
        "roles held": ", ".join(denial["roles"]) or "none",
        "smallest role": denial["smallest_role"] or "none",
    }
    for name, value in lines.items():
        click.echo(f"{name:<15}{value}")
    click.echo(denial["advice"])
