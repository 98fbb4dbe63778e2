"""A volume is in a machine because compute put it there, and leaves it by compute alone (as for CVE-2023-2088)."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.block_storage import public as block_storage
from tests.conftest import Persona
from tests.security.two_tenants import COMPUTE, VOLUME, Tenants, make
from tests.services.block_storage.calls import make_volume, volume
from tests.services.compute.world import V

NEWEST = "volume 3.70"


async def disks(t: Tenants, server_id: str) -> set[str]:
    machine = await t.machine(server_id)
    return {d.id for d in machine.disks if d.id != server_id}


async def attached(t: Tenants, who: Persona, **more: Any) -> tuple[str, str]:
    """Somebody's server and the volume that it has."""
    networks = [{"uuid": t.network if who is t.alt else t.w.network}]
    server = await t.w.create(who, networks=networks)
    id = (await make_volume(t.cloud, who))["id"]
    path = f"{COMPUTE}/servers/{server}/os-volume_attachments"
    answer = await who.post(path, {"volumeAttachment": {"volumeId": id, **more}}, version=V)
    assert answer.status_code == 200, answer.text
    await t.cloud.settled()
    assert id in await disks(t, server)
    return server, id


async def attachment_of(t: Tenants, id: str) -> str:
    seen = await volume(t.cloud, id)
    return str(seen["attachments"][0]["attachment_id"])


async def act(who: Persona, id: str, name: str, value: Any = None) -> Any:
    return await who.post(f"{VOLUME}/volumes/{id}/action", {name: value}, version=NEWEST)


@pytest.mark.parametrize("how", ["attachments", "os-attach"])
async def test_a_volume_that_names_anothers_server_stays_out_of_it(t: Tenants, how: str) -> None:
    victim = await t.w.create()
    before = await disks(t, victim)
    mine = (await make_volume(t.cloud, t.alt))["id"]
    if how == "attachments":
        wish = {"volume_uuid": mine, "instance_uuid": victim}
        await make(t.alt, f"{VOLUME}/attachments", attachment=wish)
    else:
        assert (await act(t.alt, mine, "os-attach", {"instance_uuid": victim})).status_code == 202
    assert await t.w.act(victim, {"reboot": {"type": "HARD"}}) == 202
    await t.cloud.settled()
    assert await disks(t, victim) == before
    await t.rebooted(victim)
    assert await disks(t, victim) == before
    assert await t.w.act(victim, {"rebuild": {"imageRef": t.w.image}}) == 202
    await t.cloud.settled()
    assert await disks(t, victim) == before
    shown = await t.victim.get(f"{COMPUTE}/servers/{victim}/os-volume_attachments", version=V)
    assert shown.json() == {"volumeAttachments": []}
    assert (await t.victim.delete(f"{COMPUTE}/servers/{victim}")).status_code == 204
    await t.cloud.settled()
    kept = (await t.alt.get(f"{VOLUME}/attachments?volume_id={mine}", version=NEWEST)).json()
    assert [a["instance"] for a in kept["attachments"]] == [victim]


async def test_what_a_machine_has_is_not_given_back_behind_its_back(t: Tenants) -> None:
    server, id = await attached(t, t.alt)
    one = f"{VOLUME}/attachments/{await attachment_of(t, id)}"
    connector = {"connector": {"host": "h", "mountpoint": "/dev/vdz"}}
    for who in (t.alt, t.cloud.admin):
        refusals = [
            await who.delete(one, version=NEWEST),
            await who.put(one, {"attachment": connector}, version=NEWEST),
            await who.post(f"{one}/action", {"os-complete": None}, version=NEWEST),
            await act(who, id, "os-detach", {}),
            await act(who, id, "os-detach", {"attachment_id": one.rsplit("/", 1)[1]}),
            await act(who, id, "os-terminate_connection", connector),
        ]
        assert [r.status_code for r in refusals] == [409] * len(refusals)
        text = f"Detach volume from instance {server} using the Compute API"
        assert refusals[0].json()["conflictingRequest"]["message"] == text
    assert (await act(t.cloud.admin, id, "os-force_detach", {})).status_code == 409
    reset = {"attach_status": "detached"}
    assert (await act(t.cloud.admin, id, "os-reset_status", reset)).status_code == 409
    assert (await volume(t.cloud, id))["status"] == "in-use"
    path = f"{COMPUTE}/servers/{server}/os-volume_attachments/{id}"
    assert (await t.alt.delete(path, version=V)).status_code == 202
    await t.cloud.settled()
    assert id not in await disks(t, server)
    assert (await volume(t.cloud, id))["status"] == "available"


async def test_a_status_that_was_written_frees_nothing(t: Tenants) -> None:
    server, id = await attached(t, t.alt)
    assert (await act(t.cloud.admin, id, "os-reset_status", {"status": "available"})).status_code == 202
    assert (await volume(t.cloud, id))["status"] == "available"
    other = await t.w.create(t.alt, networks=[{"uuid": t.network}])
    path = f"{COMPUTE}/servers/{other}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": id}}
    assert (await t.alt.post(path, body, version=V)).status_code == 400
    offer = {"transfer": {"volume_id": id}}
    wish = {"volume_uuid": id, "instance_uuid": other}
    refusals = [
        await t.alt.post(f"{VOLUME}/volume-transfers", offer, version=NEWEST),
        await t.alt.post(f"{VOLUME}/attachments", {"attachment": wish}, version=NEWEST),
        await t.alt.delete(f"{VOLUME}/volumes/{id}", version=NEWEST),
        await act(t.cloud.admin, id, "os-force_delete"),
        await act(t.alt, id, "os-reserve"),
        await act(t.alt, id, "os-extend", {"new_size": 2}),
        await act(t.alt, id, "os-update_readonly_flag", {"readonly": True}),
        await t.alt.post(f"{VOLUME}/snapshots", {"snapshot": {"volume_id": id}}, version="volume 3.60"),
    ]
    assert [r.status_code for r in refusals] == [400] * len(refusals), [r.text for r in refusals]
    server_with_it = t.w.root_volume(source_type="volume", uuid=id)
    body = t.w.body(networks=[{"uuid": t.network}], block_device_mapping_v2=[server_with_it])
    assert (await t.alt.post(f"{COMPUTE}/servers", body, version=V)).status_code == 400
    assert id in await disks(t, server)


async def test_a_volume_that_was_offered_is_not_taken_while_it_is_used(t: Tenants) -> None:
    id = (await make_volume(t.cloud, t.alt))["id"]
    offer = await make(t.alt, f"{VOLUME}/volume-transfers", transfer={"volume_id": id})
    assert (await act(t.cloud.admin, id, "os-reset_status", {"status": "available"})).status_code == 202
    server = await t.w.create(t.alt, networks=[{"uuid": t.network}])
    path = f"{COMPUTE}/servers/{server}/os-volume_attachments"
    answer = await t.alt.post(path, {"volumeAttachment": {"volumeId": id}}, version=V)
    assert answer.status_code == 200
    await t.cloud.settled()
    reset = {"status": "awaiting-transfer"}
    assert (await act(t.cloud.admin, id, "os-reset_status", reset)).status_code == 202
    taking = {"accept": {"auth_key": offer["auth_key"]}}
    answer = await t.victim.post(f"{VOLUME}/volume-transfers/{offer['id']}/accept", taking, version=NEWEST)
    assert answer.status_code == 400, answer.text
    async with t.cloud.platform.reading() as ctx:
        assert await block_storage.verify(ctx) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [("deleting", "Cannot reset-state to deleting"), ("in-use", "does not have any attachments")],
)
async def test_statuses_that_nobody_sets(t: Tenants, status: str, words: str) -> None:
    id = (await make_volume(t.cloud, t.alt))["id"]
    answer = await act(t.cloud.admin, id, "os-reset_status", {"status": status})
    assert (answer.status_code, words in answer.text) == (400, True)


async def test_a_member_does_not_complete_what_compute_reserved(t: Tenants) -> None:
    server, _ = await attached(t, t.alt)
    await t.cloud.settled()
    assert await t.w.act(server, {"shelve": None}, t.alt) == 202
    await t.cloud.settled()
    id = (await make_volume(t.cloud, t.alt))["id"]
    path = f"{COMPUTE}/servers/{server}/os-volume_attachments"
    answer = await t.alt.post(path, {"volumeAttachment": {"volumeId": id}}, version=V)
    assert answer.status_code == 200, answer.text
    assert (await volume(t.cloud, id))["status"] == "reserved"
    assert (await act(t.alt, id, "os-attach", {"instance_uuid": server})).status_code == 400
    assert (await act(t.alt, id, "os-detach", {})).status_code == 409
    assert (await t.alt.delete(f"{path}/{id}", version=V)).status_code == 202
    await t.cloud.settled()
    assert (await volume(t.cloud, id))["status"] == "available"


async def test_an_administrator_gives_no_server_the_volume_of_another_project(t: Tenants) -> None:
    victim = await t.w.create()
    mine = (await make_volume(t.cloud, t.alt))["id"]
    path = f"{COMPUTE}/servers/{victim}/os-volume_attachments"
    answer = await t.cloud.admin.post(path, {"volumeAttachment": {"volumeId": mine}}, version=V)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("dies", [True, False])
async def test_a_volume_dies_with_its_server_if_that_was_asked_for(t: Tenants, dies: bool) -> None:
    server, id = await attached(t, t.alt, delete_on_termination=dies)
    path = f"{COMPUTE}/servers/{server}/os-volume_attachments/{id}"
    shown = (await t.alt.get(path, version=V)).json()["volumeAttachment"]
    assert shown["delete_on_termination"] is dies
    assert (await t.alt.delete(f"{COMPUTE}/servers/{server}")).status_code == 204
    await t.cloud.settled()
    assert (await t.alt.get(f"{VOLUME}/volumes/{id}")).status_code == (404 if dies else 200)


async def test_what_the_attachments_api_tells_of_modes_and_statuses(t: Tenants) -> None:
    id = (await make_volume(t.cloud, t.alt))["id"]
    made = await make(t.alt, f"{VOLUME}/attachments", attachment={"volume_uuid": id})
    assert (made["status"], made["attach_mode"]) == ("reserved", "null")
    one = f"{VOLUME}/attachments/{made['id']}"
    connector = {"attachment": {"connector": {"host": "h", "mountpoint": "/dev/vdb"}}}
    put = (await t.alt.put(one, connector, version=NEWEST)).json()["attachment"]
    assert (put["status"], put["attach_mode"]) == ("reserved", "null")
    assert put["connection_info"]["attachment_id"] == made["id"]
    shown = (await t.alt.get(one, version=NEWEST)).json()["attachment"]
    assert (shown["status"], shown["attach_mode"]) == ("attaching", "rw")
    assert (await t.alt.delete(one, version=NEWEST)).status_code == 200
    made = await make(t.alt, f"{VOLUME}/attachments", attachment={"volume_uuid": id})
    one = f"{VOLUME}/attachments/{made['id']}"
    done = await t.alt.post(f"{one}/action", {"os-complete": None}, version=NEWEST)
    assert (done.status_code, (await volume(t.cloud, id))["status"]) == (204, "in-use")


async def test_the_key_of_an_offer_is_not_found_by_trying(t: Tenants) -> None:
    """Who tried too often is refused with the right key too, and the volume stays whose it is."""
    t.cloud.platform.config["guesses"] = {"from_address": 3}  # type: ignore[index]
    volume = await make(t.victim, f"{VOLUME}/volumes", volume={"size": 1})
    await t.cloud.settled()
    offer = await make(t.victim, f"{VOLUME}/volume-transfers", transfer={"volume_id": volume["id"]})
    path = f"{VOLUME}/volume-transfers/{offer['id']}/accept"
    answers = []
    for key in ("a", "b", "c", offer["auth_key"]):
        answers.append(await t.alt.post(path, {"accept": {"auth_key": key}}, version=NEWEST))
    assert [each.status_code for each in answers] == [400, 400, 400, 429]
    assert "Invalid auth key" in answers[0].text
    assert (await t.alt.get(f"{VOLUME}/volumes/{volume['id']}", version=NEWEST)).status_code == 404
