"""`haneul up`"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import click
from msgspec.structs import replace

from haneul import private
from haneul.commands.api import Api
from haneul.commands.clouds import offer
from haneul.commands.options import state_option
from haneul.commands.pasted import pasted
from haneul.commands.progress import working
from haneul.health import NotHealthy, last_line, wait_until_healthy
from haneul.installation import (
    Installation,
    NotUsable,
    Settings,
    default_state,
    free_port,
    is_free,
    require_usable,
)
from haneul.supervisor import Supervisor, clear_away, run_until_told

START_TIMEOUT_S = 60.0
LEAST_FREE_MIB = 32
"""A new store, its journal and the first lines of the logs."""


@click.command("up")
@state_option
@click.option("--port", type=click.IntRange(0, 65535), help="Where the API answers (0: any free port).")
@click.option("--detach", is_flag=True, help="Return as soon as it is healthy.")
@click.option("--simulate", is_flag=True, default=None, help="Simulated hosts: no root, nothing real.")
@click.option("--hosts", type=click.IntRange(1), help="How many simulated hosts.")
@click.option("--agent-process", is_flag=True, default=None, help="Simulated hosts in their own process.")
@click.option("--services", help="minimum, core, all, or names with commas.")
@click.option("--demo", is_flag=True, help="Also make a server to log in to.")
@click.option("--bare", is_flag=True, help="Put no image into it.")
@click.option("--uplink", type=click.Choice(["none", "host"]), help="What the external network reaches.")
@click.option("--clouds/--no-clouds", default=None, help="Add it to ~/.config/openstack/clouds.yaml.")
@click.option("--database", metavar="URL", help="A PostgreSQL database instead of the file in --state.")
@click.option("--control-planes", type=click.IntRange(1), help="This many, sharing port and database.")
def command(
    installation: Installation, detach: bool, demo: bool, bare: bool, clouds: bool | None, **wanted: Any
) -> None:
    """Start the cloud on this machine. What is not said is as it was the last time."""
    try:
        require_usable(installation, LEAST_FREE_MIB)
    except NotUsable as problem:
        raise click.ClickException(str(problem)) from None
    private.tighten(installation.state)
    if not _is_clear(installation):
        return
    settings = choose(installation.settings(), wanted)
    if settings.control_planes > 1 and not settings.database:
        raise click.ClickException("Several control planes need a database server: --database URL.")
    if not is_free(settings.port):
        raise click.ClickException(
            f"Port {settings.port} is in use by another program; choose one with --port N (0: any)."
        )
    is_new = not (installation.state / "clouds.yaml").exists()
    installation.remember(settings)

    def ready() -> None:
        furnish(installation, settings, None if bare else demo)
        tell(installation, settings)
        if not bare:
            introduce(installation)
            offer(installation.state / "clouds.yaml", clouds, is_new=is_new)

    if detach:
        _start_detached(installation, settings, ready)
    else:
        asyncio.run(_run_here(installation, settings, ready))


def choose(remembered: Settings, wanted: dict[str, Any]) -> Settings:
    """The settings to start with: what was asked for now, over what was asked for last."""
    settings = replace(remembered, **{key: value for key, value in wanted.items() if value is not None})
    if settings.port == 0:
        settings.port = free_port()
    return settings


def _is_clear(installation: Installation) -> bool:
    """Nothing runs, nor is anything left of what was killed; False, and a word, if something does."""
    record = installation.running()
    if record is not None:
        click.echo(f"It is already running at {record.endpoint}; nothing was changed.")
        return False
    lock = installation.lock()
    if lock is None:
        click.echo("It is just starting or stopping; nothing was changed.")
        return False
    try:
        asyncio.run(clear_away(installation))
    finally:
        os.close(lock)
    return True


def _start_detached(installation: Installation, settings: Settings, ready: Callable[[], None]) -> None:
    installation.logs.mkdir(parents=True, exist_ok=True)
    with installation.log_of("supervisor").open("ab") as file:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "haneul.supervisor", "--state", str(installation.state)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        with working("starting"):
            asyncio.run(_healthy(installation, settings, supervisor))
    except NotHealthy as problem:
        supervisor.terminate()
        supervisor.wait()
        _fail(installation, problem)
    ready()


async def _healthy(
    installation: Installation, settings: Settings, supervisor: subprocess.Popen[bytes]
) -> None:
    waiting = asyncio.ensure_future(wait_until_healthy(installation, settings.port, START_TIMEOUT_S))
    while not waiting.done():
        if supervisor.poll() is not None:
            waiting.cancel()
            raise NotHealthy("supervisor", last_line(installation, "supervisor"))
        await asyncio.wait((waiting,), timeout=0.1)
    waiting.result()


async def _run_here(installation: Installation, settings: Settings, ready: Callable[[], None]) -> None:
    """Run until Ctrl-C; `ready` is called in a thread as soon as it is healthy."""
    running = asyncio.ensure_future(run_until_told(Supervisor(installation, settings)))
    healthy = asyncio.ensure_future(wait_until_healthy(installation, settings.port, START_TIMEOUT_S))
    await asyncio.wait((running, healthy), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        healthy.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await healthy
        await running
        return
    try:
        await healthy
    except NotHealthy as problem:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        _fail(installation, problem)
    await asyncio.to_thread(ready)
    click.echo("Ctrl-C stops it.")
    await running


def furnish(installation: Installation, settings: Settings, demo: bool | None) -> None:
    """There is an image to boot; with `demo` also a server; with None neither. A failure names the step."""
    if demo is None:
        return
    work = importlib.import_module("haneul.commands.demo")
    try:
        with working("preparing"):
            work.prepare(installation.state, click.echo, is_simulated=settings.simulate)
        if demo:
            with working("making the demo"):
                work.build(installation.state, click.echo)
    except work.DemoFailed as problem:
        click.echo(f"It runs, but is not complete: {problem}", err=True)
        click.echo(f"The logs are in {installation.logs}", err=True)
        sys.exit(1)


def tell(installation: Installation, settings: Settings) -> None:
    """Say where things are."""
    click.echo(
        f"\nHaneul runs at http://127.0.0.1:{settings.port}{' (simulated)' if settings.simulate else ''}"
    )
    click.echo(f"  {'state':<18} {installation.state}")
    click.echo(f"  {'logs':<18} {installation.logs}")


def introduce(installation: Installation) -> None:
    """Say what answers where, and what to try."""
    api = Api.of(installation)
    for kind, url in endpoints(api):
        click.echo(f"  {kind:<18} {url}")
    if link := login_link(api):
        click.echo(f"In a browser, logged in as admin (once, within {link['minutes']} minutes):")
        click.echo(f"  {link['url']}")
    click.echo("Next:")
    click.echo(f"  export OS_CLIENT_CONFIG_FILE={installation.state}/clouds.yaml OS_CLOUD=haneul-demo")
    for line in what_next(installation, api):
        click.echo(f"  {pasted(line)}")


def login_link(api: Api) -> dict[str, Any] | None:
    """What opens the pages of this cloud, if it has any."""
    catalog = api.get("/identity/v3/auth/catalog")["catalog"]
    if not any(entry["type"] == "dashboard" for entry in catalog):
        return None
    found: dict[str, Any] = api.post("/dashboard/v1/login-links")["login_link"]
    return found


def endpoints(api: Api) -> list[tuple[str, str]]:
    """(service type, address), from the cloud's own catalogue; one row for an address with several types."""
    catalog = api.get("/identity/v3/auth/catalog")["catalog"]
    by_type: dict[str, str] = {}
    for entry in catalog:
        for each in entry["endpoints"]:
            if each["interface"] == "public":
                by_type[each["url"]] = min(by_type.get(each["url"], entry["type"]), entry["type"])
    return sorted((kind, url) for url, kind in by_type.items())


def what_next(installation: Installation, api: Api) -> list[str]:
    """Three commands worth trying now."""
    servers = api.get("/compute/v2.1/servers", all_tenants="1", name="^hello$")["servers"]
    state = "" if installation.state == default_state() else f" --state {installation.state}"
    if not servers:
        return ["openstack image list", "openstack flavor list", f"haneul status{state}"]
    if installation.settings().simulate:
        return ["openstack server list", "openstack server show hello", f"haneul explain{state} server hello"]
    return [f"haneul ssh{state} hello", "openstack server list", "openstack console log show hello"]


def _fail(installation: Installation, problem: NotHealthy) -> None:
    click.echo(f"It did not start: {problem.role}: {problem}", err=True)
    click.echo(f"The log is {installation.log_of(problem.role)}", err=True)
    sys.exit(1)
