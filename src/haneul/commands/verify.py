"""`haneul verify`"""

from __future__ import annotations

import sys

import click

from haneul.commands.options import state_option
from haneul.commands.progress import working
from haneul.installation import Installation


@click.command("verify")
@state_option
def command(installation: Installation) -> None:
    """Check that what is stored fits together. Exits 1 if anything does not."""
    from haneul.process import verify_state  # late: it loads every service

    with working("checking"):
        ok, text = verify_state(installation.state)
    click.echo(text)
    sys.exit(0 if ok else 1)
