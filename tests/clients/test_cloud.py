"""The stock client against a simulated cloud, as a user and an operator go through a day."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.serving import BIN, started
from tests.clients.stock import Client

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]
IMAGE = "haneul-lite"
SERVER = ("--flavor", "tiny", "--image", IMAGE)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with started(tmp_path_factory.mktemp("installed") / "cloud", "--simulate") as folder:
        yield folder


@pytest.fixture(scope="module")
def admin(state: Path) -> Client:
    """Somebody who may do everything; there is an external network, and room for many servers."""
    client = Client(state / "clouds.yaml", "haneul")
    flat = ("--provider-network-type", "flat", "--provider-physical-network", "physnet1")
    client.run("network create --external --default", *flat, "ext")
    client.run("subnet create --network ext --subnet-range 192.0.2.0/24 --no-dhcp ext-subnet")
    client.run("quota set --instances 50 --cores 60 --ram 100000 --volumes 30 --floating-ips 20 demo")
    return client


@pytest.fixture(scope="module")
def demo(state: Path, admin: Client) -> Client:
    """A user with a network, a key and a security group."""
    client = Client(state / "clouds.yaml", "haneul-demo")
    client.run("network create blue")
    client.run("subnet create --network blue --subnet-range 10.7.0.0/24 blue-subnet")
    client.run("keypair create key --private-key", str(state.parent / "key.pem"))
    client.run("security group create web")
    return client


def addresses(server: dict[str, Any]) -> list[str]:
    return [a for network in server["addresses"].values() for a in network]


def reaches(demo: Client, name: str, *wanted: str) -> None:
    """Returns when the server has these addresses, on ports that are active."""
    for _ in range(600):
        ports = demo.json("port list --server", name)
        found = {f["ip_address"] for p in ports if p["Status"] == "ACTIVE" for f in p["Fixed IP Addresses"]}
        if found == set(wanted) == set(addresses(demo.json("server show", name))):
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} has {found}")


def boot(demo: Client, name: str, *more: str) -> dict[str, Any]:
    """A new server; ACTIVE."""
    demo.run("server create", *SERVER, *(more or ("--network", "blue")), name)
    server = demo.settled("server", name)
    assert server["status"] == "ACTIVE", server
    return server


@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_an_image_is_made_from_a_file_changed_saved_and_deleted(
    demo: Client, tmp_path: Path, format: str
) -> None:
    source, saved = tmp_path / "source", tmp_path / "saved"
    if format == "raw":
        source.write_bytes(bytes(range(256)) * 4096)
    else:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", source, "10M"], check=True)
    made = demo.json(
        "image create --property a=b --min-disk 1 mine --disk-format", format, "--file", str(source)
    )
    assert (made["status"], made["size"], made["disk_format"]) == ("active", source.stat().st_size, format)
    demo.run("image save mine --file", str(saved))
    assert saved.read_bytes() == source.read_bytes()
    demo.run("image set mine --name ours --property os_distro=debian --tag t")
    demo.run("image unset ours --property a")
    shown = demo.json("image show ours")
    assert shown["properties"]["os_distro"] == "debian"
    assert "a" not in shown["properties"]
    assert shown["tags"] == ["t"]
    assert demo.names("image list --long --tag t") == {"ours"}
    demo.run("image delete ours")
    assert demo.names("image list") == {IMAGE}


def test_flavors_are_the_operators_to_make(admin: Client, demo: Client) -> None:
    assert "403" in demo.refused("flavor create --ram 64 --vcpus 1 --disk 1 mine")
    made = admin.json("flavor create --ram 64 --vcpus 2 --disk 1 --property hw:x=y mine")
    assert (made["ram"], made["vcpus"], made["properties"]) == (64, 2, {"hw:x": "y"})
    assert "mine" in demo.names("flavor list --long")
    admin.run("flavor unset mine --property hw:x")
    assert admin.json("flavor show mine")["properties"] == {}
    admin.run("flavor delete mine")
    assert demo.names("flavor list") == {"tiny", "small", "medium", "large"}


def test_keys_come_and_go(demo: Client, tmp_path: Path) -> None:
    demo.run("keypair create other --private-key", str(tmp_path / "key"))
    assert "PRIVATE KEY" in (tmp_path / "key").read_text()
    public = tmp_path / "key.pub"
    public.write_text(demo.run("keypair show other --public-key"))
    demo.run("keypair create imported --public-key", str(public))
    shown = {k["Name"]: k["Fingerprint"] for k in demo.json("keypair list")}
    assert shown["imported"] == shown["other"]
    demo.run("keypair delete other imported")
    assert demo.names("keypair list") == {"key"}


def test_a_network_its_subnet_and_ports(demo: Client) -> None:
    demo.run("network create green --description d")
    demo.run("subnet create --network green --subnet-range 10.9.0.0/24 --dns-nameserver 192.0.2.53 green4")
    demo.run("subnet set green4 --name green-subnet --description d")
    demo.run("network set green --name lime")
    assert demo.json("network show lime")["subnets"] == [demo.json("subnet show green-subnet")["id"]]
    demo.run("port create --network lime --fixed-ip subnet=green-subnet,ip-address=10.9.0.55 port")
    demo.run("port set port --name other --security-group web")
    port = demo.json("port show other")
    assert [f["ip_address"] for f in port["fixed_ips"]] == ["10.9.0.55"]
    groups = {demo.json("security group show", name)["id"] for name in ("web", "default")}
    assert set(port["security_group_ids"]) == groups
    assert "409" in demo.refused("network delete lime")
    demo.run("port delete other")
    demo.run("network delete lime")
    assert "lime" not in demo.names("network list --long")
    assert "green-subnet" not in demo.names("subnet list")


def test_a_security_group_and_its_rules(demo: Client) -> None:
    demo.run("security group create --description d group")
    tcp = demo.json("security group rule create --protocol tcp --dst-port 22:23 group")
    demo.run("security group rule create --protocol icmp --icmp-type 8 group")
    demo.run("security group rule create --egress --ethertype IPv6 --protocol udp --remote-group group group")
    shown = {(r["IP Protocol"], r["Port Range"]) for r in demo.json("security group rule list group")}
    assert {("tcp", "22:23"), ("icmp", "type=8"), ("udp", "")} <= shown
    assert demo.json("security group rule show", tcp["id"])["port_range_max"] == 23
    assert "409" in demo.refused("security group rule create --protocol tcp --dst-port 22:23 group")
    demo.run("security group rule delete", tcp["id"])
    demo.run("security group set group --name renamed")
    assert len(demo.json("security group show renamed")["rules"]) == 4
    demo.run("security group delete renamed")
    assert "renamed" not in demo.names("security group list")


def test_a_floating_address_leads_to_a_server(demo: Client) -> None:
    boot(demo, "reached")
    demo.run("router create router")
    demo.run("router set router --external-gateway ext")
    demo.run("router add subnet router blue-subnet")
    router = demo.json("router show router")
    assert len(router["external_gateway_info"]["external_fixed_ips"]) == 1
    assert [i["ip_address"] for i in router["interfaces_info"]] == ["10.7.0.1"]
    outer = demo.json("floating ip create ext")["floating_ip_address"]
    demo.run("server add floating ip reached", outer)
    fixed, shown = addresses(demo.json("server show reached"))
    assert shown == outer
    floating = demo.json("floating ip show", outer)
    assert floating["fixed_ip_address"] == fixed
    assert "409" in demo.refused("router remove subnet router blue-subnet")
    demo.run("server remove floating ip reached", outer)
    assert addresses(demo.json("server show reached")) == [fixed]
    demo.run("floating ip delete", outer)
    demo.run("router unset router --external-gateway")
    demo.run("router remove subnet router blue-subnet")
    demo.run("router delete router")
    demo.run("server delete reached")
    demo.gone("server", "reached")


def test_a_server_has_all_that_was_asked_for(demo: Client, admin: Client, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho hello\n")
    more = ("--key-name", "key", "--user-data", str(script), "--property", "a=b", "--security-group", "web")
    server = boot(demo, "full", "--network", "blue", "--config-drive", "true", *more)
    assert (server["key_name"], server["config_drive"]) == ("key", "True")
    assert (server["properties"], server["security_groups"]) == ({"a": "b"}, [{"name": "web"}])
    (address,) = addresses(server)
    assert address.startswith("10.7.0.")
    (port,) = demo.json("port list --server full")
    assert (port["Status"], port["Fixed IP Addresses"][0]["ip_address"]) == ("ACTIVE", address)
    seen = admin.json("server show", server["id"])
    assert seen["OS-EXT-SRV-ATTR:host"].startswith("host-")
    demo.run("server add security group full default")
    groups = demo.json("server show full")["security_groups"]
    assert {g["name"] for g in groups} == {"web", "default"}
    demo.run("server remove security group full web")
    assert demo.json("server show full")["security_groups"] == [{"name": "default"}]
    demo.run("server set full --name renamed --property c=d --description d")
    demo.run("server unset renamed --property a")
    shown = demo.json("server show renamed")
    assert (shown["properties"], shown["description"]) == ({"c": "d"}, "d")
    demo.run("server delete renamed")
    demo.gone("server", "renamed")
    assert [p for p in demo.json("port list") if p["ID"] == port["ID"]] == []


def test_servers_on_ports_without_networks_and_several_at_once(demo: Client) -> None:
    demo.run("port create --network blue --fixed-ip ip-address=10.7.0.99 given")
    assert addresses(boot(demo, "on-port", "--port", "given")) == ["10.7.0.99"]
    assert addresses(boot(demo, "alone", "--no-network")) == []
    assert len(addresses(boot(demo, "automatic", "--auto-network"))) == 1
    nic = ("--nic", f"net-id={demo.json('network show blue')['id']},v4-fixed-ip=10.7.0.88")
    assert addresses(boot(demo, "addressed", *nic)) == ["10.7.0.88"]
    assert "400" in demo.refused("server create --min 2 --max 2", *SERVER, *nic, "many")
    demo.run("server create --network blue --min 2 --max 2", *SERVER, "many")
    assert {demo.settled("server", f"many-{n}")["status"] for n in (1, 2)} == {"ACTIVE"}
    names = demo.names("server list")
    assert names == {"on-port", "alone", "automatic", "addressed", "many-1", "many-2"}
    demo.run("server delete", *names)
    for name in names:
        demo.gone("server", name)
    assert demo.json("port show given")["device_id"] == ""
    demo.run("port delete given")


def test_a_deleted_server_is_remembered_and_counted(demo: Client, admin: Client) -> None:
    gone, stays = (boot(demo, name, "--no-network")["id"] for name in ("spent", "spending"))
    demo.run("server delete", gone)
    demo.gone("server", "spent")
    deleted = {s["ID"]: s["Status"] for s in admin.json("server list --all-projects --deleted")}
    assert deleted[gone] == "DELETED"
    assert stays not in deleted
    changed = demo.json("server list --changes-since 2020-01-01T00:00:00Z")
    assert {gone, stays} <= {s["ID"] for s in changed}
    assert "No Server found" in demo.refused("server show", gone)
    events = ("--os-compute-api-version", "2.21", "server event list")
    actions = demo.json(" ".join(events), gone)
    assert [a["Action"] for a in actions] == ["delete", "create"]
    shown = demo.json("usage show")
    states = {s["instance_id"]: s["state"] for s in shown["Servers"]}
    assert (states[gone], states[stays]) == ("terminated", "active")
    (used,) = [u for u in admin.json("usage list") if u["Project"] == shown["Project"]]
    assert used["CPU Hours"] >= shown["CPU Hours"] > 0
    demo.run("server delete spending")
    demo.gone("server", "spending")


def test_a_network_is_made_for_who_has_none(admin: Client, state: Path) -> None:
    alt = Client(state / "clouds.yaml", "haneul-alt")
    assert "400" in alt.refused("server create --auto-network", *SERVER, "box")
    admin.run(
        "subnet pool create --pool-prefix 10.64.0.0/16 --default-prefix-length 26 --share --default pool"
    )
    (address,) = addresses(boot(alt, "box", "--auto-network"))
    assert address.startswith("10.64.0.")
    assert "auto_allocated_router" in alt.names("router list")
    alt.run("server delete box")
    alt.gone("server", "box")
    alt.run("network auto allocated topology delete")
    assert alt.names("router list") == set()
    admin.run("subnet pool delete pool")


def test_a_server_gets_and_loses_ports(demo: Client) -> None:
    (first,) = addresses(boot(demo, "box"))
    demo.run("port create --network blue --fixed-ip ip-address=10.7.0.66 given")
    demo.run("server add port box given")
    reaches(demo, "box", first, "10.7.0.66")
    demo.run_when_free("server add fixed ip box blue --fixed-ip-address 10.7.0.67")
    reaches(demo, "box", first, "10.7.0.66", "10.7.0.67")
    demo.run_when_free("server remove port box given")
    reaches(demo, "box", first, "10.7.0.67")
    # one after the other: the client asks for all ports of a network at once, and the second is refused
    (last,) = demo.json("port list --server box --fixed-ip ip-address=10.7.0.67")
    demo.run_when_free("server remove port box", last["ID"])
    reaches(demo, "box", first)
    demo.run_when_free("server remove network box blue")
    reaches(demo, "box")
    demo.run("port delete given")
    demo.run("server delete box")
    demo.gone("server", "box")


def test_servers_are_listed_by_page_and_filter(demo: Client, admin: Client) -> None:
    made = {name: boot(demo, name)["id"] for name in ("one", "two", "three")}
    demo.run("server stop two")
    demo.settled("server", "two")
    assert demo.names("server list --long") == set(made)
    assert demo.names("server list --status SHUTOFF") == {"two"}
    assert demo.names("server list --name t --image", IMAGE, "--flavor", "tiny") == {"two", "three"}
    first = demo.json("server list --limit 2")
    assert [s["Name"] for s in first] == ["three", "two"]
    assert demo.names("server list --limit 2 --marker", first[-1]["ID"]) == {"one"}
    assert demo.names("server list --sort-column Name --no-name-lookup") == set(made)
    assert admin.names("server list") == set()
    assert admin.names("server list --all-projects --long") == set(made)
    assert "403" in demo.refused("server list --all-projects")
    demo.run("server delete", *made)
    for name in made:
        demo.gone("server", name)


def test_power_and_what_is_told_of_it(demo: Client) -> None:
    boot(demo, "box")
    for command, status in (
        ("stop", "SHUTOFF"),
        ("start", "ACTIVE"),
        ("pause", "PAUSED"),
        ("unpause", "ACTIVE"),
        ("reboot", "ACTIVE"),
        ("reboot --hard", "ACTIVE"),
    ):
        demo.run(f"server {command} box")
        assert demo.settled("server", "box")["status"] == status, command
    assert "start 4:" in demo.run("console log show box")
    events = demo.json("server event list --long box")
    names = ["reboot", "reboot", "unpause", "pause", "start", "stop", "create"]
    assert [(e["Action"], e["Message"]) for e in events] == [(name, None) for name in names]
    shown = demo.json("server event show box", events[-1]["Request ID"])
    assert {e["result"] for e in shown["events"]} == {"Success"}
    # a simulated machine has no screen
    assert "Unavailable console type novnc" in demo.refused("console url show box")
    demo.run("server lock box")
    assert "locked" in demo.refused("server delete box")
    demo.run("server unlock box")
    demo.run("server delete box")
    demo.gone("server", "box")


def test_a_server_is_put_aside_and_taken_up_again(demo: Client) -> None:
    boot(demo, "box")
    for command, status in (
        ("suspend", "SUSPENDED"),
        ("resume", "ACTIVE"),
        (f"rescue --image {IMAGE} --password secret", "RESCUE"),
        ("unrescue", "ACTIVE"),
        ("shelve", "SHELVED_OFFLOADED"),
        ("unshelve", "ACTIVE"),
        ("shelve --wait", "SHELVED_OFFLOADED"),
        ("unshelve --availability-zone nova --wait", "ACTIVE"),
    ):
        demo.run(f"server {command} box")
        assert demo.settled("server", "box")["status"] == status, command
    events = [e["Action"] for e in demo.json("server event list --long box")]
    assert events[::-1] == ["create", "suspend", "resume", "rescue", "unrescue", *2 * ["shelve", "unshelve"]]
    demo.run("server shelve --offload box")
    assert demo.settled("server", "box")["status"] == "SHELVED_OFFLOADED"
    demo.run("server delete box")
    demo.gone("server", "box")


def becomes(demo: Client, name: str, status: str) -> None:
    """Returns when the server has the status, and nothing is done to it."""
    for _ in range(600):
        if (found := demo.settled("server", name))["status"] == status:
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} is {found['status']}")


def test_a_server_is_rebuilt_and_resized(demo: Client, admin: Client) -> None:
    for name, size in (("wider", ("--vcpus", "2", "--ram", "256", "--disk", "2")), ("flat", ("--disk", "0"))):
        admin.run("flavor create", name, *size)
    before = boot(demo, "box")
    demo.run("server rebuild --name box --property a=b --image", IMAGE, "box")
    after = demo.settled("server", "box")
    assert (after["status"], after["properties"]) == ("ACTIVE", {"a": "b"})
    assert (after["id"], after["addresses"]) == (before["id"], before["addresses"])
    demo.run("server resize --flavor wider box")
    becomes(demo, "box", "VERIFY_RESIZE")
    demo.run("server resize revert box")
    becomes(demo, "box", "ACTIVE")
    assert demo.json("server show box")["flavor"]["original_name"] == "tiny"
    demo.run("server resize --flavor wider box")
    becomes(demo, "box", "VERIFY_RESIZE")
    demo.run("server resize confirm box")
    becomes(demo, "box", "ACTIVE")
    assert demo.json("server show box")["flavor"]["original_name"] == "wider"
    assert "zero disk" in demo.refused("server resize --flavor flat box")
    assert "must change flavor" in demo.refused("server resize --flavor wider box")
    events = [e["Action"] for e in demo.json("server event list --long box")]
    assert events == ["confirmResize", "resize", "revertResize", "resize", "rebuild", "create"]
    demo.run("server delete box")
    demo.gone("server", "box")
    admin.run("flavor delete wider flat")


def test_a_volume_grows_and_is_attached(demo: Client) -> None:
    boot(demo, "box")
    demo.run("volume create --size 1 data")
    assert demo.settled("volume", "data")["status"] == "available"
    demo.run("volume set data --size 2 --property a=b")
    grown = demo.settled("volume", "data")
    assert (grown["size"], grown["properties"]) == (2, {"a": "b"})
    assert demo.json("server add volume box data")["Device"] == "/dev/vdb"
    attached = demo.settled("volume", "data")
    assert attached["status"] == "in-use"
    assert [a["Volume ID"] for a in demo.json("server volume list box")] == [attached["id"]]
    assert "400" in demo.refused("volume delete data")
    demo.settled("server", "box")
    demo.run_when_free("server remove volume box data")
    demo.settled("server", "box")
    assert demo.settled("volume", "data")["status"] == "available"
    demo.run("server delete box")
    demo.run("volume delete data")
    demo.gone("volume", "data")
    demo.gone("server", "box")


def test_a_server_boots_from_a_volume(demo: Client) -> None:
    demo.run("volume create --size 1 root --image", IMAGE)
    assert demo.settled("volume", "root")["bootable"] in (True, "true")
    demo.run("server create --flavor tiny --network blue --volume root own")
    demo.run("server create --network blue --boot-from-volume 1", *SERVER, "made")
    for name in ("own", "made"):
        assert demo.settled("server", name)["status"] == "ACTIVE"
        (volume,) = demo.json("server volume list", name)
        assert volume["Device"] == "/dev/vda"
        demo.run("server delete", name)
        demo.gone("server", name)
    assert demo.settled("volume", "root")["status"] == "available"
    demo.run("image create --volume root --force --disk-format raw copied")
    for _ in range(600):
        if demo.json("image show copied")["status"] == "active":
            break
        time.sleep(0.05)
    assert demo.json("image show copied")["status"] == "active"
    demo.run("image delete copied")
    demo.settled("volume", "root")
    demo.run("volume delete root")
    demo.gone("volume", "root")


def test_operators_see_hosts_and_what_is_used_of_them(demo: Client, admin: Client) -> None:
    server = boot(demo, "box")
    hosts = {"host-1", "host-2", "host-3"}
    assert {h["Hypervisor Hostname"] for h in admin.json("hypervisor list --long")} == hosts
    assert admin.json("hypervisor show host-1")["state"] == "up"
    assert admin.json("hypervisor stats show")["running_vms"] == 1
    services = admin.json("compute service list")
    assert {s["Host"] for s in services if s["Binary"] == "nova-compute"} == hosts
    assert {a["Host"] for a in admin.json("network agent list")} >= hosts
    host = admin.json("server show", server["id"])["OS-EXT-SRV-ATTR:host"]
    providers = {p["name"]: p["uuid"] for p in admin.json("resource provider list")}
    assert set(providers) == hosts
    inventories = admin.json("resource provider inventory list", providers[host])
    assert {i["resource_class"] for i in inventories} == {"VCPU", "MEMORY_MB", "DISK_GB"}
    used = admin.json("resource provider usage show", providers[host])
    assert {u["resource_class"]: u["usage"] for u in used} == {"VCPU": 1, "MEMORY_MB": 128, "DISK_GB": 1}
    (allocation,) = admin.json("resource provider allocation show", server["id"])
    assert allocation["resource_provider"] == providers[host]
    assert "403" in demo.refused("hypervisor list")
    admin.run("compute service set --disable --disable-reason maintenance host-3 nova-compute")
    disabled = [s for s in admin.json("compute service list --long") if s["Status"] == "disabled"]
    assert [(s["Host"], s["Disabled Reason"]) for s in disabled] == [("host-3", "maintenance")]
    admin.run("compute service set --enable host-3 nova-compute")
    demo.run("server delete box")
    demo.gone("server", "box")


def test_quotas_and_limits(demo: Client, admin: Client) -> None:
    admin.run("quota set --networks 7 --gigabytes 70 --key-pairs 17 alt")
    limits = {row["Resource"]: row["Limit"] for row in admin.json("quota show alt")}
    assert (limits["networks"], limits["gigabytes"], limits["key-pairs"]) == (7, 70, 17)
    assert {row["Resource"]: row["Limit"] for row in demo.json("quota show")}["instances"] == 50
    absolute = {row["Name"]: row["Value"] for row in demo.json("limits show --absolute")}
    assert (absolute["instances"], absolute["max_total_volumes"]) == (50, 30)
    assert "403" in demo.refused("quota set --cores 1000", demo.json("token issue")["project_id"])


def test_the_cloud_says_what_it_offers(demo: Client) -> None:
    versions = {v["Service Type"] for v in demo.json("versions show")}
    assert {"compute", "network", "image", "identity", "block-storage", "placement"} <= versions
    assert {z["Zone Name"] for z in demo.json("availability zone list")} == {"nova"}
    assert {"router", "security-group"} <= {e["Alias"] for e in demo.json("extension list --network")}
    assert {"nova", "neutron", "glance", "keystone", "cinder"} <= demo.names("catalog list")


def test_a_new_member_of_a_new_project_has_a_cloud(admin: Client, state: Path) -> None:
    admin.run("project create --description d team")
    admin.run("user create --password secret --project team ann")
    admin.run("role add --user ann --project team member")
    (assigned,) = admin.json("role assignment list --names --user ann")
    assert (assigned["Role"], assigned["Project"]) == ("member", "team@Default")
    ann = Client(state / "clouds.yaml", "haneul-demo")
    who = ("--os-username", "ann", "--os-password", "secret", "--os-project-name", "team")
    assert ann.names(" ".join(who) + " server list") == set()
    assert ann.names(" ".join(who) + " security group list") == {"default"}
    admin.run("user delete ann")
    admin.run("project delete team")
    assert "team" not in admin.names("project list")


def test_the_program_itself_waits_for_a_server(demo: Client) -> None:
    words = [
        "server",
        "create",
        *SERVER,
        "--network",
        "blue",
        "--wait",
        "waited",
        "-f",
        "value",
        "-c",
        "status",
    ]
    done = subprocess.run(
        [BIN / "openstack", *words],
        env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds), "OS_CLOUD": "haneul-demo", "PATH": str(BIN)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ACTIVE"), done.stderr
    demo.run("server delete waited")
    demo.gone("server", "waited")
