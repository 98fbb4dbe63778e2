"""`haneul identity`"""

from __future__ import annotations

import click

from haneul.commands.options import state_option
from haneul.installation import Installation


@click.group("identity")
def command() -> None:
    """Look after the keys of identity."""


@command.command("rotate-keys")
@state_option
def rotate_keys(installation: Installation) -> None:
    """Sign tokens, and encrypt credentials, with new keys.

    Tokens and credentials stay valid. What runs takes up the new keys by itself, encrypts the credentials
    anew within a minute or so, and drops the old keys once nothing needs them.
    """
    from haneul.services.identity import public as identity  # late: it loads the service

    if not installation.state.is_dir():
        raise click.ClickException(f"There is no cloud in {installation.state}.")
    identity.rotate_keys(installation.state)
    click.echo("New keys are in use.")
