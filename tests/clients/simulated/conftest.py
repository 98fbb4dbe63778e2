"""One simulated cloud for all of these tests, its operator and a user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.serving import started
from tests.clients.stock import Client


@pytest.fixture(scope="package")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with started(tmp_path_factory.mktemp("installed") / "cloud", "--simulate") as folder:
        yield folder


@pytest.fixture(scope="package")
def admin(state: Path) -> Client:
    """Somebody who may do everything; there is an external network, and room for many servers."""
    client = Client(state / "clouds.yaml", "haneul")
    flat = ("--provider-network-type", "flat", "--provider-physical-network", "physnet1")
    client.run("network create --external --default", *flat, "ext")
    client.run("subnet create --network ext --subnet-range 192.0.2.0/24 --no-dhcp ext-subnet")
    client.run("quota set --instances 50 --cores 60 --ram 100000 --volumes 30 --floating-ips 20 demo")
    return client


@pytest.fixture(scope="package")
def demo(state: Path, admin: Client) -> Client:
    """A user with a network, a key and a security group."""
    client = Client(state / "clouds.yaml", "haneul-demo")
    client.run("network create blue")
    client.run("subnet create --network blue --subnet-range 10.7.0.0/24 blue-subnet")
    client.run("keypair create key --private-key", str(state.parent / "key.pem"))
    client.run("security group create web")
    return client
