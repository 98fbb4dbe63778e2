"""What only a channel between processes must bear: ends that die, come back, or ask the other way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from haneul.kernel.errors import DriverError, HostUnreachable
from haneul.kernel.hosts import Agents, AgentServer, CallOrigin, Journal
from haneul.kernel.hosts.local_socket import LocalSocketAgent, LocalSocketChannel
from haneul.kernel.hosts.reports import (
    METADATA,
    HostReport,
    MetadataAnswer,
    MetadataRequest,
    answering,
    ask_metadata,
    send_reports,
)


class Bells(Protocol):
    async def ensure_rung(self, name: str) -> str: ...


INTERFACES = {"bells": (Bells,)}

# An agent in a process of its own. Its driver writes a line for each ring; "slow" hangs until it is killed.
AGENT = """
import asyncio, os, sys
from pathlib import Path
from tests.kernel.test_hosts_local_socket import INTERFACES
from haneul.kernel.hosts import AgentServer, Journal
from haneul.kernel.hosts.local_socket import LocalSocketAgent

folder = Path(sys.argv[1])

class Tower:
    async def ensure_rung(self, name):
        with (folder / "rung").open("a") as file:
            file.write(name + "\\n")
        if name == "slow" and not (folder / "second life").exists():
            await asyncio.sleep(600)
        return f"{name} rung"

server = AgentServer({"tower": {"bells": Tower()}}, INTERFACES, Journal(folder / "journal"))
asyncio.run(LocalSocketAgent(folder / "s", server).run())
"""


class Plane:
    def __init__(self) -> None:
        self.reports: list[HostReport] = []

    async def take(self, reports: list[HostReport]) -> None:
        self.reports += reports

    async def metadata(self, payload: bytes) -> bytes:
        request = msgspec.msgpack.decode(payload, type=MetadataRequest)
        text = f"{request.port_id} {request.path}"
        return msgspec.msgpack.encode(MetadataAnswer(200, "text/plain", text.encode()))


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[LocalSocketChannel]:
    plane = Plane()
    made = LocalSocketChannel(tmp_path / "s", answering(plane.take, {METADATA: plane.metadata}))
    made.plane = plane  # type: ignore[attr-defined]
    await made.start()
    yield made
    await made.close()


async def spawn(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", AGENT, str(folder), cwd=Path(__file__).parents[2]
    )


async def test_an_agent_killed_in_mid_call_comes_back_and_the_repeat_is_done(
    channel: LocalSocketChannel, tmp_path: Path
) -> None:
    agents = Agents(channel, INTERFACES)
    first = await spawn(tmp_path)
    await channel.wait_for("tower")
    origin = CallOrigin(7, "ring", "r")
    assert await agents.on("tower", origin).bells.ensure_rung("quick") == "quick rung"
    hanging = asyncio.ensure_future(agents.on("tower", origin).bells.ensure_rung("slow"))
    await _until(lambda: "slow" in (tmp_path / "rung").read_text())
    first.kill()
    await first.wait()
    with pytest.raises(HostUnreachable):
        await hanging
    with pytest.raises(HostUnreachable):
        await agents.on("tower", origin).bells.ensure_rung("slow")
    (tmp_path / "second life").touch()
    second = await spawn(tmp_path)
    try:
        await channel.wait_for("tower")
        assert await agents.on("tower", origin).bells.ensure_rung("quick") == "quick rung"
        assert await agents.on("tower", origin).bells.ensure_rung("slow") == "slow rung"
        assert (tmp_path / "rung").read_text().split() == ["quick", "slow", "slow"]
    finally:
        second.kill()
        await second.wait()


async def test_an_agent_finds_a_control_plane_that_comes_later_and_comes_again(tmp_path: Path) -> None:
    server = AgentServer({"tower": {}}, INTERFACES, Journal())
    connections: list[int] = []
    agent = LocalSocketAgent(tmp_path / "s", server, connected=lambda: connections.append(1))
    running = asyncio.ensure_future(agent.run())
    with pytest.raises(HostUnreachable):
        await agent.upcall("report", b"")
    for _ in range(2):
        plane = Plane()
        channel = LocalSocketChannel(tmp_path / "s", answering(plane.take, {METADATA: plane.metadata}))
        await channel.start()
        await channel.wait_for("tower")
        await _until(lambda: agent.is_connected)
        await send_reports(agent.upcall, [HostReport(name="tower", resources={"VCPU": 2})])
        assert [report.resources for report in plane.reports] == [{"VCPU": 2}]
        await channel.close()
        await _until(lambda: not agent.is_connected)
    assert len(connections) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.close()


async def test_metadata_is_asked_over_the_same_connection(
    channel: LocalSocketChannel, tmp_path: Path
) -> None:
    server = AgentServer({"tower": {}}, INTERFACES, Journal())
    agent = LocalSocketAgent(tmp_path / "s", server)
    request = MetadataRequest("tower", "port-1", "/latest", {})
    assert (await ask_metadata(agent.upcall, request)).status == 503
    running = asyncio.ensure_future(agent.run())
    await _until(lambda: agent.is_connected)
    assert await ask_metadata(agent.upcall, request) == MetadataAnswer(200, "text/plain", b"port-1 /latest")
    with pytest.raises(DriverError, match="knows no 'tea'"):
        await agent.upcall("tea", b"")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.close()


async def test_many_and_large_calls_are_in_flight_at_once(
    channel: LocalSocketChannel, tmp_path: Path
) -> None:
    class Echo:
        async def close(self) -> None: ...

        async def ensure_rung(self, name: str) -> str:
            await asyncio.sleep(0.01)
            return name

    server = AgentServer({"tower": {"bells": Echo()}}, INTERFACES, Journal())
    running = asyncio.ensure_future(LocalSocketAgent(tmp_path / "s", server).run())
    await channel.wait_for("tower")
    bells = Agents(channel, INTERFACES).on("tower").bells
    names = [str(n) * (1 if n % 100 else 1_000_000) for n in range(300)]
    assert await asyncio.gather(*(bells.ensure_rung(name) for name in names)) == names
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.close()


async def test_a_stranger_on_the_socket_is_shown_out(channel: LocalSocketChannel, tmp_path: Path) -> None:
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\1x"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(words)
        assert await reader.read() == b""
        writer.close()
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


async def _until(holds) -> None:
    while not _quietly(holds):  # noqa: ASYNC110  # it happens in another process
        await asyncio.sleep(0.01)


def _quietly(holds) -> bool:
    try:
        return holds()
    except OSError:
        return False
