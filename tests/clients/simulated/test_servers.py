"""The stock client makes servers, lists them and lets them go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.serving import BIN
from tests.clients.simulated.servers import IMAGE, SERVER, addresses, boot, reaches
from tests.clients.stock import Client
from tests.waiting import PATIENCE_S, looks

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]


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
    for _ in looks(0.05):
        if demo.json("image show copied")["status"] == "active":
            break
    assert demo.json("image show copied")["status"] == "active"
    demo.run("image delete copied")
    demo.settled("volume", "root")
    demo.run("volume delete root")
    demo.gone("volume", "root")


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
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ACTIVE"), done.stderr
    demo.run("server delete waited")
    demo.gone("server", "waited")
