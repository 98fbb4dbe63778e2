"""`haneul status`"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import click

from haneul.commands.api import Api
from haneul.commands.options import state_option
from haneul.health import is_healthy
from haneul.installation import Installation, existing
from haneul.kernel import room
from haneul.kernel.config import OptionsProblem, decode
from haneul.processes import memory_mib

DETECTED = ("accelerator", "network", "reflink")


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@state_option
def command(installation: Installation, as_json: bool) -> None:
    """Say what runs, and where."""
    status = status_of(installation)
    if as_json:
        click.echo(json.dumps(status, indent=2))
        return
    for line in _lines(status):
        click.echo(line)


def status_of(installation: Installation) -> dict[str, Any]:
    """What is known from outside, and what the control plane says if it is well."""
    record = installation.running()
    healthy = record is not None and is_healthy(record.port)
    facts = _told(installation) if healthy else None
    detected = facts.get("detected", {}) if isinstance(facts, dict) else {}
    processes = [("supervisor", record.supervisor, 0)] if record else []
    processes += [(c.role, c.process, c.deaths) for c in record.children if c.process] if record else []
    return {
        "state": str(installation.state),
        "problems": problems(installation),
        "running": record is not None,
        "healthy": healthy,
        "endpoint": record.endpoint if record else None,
        "simulated": record.simulated if record else installation.settings().simulate,
        "started_at": record.started_at if record else None,
        "processes": [
            {"role": role, "pid": process.pid, "memory_mib": memory_mib(process.pid), "restarts": deaths}
            for role, process, deaths in processes
        ],
        "detected": {what: detected.get(what) for what in DETECTED},
    }


def problems(installation: Installation) -> list[str]:
    """What is about to keep the cloud from working."""
    limits = room.DEFAULTS
    with contextlib.suppress(
        OSError, ValueError, OptionsProblem
    ):  # what is wrong with the options is told at start
        limits = decode("disk", room.RoomLimits, installation.options().get("disk", {}))
    problem = room.problem(existing(installation.state), limits)
    return [problem] if problem else []


def _told(installation: Installation) -> Any:
    """What the cloud tells those who have a token."""
    with contextlib.suppress(click.ClickException, KeyError):
        return Api.of(installation).get("/haneul/v1/status")
    return None


def _lines(status: dict[str, Any]) -> list[str]:
    problems = [f"  {'PROBLEM':<14} {each}" for each in status["problems"]]
    if not status["running"]:
        return [f"Nothing runs on {status['state']}.", *problems]
    well = "healthy" if status["healthy"] else "not healthy; see the logs in " + status["state"] + "/log"
    lines = [
        f"{status['endpoint']}  {well}{', simulated' if status['simulated'] else ''}",
        f"state {status['state']}, started {status['started_at']}",
    ]
    for process in status["processes"]:
        memory = f"{process['memory_mib']:7.1f} MiB" if process["memory_mib"] is not None else "gone"
        restarts = f"  restarted {process['restarts']} times" if process["restarts"] else ""
        lines.append(f"  {process['role']:<14} {process['pid']:>8} {memory}{restarts}")
    lines += [f"  {what:<14} {value}" for what, value in status["detected"].items() if value is not None]
    return lines + problems
