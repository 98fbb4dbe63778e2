"""Real machines by the stock client: what a guest gets, what reaches it, what is kept.

One cloud with the server `hello` for the whole file; a guest is software-emulated where the host has no KVM.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.clients.serving import BIN, started
from tests.clients.stock import Client

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]
LITE = ("--flavor", "tiny", "--image", "haneul-lite", "--network", "demo", "--key-name", "demo")
SCRIPT = """#!/bin/sh
[ -d /run/config-2/openstack ] && from=drive || from=service
echo "this came from the $from"
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with started(tmp_path_factory.mktemp("real") / "cloud", "--demo") as folder:
        yield folder


@pytest.fixture(scope="module")
def demo(state: Path) -> Client:
    return Client(state / "clouds.yaml", "haneul-demo")


@pytest.fixture(scope="module")
def guest(state: Path) -> Guest:
    return Guest(state)


class Guest:
    """What can be done inside of servers, over SSH."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def try_run(self, server: str, *words: str) -> subprocess.CompletedProcess[str]:
        quick = ("-o", "ConnectTimeout=3", "-o", "BatchMode=yes")
        line = [BIN / "haneul", "ssh", "--state", str(self.state), server, *quick, *words]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    def run(self, server: str, *words: str) -> str:
        """What the command prints there; asked again until somebody can log in."""
        for _ in range(60):
            done = self.try_run(server, *words)
            if done.returncode == 0:
                return done.stdout
            time.sleep(1)
        raise AssertionError(done.stdout + done.stderr)

    def is_closed(self, server: str) -> None:
        """Returns when nobody can log in."""
        for _ in range(20):
            if self.try_run(server, "true").returncode == 255:
                return
            time.sleep(0.5)
        raise AssertionError(f"{server} still lets us in")


def console_says(demo: Client, server: str, text: str) -> None:
    """Returns when the console log has the text."""
    for _ in range(90):
        log = demo.run("console log show", server)
        if text in log:
            return
        time.sleep(1)
    raise AssertionError(log)


def test_a_guest_has_its_address_and_knows_who_it_is(demo: Client, guest: Guest) -> None:
    server = demo.json("server show", "hello")
    fixed = server["addresses"]["demo"][0]
    assert f"inet {fixed}/" in guest.run("hello", "ip", "-4", "addr")
    about = guest.run(
        "hello", "wget", "-q", "-O", "-", "http://169.254.169.254/openstack/latest/meta_data.json"
    )
    assert server["id"] in about
    assert guest.run("hello", "hostname").strip() == "hello"


def test_user_data_runs_from_the_service_and_from_a_drive(demo: Client, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(SCRIPT)
    for name, more in (("by-service", ()), ("by-drive", ("--config-drive", "True"))):
        demo.run("server create", *LITE, "--user-data", str(script), *more, "--wait", name)
        console_says(demo, name, f"this came from the {name.removeprefix('by-')}")
        demo.run("server delete --wait", name)


def test_a_rule_opens_and_closes_a_port(demo: Client, guest: Guest) -> None:
    guest.run("hello", "true")
    rules = demo.json("security group rule list", "login")
    ssh = next(r for r in rules if r["IP Protocol"] == "tcp")
    demo.run("security group rule delete", ssh["ID"])
    guest.is_closed("hello")
    demo.run("security group rule create --protocol tcp --dst-port 22 login")
    guest.run("hello", "true")


def test_two_projects_with_the_same_addresses_do_not_see_each_other(
    state: Path, demo: Client, guest: Guest
) -> None:
    alt = Client(state / "clouds.yaml", "haneul-alt")
    alt.run("network create twin")
    alt.run("subnet create --network twin --subnet-range 10.11.0.0/24 twin")
    alt.run("security group rule create --protocol icmp default")
    hello = demo.json("server show", "hello")["addresses"]["demo"][0]
    for name, address in (("same", hello), ("near", "10.11.0.77")):
        alt.run("port create --network twin --fixed-ip", f"ip-address={address}", name)
    alt.run("server create --flavor tiny --image haneul-lite --port same --wait same")
    script = state.parent / "pings"
    script.write_text(f"#!/bin/sh\nping -c 3 -w 20 {hello} >/dev/null && echo twin answers\n")
    alt.run(
        "server create --flavor tiny --image haneul-lite --port near --wait --user-data", str(script), "near"
    )
    console_says(alt, "near", "twin answers")
    silent = guest.run("hello", "ping -c 2 -w 3 10.11.0.77 || echo nobody")
    assert "nobody" in silent
    for name in ("same", "near"):
        alt.run("server delete --wait", name)


def test_a_disk_is_seen_and_its_data_outlive_the_server(demo: Client, guest: Guest) -> None:
    demo.run("volume create --size 1 data")
    demo.settled("volume", "data")
    demo.run("server create", *LITE, "--security-group", "login", "--wait", "first")
    guest.run("first", "true")
    demo.run("server add volume first data")
    demo.settled("volume", "data")
    guest.run("first", "for i in 1 2 3 4 5; do [ -b /dev/vdb ] && break; sleep 1; done; [ -b /dev/vdb ]")
    guest.run("first", "echo it survives | sudo dd of=/dev/vdb conv=fsync 2>/dev/null")
    demo.run("server delete --wait first")
    assert demo.settled("volume", "data")["status"] == "available"
    demo.run("server add volume hello data")
    device = "for i in 1 2 3 4 5; do [ -b /dev/vdc ] && break; sleep 1; done; sudo head -c 11 /dev/vdc"
    assert guest.run("hello", device) == "it survives"
    demo.run("server remove volume hello data")
    assert demo.settled("volume", "data")["status"] == "available"
    demo.run("volume delete data")


def test_a_volume_is_what_a_server_starts_from(demo: Client, guest: Guest) -> None:
    demo.run("volume create --size 1 --image haneul-lite root")
    demo.settled("volume", "root")
    where = ("--flavor", "tiny", "--network", "demo", "--key-name", "demo", "--security-group", "login")
    demo.run("server create --volume root --wait", *where, "rooted")
    assert guest.run("rooted", "hostname").strip() == "rooted"
    guest.run("rooted", "echo kept | sudo tee /kept >/dev/null; sync")
    demo.run("server stop rooted")
    assert demo.settled("server", "rooted")["status"] == "SHUTOFF"
    demo.run("server start rooted")
    assert guest.run("rooted", "cat", "/kept").strip() == "kept"
    demo.run("server delete --wait rooted")
    demo.run("volume delete root")


def test_a_machine_halts_goes_on_and_boots_again(demo: Client, guest: Guest) -> None:
    demo.run("server pause hello")
    assert demo.settled("server", "hello")["status"] == "PAUSED"
    guest.is_closed("hello")
    demo.run("server unpause hello")
    booted = guest.run("hello", "cat /proc/sys/kernel/random/boot_id")
    for how in ("--soft", "--hard"):
        demo.run("server reboot --wait", how, "hello")
        again = booted
        for _ in range(60):
            again = guest.run("hello", "cat /proc/sys/kernel/random/boot_id")
            if again != booted:
                break
            time.sleep(1)
        assert again != booted
        booted = again


def test_a_machine_is_suspended_rescued_and_shelved(demo: Client, guest: Guest) -> None:
    boot_id = "cat /proc/sys/kernel/random/boot_id"
    booted = guest.run("hello", boot_id)
    demo.run("server suspend hello")
    assert demo.settled("server", "hello")["status"] == "SUSPENDED"
    demo.run("server resume hello")
    assert demo.settled("server", "hello")["status"] == "ACTIVE"
    assert guest.run("hello", boot_id) == booted

    demo.run("server rescue --image haneul-lite hello")
    assert demo.settled("server", "hello")["status"] == "RESCUE"
    guest.run("hello", "sudo mkdir -p /ill && sudo mount /dev/vdb2 /ill && echo well | sudo tee /ill/mended")
    guest.run("hello", "sudo umount /ill")
    demo.run("server unrescue hello")
    assert demo.settled("server", "hello")["status"] == "ACTIVE"
    assert guest.run("hello", "cat /mended").strip() == "well"

    demo.run("server shelve --wait hello")
    assert demo.settled("server", "hello")["status"] == "SHELVED_OFFLOADED"
    assert "hello-shelved" in demo.names("image list")
    demo.run("server unshelve --wait hello")
    assert guest.run("hello", "cat /mended").strip() == "well"
    assert "hello-shelved" not in demo.names("image list")


def test_the_screen_is_there_over_a_websocket(demo: Client) -> None:
    url = demo.json("console url show --novnc", "hello")["url"]
    page, _, token = url.partition("?")
    socket = page.replace("http://", "ws://").rsplit("/", 1)[0]
    path = token.split("path=", 1)[1].replace("%3F", "?").replace("%3D", "=").replace("%2F", "/")
    server = socket.split("//", 1)[1].split("/", 1)[0]
    with connect(f"ws://{server}/{path.lstrip('/')}", subprotocols=["binary"]) as screen:  # type: ignore[list-item]
        assert bytes(screen.recv(timeout=10)).startswith(b"RFB 003.00")  # type: ignore[arg-type]
