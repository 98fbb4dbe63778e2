"""The stock client against a simulated cloud, as a user and an operator go through a day."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.simulated.servers import IMAGE, SERVER, addresses, boot
from tests.clients.stock import Client

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]


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
