"""`haneul down`"""

from __future__ import annotations

import asyncio
import subprocess
import sys

import click

from haneul.commands.options import state_option
from haneul.commands.pasted import program
from haneul.installation import Installation, Record
from haneul.processes import stop, wait_until_gone
from haneul.supervisor import PATIENCE_S


@click.command("down")
@state_option
def command(installation: Installation) -> None:
    """Stop it; everything is kept."""
    record = installation.record()
    if record is None or not _something_lives(record):
        click.echo(f"Nothing runs on {installation.state}.")
        return
    from haneul.commands.progress import working

    with working("stopping"):
        asyncio.run(stop_all(record))
        is_clear = record.simulated or _power_off(installation)
    installation.record_file.unlink(missing_ok=True)
    if not is_clear:
        click.echo(
            "The servers or their networks could not all be stopped; see what the agent said.", err=True
        )
        sys.exit(1)
    if not record.simulated:
        click.echo(
            f"The servers are off, their networks are taken away; `{program('haneul')} up` brings both back."
        )
    click.echo(f"Stopped. Everything is kept; `{program('haneul')} up` goes on from here.")


def _power_off(installation: Installation) -> bool:
    """Servers stop with their host, and networks go; `haneul up` brings both back. Whether it worked."""
    command = [sys.executable, "-m", "haneul.host_agent", "--state", str(installation.state), "--power-off"]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0


def _something_lives(record: Record) -> bool:
    processes = [record.supervisor, *(c.process for c in record.children if c.process)]
    return any(p.is_alive for p in processes)


async def stop_all(record: Record) -> None:
    """The supervisor and its children are gone, also if it was killed and they were left over."""
    await stop(record.supervisor, patience_s=PATIENCE_S + 2)
    for child in record.children:
        if child.process is not None and not await wait_until_gone(child.process, 0):
            await stop(child.process, patience_s=PATIENCE_S)
