"""What the simulated network can do beyond the interface: fail on demand, and be many."""

from __future__ import annotations

from pathlib import Path

import pytest

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError
from haneul.services.network.drivers.fake import FakeNetwork
from haneul.services.network.drivers.interface import NetworkSpec


async def test_it_fails_as_often_as_it_is_told_to(tmp_path: Path) -> None:
    network = FakeNetwork(HostSettings("h", tmp_path))
    await network.start()
    network.failures["ensure_network"] = 1
    with pytest.raises(DriverError):
        await network.ensure_network(NetworkSpec(id="n"))
    await network.ensure_network(NetworkSpec(id="n"))
    assert (await network.inventory()).networks == {"n"}


async def test_a_record_cut_off_by_a_kill_is_forgotten(tmp_path: Path) -> None:
    network = FakeNetwork(HostSettings("h", tmp_path))
    await network.start()
    for number in range(3):
        await network.ensure_network(NetworkSpec(id=f"n{number}"))
    [journal] = [file for file in tmp_path.rglob("*") if file.is_file()]
    journal.write_bytes(journal.read_bytes()[:-2])
    await network.start()
    assert (await network.inventory()).networks == {"n0", "n1"}
    await network.ensure_network(NetworkSpec(id="n3"))
    await network.start()
    assert (await network.inventory()).networks == {"n0", "n1", "n3"}


async def test_a_host_without_networks_writes_nothing(tmp_path: Path) -> None:
    hosts = [FakeNetwork(HostSettings(f"h{n}", tmp_path / f"h{n}")) for n in range(100)]
    for host in hosts:
        await host.start()
    assert list(tmp_path.iterdir()) == []
