"""QoS specs, encryption of types, and projects' own default types."""

from __future__ import annotations

import uuid
from typing import Any

from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_volume, message, volume

NEWEST = {"OpenStack-API-Version": "volume 3.71"}
QOS = f"{V3}/qos-specs"


async def make_type(cloud: Cloud, name: str, **wish: Any) -> str:
    answer = await cloud.admin.post(f"{V3}/types", {"volume_type": {"name": name, **wish}})
    assert answer.status_code == 200, answer.text
    return answer.json()["volume_type"]["id"]


async def make_qos(cloud: Cloud, name: str, **specs: Any) -> dict[str, Any]:
    answer = await cloud.admin.post(QOS, {"qos_specs": {"name": name, **specs}})
    assert answer.status_code == 200, answer.text
    return answer.json()["qos_specs"]


async def test_specs_come_change_and_go(cloud: Cloud) -> None:
    made = await make_qos(cloud, "fast", consumer="front-end", read_iops_sec="100")
    assert (made["consumer"], made["specs"]) == ("front-end", {"read_iops_sec": "100"})
    assert (await cloud.admin.post(QOS, {"qos_specs": {"name": "fast"}})).status_code == 409
    path = f"{QOS}/{made['id']}"
    change = {"qos_specs": {"consumer": "both", "write_iops_sec": "50"}}
    assert (await cloud.admin.put(path, change)).json() == change
    now = (await cloud.admin.get(path)).json()["qos_specs"]
    assert (now["consumer"], now["specs"]) == ("both", {"read_iops_sec": "100", "write_iops_sec": "50"})
    assert (await cloud.admin.put(f"{path}/delete_keys", {"keys": ["read_iops_sec"]})).status_code == 202
    assert (await cloud.admin.put(f"{path}/delete_keys", {"keys": ["nothing"]})).status_code == 404
    assert (await cloud.admin.put(f"{path}/delete_keys", {"keys": ["a", "a"]})).status_code == 400
    assert (await cloud.admin.get(path)).json()["qos_specs"]["specs"] == {"write_iops_sec": "50"}
    slow = await make_qos(cloud, "slow")
    assert slow["consumer"] == "back-end"
    listed = (await cloud.admin.get(f"{QOS}?limit=1&sort=name:asc")).json()
    assert [s["name"] for s in listed["qos_specs"]] == ["fast"]
    assert "marker=" in listed["qos_specs_links"][0]["href"]
    assert [s["name"] for s in (await cloud.admin.get(f"{QOS}?name=slow")).json()["qos_specs"]] == ["slow"]
    for wish in ({"name": "x", "consumer": "nobody"}, {"consumer": "both"}, {"name": " "}):
        assert (await cloud.admin.post(QOS, {"qos_specs": wish})).status_code == 400, wish
    assert (await cloud.admin.put(path, {"qos_specs": {"consumer": "nobody"}})).status_code == 400
    assert (await cloud.admin.delete(path)).status_code == 202
    assert (await cloud.admin.get(path)).status_code == 404
    assert (await cloud.member.get(QOS)).status_code == 403


async def test_types_have_specs_and_hypervisors_hear_of_them(cloud: Cloud) -> None:
    made = await make_qos(cloud, "fast", consumer="front-end", read_iops_sec="100")
    other = await make_qos(cloud, "slow")
    kind = await make_type(cloud, "gold")
    path = f"{QOS}/{made['id']}"
    assert (await cloud.admin.get(f"{path}/associate")).status_code == 400
    assert (await cloud.admin.get(f"{path}/associate?vol_type_id={uuid.uuid4()}")).status_code == 404
    assert (await cloud.admin.get(f"{path}/associate?vol_type_id={kind}")).status_code == 202
    associations = (await cloud.admin.get(f"{path}/associations")).json()["qos_associations"]
    assert associations == [{"association_type": "volume_type", "name": "gold", "id": kind}]
    assert (await cloud.admin.get(f"{V3}/types/{kind}")).json()["volume_type"]["qos_specs_id"] == made["id"]
    assert "qos_specs_id" not in (await cloud.member.get(f"{V3}/types/{kind}")).json()["volume_type"]
    second = await cloud.admin.get(f"{QOS}/{other['id']}/associate?vol_type_id={kind}")
    assert second.status_code == 400
    gold = await make_volume(cloud, volume_type="gold")
    connect = {"os-initialize_connection": {"connector": {"host": "h"}}}
    answer = await cloud.member.post(f"{V3}/volumes/{gold['id']}/action", connect)
    assert answer.json()["connection_info"]["data"]["qos_specs"] == {"read_iops_sec": "100"}
    refused = await cloud.admin.delete(path)
    assert refused.status_code == 400
    assert message(refused, "badRequest") == "Qos specs still in use."
    assert (await cloud.admin.get(f"{path}/disassociate?vol_type_id={kind}")).status_code == 202
    assert (await cloud.admin.get(f"{path}/associations")).json() == {"qos_associations": []}
    for _ in range(2):
        assert (await cloud.admin.get(f"{path}/associate?vol_type_id={kind}")).status_code == 202
    assert (await cloud.admin.get(f"{path}/disassociate_all")).status_code == 202
    assert (await cloud.admin.get(f"{path}/associations")).json() == {"qos_associations": []}
    await cloud.admin.get(f"{path}/associate?vol_type_id={kind}")
    assert (await cloud.admin.delete(f"{path}?force=true")).status_code == 202
    assert (await cloud.admin.get(f"{V3}/types/{kind}")).json()["volume_type"]["qos_specs_id"] is None


async def test_how_a_type_is_to_be_encrypted(cloud: Cloud) -> None:
    kind = await make_type(cloud, "secret")
    path = f"{V3}/types/{kind}/encryption"
    assert (await cloud.admin.get(path)).json() == {}
    wish = {"provider": "luks", "control_location": "front-end", "cipher": "aes-xts-plain64", "key_size": 256}
    answer = await cloud.admin.post(path, {"encryption": wish})
    assert answer.status_code == 200
    made = answer.json()["encryption"]
    assert wish.items() <= made.items()
    assert made["volume_type_id"] == kind
    shown = (await cloud.admin.get(path)).json()
    assert wish.items() <= shown.items()
    assert shown["volume_type_id"] == kind
    assert (await cloud.admin.get(f"{path}/cipher")).json() == {"cipher": "aes-xts-plain64"}
    assert (await cloud.admin.get(f"{path}/nothing")).status_code == 404
    assert (await cloud.admin.post(path, {"encryption": wish})).status_code == 400
    change = {"encryption": {"key_size": "128", "control_location": "back-end"}}
    answer = await cloud.admin.put(f"{path}/{shown['encryption_id']}", change)
    assert answer.json() == {"encryption": {"key_size": 128, "control_location": "back-end"}}
    for wrong in (
        {"provider": "luks"},
        {"provider": "luks", "control_location": "aside"},
        {"provider": "luks", "control_location": "front-end", "key_size": "x"},
    ):
        assert (await cloud.admin.post(path, {"encryption": wrong})).status_code == 400, wrong
    refused = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 1, "volume_type": "secret"}})
    assert refused.status_code == 400
    assert "no back end of this cloud encrypts" in message(refused, "badRequest")
    plain = await make_volume(cloud)
    retype = {"os-retype": {"new_type": "secret"}}
    assert (await cloud.member.post(f"{V3}/volumes/{plain['id']}/action", retype)).status_code == 400
    assert (await cloud.member.get(path)).status_code == 403
    assert (await cloud.admin.delete(f"{path}/{shown['encryption_id']}")).status_code == 202
    assert (await cloud.admin.get(path)).json() == {}
    assert (await cloud.admin.delete(f"{path}/{shown['encryption_id']}")).status_code == 404
    assert (await make_volume(cloud, volume_type="secret"))["status"] == "available"
    late = await cloud.admin.post(path, {"encryption": wish})
    assert late.status_code == 400
    assert "Volume type in use" in message(late, "badRequest")


async def test_a_project_has_a_default_type_of_its_own(cloud: Cloud) -> None:
    kind = await make_type(cloud, "gold")
    project = cloud.member.auth.project_id
    path = f"{V3}/default-types/{project}"
    assert (await cloud.admin.get(path, headers=NEWEST)).status_code == 404
    body = {"default_type": {"volume_type": "gold"}}
    answer = await cloud.admin.put(path, body, headers=NEWEST)
    expected = {"project_id": project, "volume_type_id": kind}
    assert (answer.status_code, answer.json()) == (200, {"default_type": expected})
    assert (await cloud.admin.get(path, headers=NEWEST)).json() == {"default_type": expected}
    listed = await cloud.admin.get(f"{V3}/default-types", headers=NEWEST)
    assert listed.json() == {"default_types": [expected]}
    assert (await make_volume(cloud))["volume_type"] == "gold"
    assert (await make_volume(cloud, cloud.stranger))["volume_type"] == "__DEFAULT__"
    shown = (await cloud.member.get(f"{V3}/types/default")).json()["volume_type"]
    assert shown["name"] == "gold"
    unknown = {"default_type": {"volume_type": "none"}}
    assert (await cloud.admin.put(path, unknown, headers=NEWEST)).status_code == 400
    assert (await cloud.member.put(path, body, headers=NEWEST)).status_code == 403
    assert (await cloud.admin.delete(f"{V3}/types/{kind}")).status_code == 400
    for _ in range(2):
        assert (await cloud.admin.delete(path, headers=NEWEST)).status_code == 204
    assert (await make_volume(cloud))["volume_type"] == "__DEFAULT__"
    assert (await cloud.admin.get(path, headers={"OpenStack-API-Version": "volume 3.61"})).status_code == 404
    assert (await volume(cloud, (await make_volume(cloud))["id"]))["status"] == "available"
