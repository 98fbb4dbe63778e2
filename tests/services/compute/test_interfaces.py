"""A server's ports come and go while it runs."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel.ids import new_id
from haneul.services.compute.sagas.change_interfaces import ATTACH_INTERFACE, DETACH_INTERFACE
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1/servers"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def nics(w: World, id: str) -> int:
    """How many NICs the machine has, as it says itself."""
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    log = (await w.cloud.platform.agents.on(host).hypervisor.console_log(id)).decode()
    return int(log.split()[-2])


async def attach(w: World, id: str, **wanted: Any) -> dict[str, Any]:
    answer = await w.cloud.member.post(
        f"{BASE}/{id}/os-interface", {"interfaceAttachment": wanted}, version=V
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["interfaceAttachment"]
    return found


async def listed(w: World, id: str) -> dict[str, str]:
    """The state of each of the server's ports."""
    answer = await w.cloud.member.get(f"{BASE}/{id}/os-interface", version=V)
    return {i["port_id"]: i["port_state"] for i in answer.json()["interfaceAttachments"]}


async def test_a_port_on_a_network_is_made_and_removed(w: World) -> None:
    id = await w.create()
    (first,) = await listed(w, id)
    made = await attach(w, id, net_id=w.network, fixed_ips=[{"ip_address": "10.0.5.5"}])
    assert [f["ip_address"] for f in made["fixed_ips"]] == ["10.0.5.5"]
    await w.cloud.settled()
    assert await listed(w, id) == {first: "ACTIVE", made["port_id"]: "ACTIVE"}
    assert await nics(w, id) == 2
    path = f"{BASE}/{id}/os-interface/{made['port_id']}"
    assert (await w.cloud.member.get(path)).json()["interfaceAttachment"]["net_id"] == w.network
    assert (await w.cloud.member.delete(path)).status_code == 202
    await w.cloud.settled()
    assert await listed(w, id) == {first: "ACTIVE"}
    assert await nics(w, id) == 1
    assert (await w.cloud.member.get(f"/networking/v2.0/ports/{made['port_id']}")).status_code == 404
    assert (await w.cloud.member.delete(path)).status_code == 404


async def test_a_given_port_is_free_again_afterwards(w: World) -> None:
    id = await w.create()
    answer = await w.cloud.member.post("/networking/v2.0/ports", {"port": {"network_id": w.network}})
    port = answer.json()["port"]["id"]
    await attach(w, id, port_id=port)
    await w.cloud.settled()
    assert await nics(w, id) == 2
    assert (await w.cloud.member.delete(f"{BASE}/{id}/os-interface/{port}")).status_code == 202
    await w.cloud.settled()
    shown = (await w.cloud.member.get(f"/networking/v2.0/ports/{port}")).json()["port"]
    assert (shown["device_id"], shown["status"]) == ("", "DOWN")
    assert await nics(w, id) == 1


async def test_the_only_network_need_not_be_named(w: World) -> None:
    id = await w.create(networks="none")
    made = await attach(w, id)
    assert made["net_id"] == w.network
    await w.cloud.settled()
    assert await nics(w, id) == 1


async def test_an_address_that_is_taken_leaves_nothing(w: World) -> None:
    id = await w.create()
    taken = (await w.show(id))["addresses"]["n"][0]["addr"]
    body = {"interfaceAttachment": {"net_id": w.network, "fixed_ips": [{"ip_address": taken}]}}
    assert (await w.cloud.member.post(f"{BASE}/{id}/os-interface", body)).status_code == 409
    assert len(await listed(w, id)) == 1


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"net_id": new_id()}, 404),
        ({"port_id": new_id()}, 404),
        ({"net_id": new_id(), "port_id": new_id()}, 400),
        ({"fixed_ips": [{"ip_address": "10.0.5.5"}]}, 400),
        ({"colour": "blue"}, 400),
    ],
)
async def test_ports_that_cannot_be(w: World, wanted: dict[str, Any], status: int) -> None:
    id = await w.create()
    answer = await w.cloud.member.post(f"{BASE}/{id}/os-interface", {"interfaceAttachment": wanted})
    assert answer.status_code == status, answer.text


async def test_a_host_that_cannot_plug_takes_the_port_back(w: World) -> None:
    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    (await w.cloud.agent.driver(host, "hypervisor")).knobs.fail["attach_nic"] = 1
    made = await attach(w, id, net_id=w.network)
    await w.cloud.settled()
    assert made["port_id"] not in await listed(w, id)
    assert (await w.show(id))["status"] == "ACTIVE"


async def test_giving_and_taking_ports_fails_whole_and_may_run_twice(w: World) -> None:
    id = await w.create()

    async def give() -> None:
        await attach(w, id, net_id=w.network)

    async def all_of_it() -> Any:
        return await listed(w, id), await nics(w, id)

    await assert_unwinds(w.cloud, ATTACH_INTERFACE, give, all_of_it)
    await assert_repeatable(w.cloud, ATTACH_INTERFACE, give)
    (first, second) = await listed(w, id)
    assert await nics(w, id) == 2

    async def take() -> None:
        assert (await w.cloud.member.delete(f"{BASE}/{id}/os-interface/{second}")).status_code == 202

    async def ports() -> Any:
        return set(await listed(w, id)), await nics(w, id)

    await assert_unwinds(w.cloud, DETACH_INTERFACE, take, ports, except_for=("let_go",))
    await assert_repeatable(w.cloud, DETACH_INTERFACE, take)
    assert set(await listed(w, id)) < {first, second}
    assert await nics(w, id) == 1


async def test_a_port_is_made_with_one_address_or_with_any(w: World) -> None:
    id = await w.create()
    for ips in ([], ["10.0.5.5", "10.0.5.6"]):
        wish = {"net_id": w.network, "fixed_ips": [{"ip_address": ip} for ip in ips]}
        answer = await w.cloud.member.post(f"{BASE}/{id}/os-interface", {"interfaceAttachment": wish})
        assert answer.status_code == 400, answer.text
        assert "fixed_ips" in answer.text
    assert len(await listed(w, id)) == 1
