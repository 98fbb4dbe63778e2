"""Real machines by the stock client: what a guest gets, what reaches it, what is kept.

One cloud with the server `hello` for the whole file; a guest is software-emulated where the host has no KVM.
"""

from __future__ import annotations

import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from websockets.sync.client import connect

from tests.clients.serving import BIN, started
from tests.clients.stock import Client
from tests.waiting import PATIENCE_S, looks

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
LOOKING = """#!/bin/sh
for nic in eth0 eth1; do
  echo "$nic $(cat /sys/class/net/$nic/address)"
  echo "$nic mtu $(cat /sys/class/net/$nic/mtu)"
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  ip -o -6 addr show dev eth0 scope global | grep -q inet6 && break
  sleep 1
done
ip -o -6 addr show dev eth0 scope global | while read -r _ nic _ address _; do echo "$nic has $address"; done
disk=$(findfs LABEL=ephemeral0)
mkdir -p /more && mount "$disk" /more
echo "ephemeral0 $(($(cat /sys/block/${disk#/dev/}/size) / 2)) KiB $(grep ' /more ' /proc/mounts | cut -d ' ' -f 3)"
disk=$(findfs LABEL=swap)
swapon "$disk" && grep -q "^$disk" /proc/swaps
[ $? = 0 ] && echo "swap $(($(cat /sys/block/${disk#/dev/}/size) / 2)) KiB in use"
echo "owner: $(cat /etc/of/owner)"
echo "looked at everything"
"""


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A folder that QEMU's own account can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, started(Path(folder), "--demo") as state:
        yield state


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
        return subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def run(self, server: str, *words: str) -> str:
        """What the command prints there; asked again until somebody can log in."""
        for _ in looks(1):
            done = self.try_run(server, *words)
            if done.returncode == 0:
                return done.stdout
        raise AssertionError(done.stdout + done.stderr)

    def is_closed(self, server: str) -> None:
        """Returns when nobody can log in."""
        for _ in looks(0.5):
            if self.try_run(server, "true").returncode == 255:
                return
        raise AssertionError(f"{server} still lets us in")


def console_says(demo: Client, server: str, text: str) -> None:
    """Returns when the console log has the text."""
    for _ in looks(1):
        log = demo.run("console log show", server)
        if text in log:
            return
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


def test_a_guest_has_the_disks_nics_addresses_and_files_that_were_asked_for(
    state: Path, demo: Client
) -> None:
    admin = Client(state / "clouds.yaml", "haneul")
    admin.run("flavor create --ram 128 --vcpus 1 --disk 1 --ephemeral 1 --swap 64 whole")
    demo.run("network create six")
    demo.run("subnet create --network six --subnet-range 10.66.0.0/24 four-of-six")
    slaac = ("--ip-version", "6", "--ipv6-ra-mode", "slaac", "--ipv6-address-mode", "slaac")
    demo.run("subnet create --network six --subnet-range fd66::/64", *slaac, "six")
    demo.run("port create --network demo --extra-dhcp-option name=mtu,value=1300 early")
    early = demo.json("port show early")
    wanted = {
        "name": "whole",
        "flavorRef": demo.json("flavor show whole")["id"],
        "imageRef": demo.json("image show haneul-lite")["id"],
        "networks": [{"uuid": demo.json("network show six")["id"]}, {"port": early["id"]}],
        "user_data": b64encode(LOOKING.encode()).decode(),
        "personality": [{"path": "/etc/of/owner", "contents": b64encode(b"kept for the guest\n").decode()}],
    }
    clouds = OpenStackConfig(config_files=[str(state / "clouds.yaml")])
    with Connection(config=clouds.get_one("haneul-demo")) as sdk:  # the client cannot send files any more
        sdk.compute.post("/servers", json={"server": wanted}, microversion="2.1").raise_for_status()
    assert demo.settled("server", "whole")["status"] == "ACTIVE"
    console_says(demo, "whole", "looked at everything")
    log = demo.run("console log show whole")
    addresses = demo.json("server show whole")["addresses"]["six"]
    (six,) = [a for a in addresses if ":" in a]
    ports = demo.json("port list --server whole --network six")
    for line in (
        f"eth0 {ports[0]['MAC Address']}",
        f"eth1 {early['mac_address']}",
        "eth1 mtu 1300",
        f"eth0 has {six}/64",
        "ephemeral0 1048576 KiB ext4",
        "swap 65536 KiB in use",
        "owner: kept for the guest",
    ):
        assert line in log, f"{line}\n{log}"
    demo.run("server delete --wait whole")
    demo.run("port delete early")
    demo.run("network delete six")
    admin.run("flavor delete whole")


def test_a_rule_opens_and_closes_a_port(demo: Client, guest: Guest) -> None:
    guest.run("hello", "true")
    rules = demo.json("security group rule list", "login")
    ssh = next(r for r in rules if r["IP Protocol"] == "tcp")
    demo.run("security group rule delete", ssh["ID"])
    guest.is_closed("hello")
    demo.run("security group rule create --protocol tcp --dst-port 22 login")
    guest.run("hello", "true")


def test_two_projects_with_the_same_addresses_do_not_see_each_other(
    state: Path, demo: Client, guest: Guest, tmp_path: Path
) -> None:
    alt = Client(state / "clouds.yaml", "haneul-alt")
    alt.run("network create twin")
    alt.run("subnet create --network twin --subnet-range 10.11.0.0/24 twin")
    alt.run("security group rule create --protocol icmp default")
    hello = demo.json("server show", "hello")["addresses"]["demo"][0]
    for name, address in (("same", hello), ("near", "10.11.0.77")):
        alt.run("port create --network twin --fixed-ip", f"ip-address={address}", name)
    alt.run("server create --flavor tiny --image haneul-lite --port same --wait same")
    script = tmp_path / "pings"
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
    demo.run("--os-volume-api-version 3.42 volume set --size 2 data")
    grown = "for i in 1 2 3 4 5; do cat /sys/block/vdb/size; sleep 1; done | grep -m 1 -x 4194304"
    guest.run("first", grown)
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
        for _ in looks(1):
            again = guest.run("hello", "cat /proc/sys/kernel/random/boot_id")
            if again != booted:
                break
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
