"""Builds the process that runs on each host: its drivers, and a way to call them.

    python -m haneul.host_agent --state DIR --socket PATH [--hosts N] [--driver hypervisor=qemu ...]
    python -m haneul.host_agent --config FILE

It needs neither database nor API: it connects to the control plane's socket, takes calls, and tells
every ten seconds what its hosts have. One process may serve many hosts, which is what simulated ones do;
their drivers are made when first needed, those of real hosts at the start, to find what still runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from haneul import private
from haneul.kernel.disks.disk_files import clones_files
from haneul.kernel.drivers import DriverReport, GoesDown, HostSettings, Reports, Watches, load
from haneul.kernel.errors import DriverError, HostUnreachable, ImpossibleHere
from haneul.kernel.hosts import AgentServer, Journal, Upcall
from haneul.kernel.hosts.interfaces import Interfaces, protocols_of
from haneul.kernel.hosts.local_socket import LocalSocketAgent
from haneul.kernel.hosts.reports import HostReport, MetadataRequest, ask_metadata, send_reports
from haneul.kernel.ids import new_id
from haneul.kernel.manifest import HostInterface
from haneul.service_folders import manifest, names

log = logging.getLogger(__name__)


@cache
def offered() -> dict[str, tuple[str, HostInterface]]:
    """What services bring to hosts: interface -> its service, and what that says of it."""
    return {each.name: (service, each) for service in names() for each in manifest(service).host_interfaces}


NONE = "none"
"""In a driver's place: the host does not have the interface."""
REPORT_EVERY_S = 10.0
POWER_OFF_S = 10.0
"""How long guests have to shut down when their host goes down."""
_LOOK_S = 0.1
"""How soon a control plane that is new is found."""
_SOON_S = 0.05
"""How long a hint waits for others, to travel with them."""


class AgentConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The agent's file, or its command line."""

    state: str
    """The folder under which every host has one of its own."""
    socket: str = ""
    """Where the control plane listens; empty: at every `run/agents*.sock` in the state folder."""
    hosts: list[str] = []
    """Names; empty: this machine's own."""
    simulated_hosts: int = 0
    """This many hosts of fake drivers instead: host-1, host-2, ..."""
    drivers: dict[str, str] = {}
    """By interface, where they differ from the usual ones; `none` where the host does not have it."""
    options: dict[str, dict[str, Any]] = {}
    """By interface: what its driver is told."""
    address: str = ""
    """Where other hosts reach this one for tunnels."""
    power_off: bool = False
    """Do not serve: end what runs on the host, then exit."""

    def names(self) -> list[str]:
        if self.simulated_hosts:
            return [f"host-{number}" for number in range(1, self.simulated_hosts + 1)]
        return self.hosts or [socket.gethostname()]

    def driver_names(self) -> dict[str, str]:
        usual = {
            name: each.simulated if self.simulated_hosts else each.real
            for name, (_, each) in offered().items()
        }
        return {name: driver for name, driver in {**usual, **self.drivers}.items() if driver != NONE}


def interfaces() -> Interfaces:
    """The Protocols of every interface whose service is there."""
    named = {protocol for _, each in offered().values() for protocol in each.protocols}
    return {
        name: tuple(
            protocol
            for protocol in protocols_of(
                importlib.import_module(f"haneul.services.{service}.drivers.interface")
            )
            if (protocol.__name__ in each.protocols if each.protocols else protocol.__name__ not in named)
        )
        for name, (service, each) in offered().items()
    }


class HostAgent(AgentServer):
    """The hosts of one process: an `AgentServer` that makes its drivers and reports what they tell."""

    def __init__(self, config: AgentConfig, journal: Journal, upcall: Upcall) -> None:
        super().__init__(self._make, interfaces(), journal, hosts=config.names())
        self._config = config
        self._names = config.driver_names()
        self._folder = Path(config.state) / "hosts"
        self._upcall = upcall
        self._reflink = None if config.simulated_hosts else clones_files(Path(config.state))
        self._changed: set[str] = set()
        self._id = new_id()
        self._hint = asyncio.Event()

    async def start(self) -> None:
        """Real hosts have their drivers, which found what still runs from before."""
        if self._config.simulated_hosts:
            return
        for host in sorted(self.hosts):
            for interface in self._names:
                await self.driver(host, interface)

    async def run(self) -> None:
        """Report until cancelled: all hosts every ten seconds, and soon those where something happened."""
        while True:
            await self._report(sorted(self.hosts))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_EVERY_S):
                    while True:
                        await self._hint.wait()
                        await asyncio.sleep(_SOON_S)
                        self._hint.clear()
                        changed, self._changed = self._changed, set()
                        await self._report(sorted(changed))

    def report_soon(self) -> None:
        """Tell of every host without waiting for the next time."""
        self._changed |= self.hosts
        self._hint.set()

    async def report(self, host: str) -> HostReport:
        """What the host has now."""
        reports: dict[str, DriverReport] = {}
        for interface in self._names:
            if issubclass(self._kind(interface), Reports):
                reports[interface] = await (await self.driver(host, interface)).report()
        resources: dict[str, int] = {}
        for each in reports.values():
            resources |= each.resources
        return HostReport(
            name=host,
            interfaces={name: reports[name].facts if name in reports else {} for name in self._names},
            resources=resources,
            traits=sorted({trait for each in reports.values() for trait in each.traits}),
            states={name: each.states for name, each in reports.items() if each.states},
            reflink=self._reflink,
            drivers=self._names,
            address=self._config.address,
            agent_id=self._id,
        )

    async def _report(self, hosts: list[str]) -> None:
        reports = []
        for host in hosts:
            try:
                reports.append(await self.report(host))
            except Exception:
                log.exception("%s cannot tell what it has", host)
            await asyncio.sleep(0)  # a thousand hosts do not keep calls waiting
        try:
            await send_reports(self._upcall, reports)
        except DriverError as problem:
            log.info("no report was delivered: %s", problem)

    async def _make(self, host: str, interface: str) -> Any:
        if interface not in self._names:
            raise ImpossibleHere(f"The host {host!r} has no {interface} driver.")

        async def metadata(port_id: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
            answer = await ask_metadata(self._upcall, MetadataRequest(host, port_id, path, headers))
            return answer.status, answer.content_type, answer.body

        settings = HostSettings(
            host, self._folder / host, options=self._config.options.get(interface, {}), metadata=metadata
        )
        settings.folder.mkdir(parents=True, exist_ok=True)
        driver = self._kind(interface)(settings)
        await driver.start()
        if isinstance(driver, Watches):
            driver.watch(lambda id, state: self._happened(host))
        return driver

    def _kind(self, interface: str) -> Any:
        """The class of the driver that these hosts have for it."""
        return load(f"haneul.{offered()[interface][0]}.{interface}", self._names[interface])

    def _happened(self, host: str) -> None:
        self._changed.add(host)
        self._hint.set()


def build_agent(config: AgentConfig, upcall: Upcall) -> HostAgent:
    """The agent, for the process it is built in: `start` it, then `run` it beside its channel."""
    folder = Path(config.state) / "agent"
    folder.mkdir(parents=True, exist_ok=True)
    return HostAgent(config, Journal(folder / "journal.sqlite"), upcall)


async def serve(config: AgentConfig) -> None:
    """Serve the control plane's calls until cancelled."""
    links: dict[Path, LocalSocketAgent] = {}

    async def upcall(name: str, payload: bytes) -> bytes:
        connected = [link for link in links.values() if link.is_connected]
        if not connected:
            raise HostUnreachable("No control plane is connected.")
        return await connected[0].upcall(name, payload)

    agent = build_agent(config, upcall)
    try:
        await agent.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(agent.run())
            while True:
                for path in _sockets(config):
                    if path not in links:
                        links[path] = LocalSocketAgent(path, agent, connected=agent.report_soon)
                        tasks.create_task(links[path].run())
                await asyncio.sleep(_LOOK_S)
    finally:
        await agent.close()


def _sockets(config: AgentConfig) -> list[Path]:
    """Where control planes listen: there may be several over one store, and any of them may call."""
    if config.socket:
        return [Path(config.socket)]
    return sorted((Path(config.state) / "run").glob("agents*.sock"))


async def power_off(config: AgentConfig) -> None:
    """No machine of this host runs any more, and its networks are gone; what is wanted of them stays."""

    async def nobody(name: str, payload: bytes) -> bytes:
        raise DriverError("The host goes down.")

    agent = build_agent(config, nobody)
    try:
        for host in sorted(agent.hosts):
            for interface in reversed(config.driver_names()):  # whom others stand on goes last
                driver = await agent.driver(host, interface)
                if isinstance(driver, GoesDown):
                    await driver.go_down(POWER_OFF_S)
    finally:
        await agent.close()


def read_arguments(arguments: list[str] | None = None) -> AgentConfig:
    """The file if there is one, and over it what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m haneul.host_agent", description="Serve a host's drivers."
    )
    parser.add_argument("--config", type=Path, help="a TOML file with the same words")
    parser.add_argument("--state", help="the folder for everything the hosts keep")
    parser.add_argument("--socket", help="where the control plane listens for agents")
    parser.add_argument("--host", action="append", help="the name of a host (default: this machine's)")
    parser.add_argument("--power-off", action="store_true", help="end what runs on the host, then exit")
    parser.add_argument("--hosts", type=int, help="serve this many simulated hosts")
    parser.add_argument("--address", help="where other hosts reach this one for tunnels")
    parser.add_argument("--driver", action="append", default=[], metavar="INTERFACE=NAME")
    parser.add_argument("--option", action="append", default=[], metavar="INTERFACE.OPTION=VALUE")
    parsed = parser.parse_args(arguments)
    settings: dict[str, Any] = tomllib.loads(parsed.config.read_text()) if parsed.config else {}
    for key, value in (
        ("state", parsed.state),
        ("socket", parsed.socket),
        ("hosts", parsed.host),
        ("simulated_hosts", parsed.hosts),
        ("address", parsed.address),
        ("power_off", parsed.power_off),
    ):
        if value is not None:
            settings[key] = value
    if parsed.driver:
        settings["drivers"] = settings.get("drivers", {}) | dict(d.split("=", 1) for d in parsed.driver)
    options = settings.setdefault("options", {})
    for words in parsed.option:
        name, _, value = words.partition("=")
        interface, _, option = name.partition(".")
        options.setdefault(interface, {})[option] = value
    try:
        return msgspec.convert(settings, AgentConfig)
    except msgspec.ValidationError as problem:
        parser.error(str(problem))


async def _main(config: AgentConfig) -> None:
    work = asyncio.ensure_future(power_off(config) if config.power_off else serve(config))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


if __name__ == "__main__":
    private.begin()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_main(read_arguments()))
