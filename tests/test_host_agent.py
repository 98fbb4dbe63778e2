"""The agent of simulated hosts: in process, and as the process it is on a real one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from haneul.host_agent import AgentConfig, build_agent, interfaces, read_arguments
from haneul.kernel.hosts import Agents, CallOrigin
from haneul.kernel.hosts.in_process import InProcessChannel
from haneul.kernel.hosts.local_socket import LocalSocketChannel
from haneul.kernel.hosts.reports import METADATA, HostReport, MetadataAnswer, MetadataRequest, answering
from haneul.services.compute.drivers.interface import MachineSpec, PowerState

MACHINE = MachineSpec(id="m1", name="one", vcpus=1, memory_mib=64)


class Plane:
    """What a control plane hears."""

    def __init__(self) -> None:
        self.reports: list[HostReport] = []
        self.heard = asyncio.Condition()
        self.upcall = answering(self.take, {METADATA: self.metadata})

    async def take(self, reports: list[HostReport]) -> None:
        async with self.heard:
            self.reports += reports
            self.heard.notify_all()

    async def metadata(self, payload: bytes) -> bytes:
        request = msgspec.msgpack.decode(payload, type=MetadataRequest)
        return msgspec.msgpack.encode(MetadataAnswer(200, "text/plain", request.path.encode()))

    async def until(self, holds) -> None:
        async with self.heard:
            await self.heard.wait_for(holds)


@pytest.fixture
async def plane() -> Plane:
    return Plane()


@pytest.fixture
async def channel(plane: Plane, tmp_path: Path) -> AsyncIterator[LocalSocketChannel]:
    made = LocalSocketChannel(tmp_path / "run/agents.sock", plane.upcall)
    await made.start()
    yield made
    await made.close()


async def spawn(state: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "haneul.host_agent", "--state", str(state), "--hosts", "3"
    )


async def test_in_one_process_with_the_control_plane(plane: Plane, tmp_path: Path) -> None:
    agent = build_agent(AgentConfig(state=str(tmp_path), simulated_hosts=50), plane.upcall)
    await agent.start()
    assert agent.made("host-1", "hypervisor") is None
    reporting = asyncio.ensure_future(agent.run())
    await plane.until(lambda: len(plane.reports) == 50)
    assert {report.name for report in plane.reports} == {f"host-{n}" for n in range(1, 51)}
    assert all(
        report.resources["VCPU"] and report.drivers["hypervisor"] == "fake" for report in plane.reports
    )
    hypervisor = (
        Agents(InProcessChannel(agent), interfaces()).on("host-7", CallOrigin(1, "s", "r")).hypervisor
    )
    await hypervisor.ensure_running(MACHINE)
    assert await hypervisor.machines() == {"m1": PowerState.RUNNING}
    plane.reports.clear()
    made: Any = agent.made("host-7", "hypervisor")
    made.happen("m1", PowerState.CRASHED)  # heard at once, not in ten seconds
    await plane.until(lambda: any(r.states == {"hypervisor": {"m1": "crashed"}} for r in plane.reports))
    assert [report.name for report in plane.reports] == ["host-7"]
    reporting.cancel()
    await asyncio.gather(reporting, return_exceptions=True)
    await agent.close()


async def test_killed_and_started_again_it_reports_what_still_runs(
    plane: Plane, channel: LocalSocketChannel, tmp_path: Path
) -> None:
    agents = Agents(channel, interfaces())
    first = await spawn(tmp_path)
    await channel.wait_for("host-2")
    await agents.on("host-2", CallOrigin(1, "spawn", "m1")).hypervisor.ensure_running(MACHINE)
    first.kill()
    await first.wait()
    plane.reports.clear()
    second = await spawn(tmp_path)
    await plane.until(lambda: any(r.states == {"hypervisor": {"m1": "running"}} for r in plane.reports))
    assert {r.name for r in plane.reports} == {"host-1", "host-2", "host-3"}
    second.terminate()
    assert await second.wait() == 0


async def test_a_control_plane_that_starts_anew_hears_at_once(
    plane: Plane, channel: LocalSocketChannel, tmp_path: Path
) -> None:
    agent = await spawn(tmp_path)
    await plane.until(lambda: len(plane.reports) >= 3)
    await channel.close()
    again = Plane()
    successor = LocalSocketChannel(tmp_path / "run/agents.sock", again.upcall)
    await successor.start()
    await again.until(lambda: len(again.reports) >= 3)
    agent.terminate()
    assert await agent.wait() == 0
    await successor.close()


def test_the_command_line_goes_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(
        'state = "/s"\nhosts = ["a"]\n[drivers]\nvolumes = "fake"\n'
        '[options.network]\nuplink = "none"\nx = 1\n'
    )
    config = read_arguments(
        ["--config", str(file), "--host", "b", "--driver", "network=fake", "--option", "network.uplink=host"]
    )
    assert config.names() == ["b"]
    assert config.driver_names() == {
        "hypervisor": "qemu",
        "network": "fake",
        "volumes": "fake",
        "backups": "posix",
    }
    assert config.options == {"network": {"uplink": "host", "x": 1}}


def test_what_the_file_misspells_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('state = "/s"\nhost = "a"\n')
    with pytest.raises(SystemExit):
        read_arguments(["--config", str(file)])
    assert "host" in capsys.readouterr().err


async def test_the_agents_process_loads_no_database(tmp_path: Path) -> None:
    heavy = "{'sqlalchemy', 'falcon', 'alembic', 'uvicorn', 'click', 'rich', 'asyncpg'}"
    code = f"import sys, haneul.host_agent as a; a.interfaces(); print(sorted({heavy} & set(sys.modules)))"
    done = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await done.communicate())[0].decode().strip() == "[]"
