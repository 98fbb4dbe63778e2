"""What operators see of services and hosts, and what they say of them."""

from __future__ import annotations

import logging
from typing import Any

from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message

NEWEST = {"OpenStack-API-Version": "volume 3.71"}
SERVICES = f"{V3}/os-services"


async def services(cloud: Cloud, query: str = "") -> list[dict[str, Any]]:
    answer = await cloud.admin.get(f"{SERVICES}{query}", headers=NEWEST)
    assert answer.status_code == 200, answer.text
    return answer.json()["services"]


async def change(cloud: Cloud, what: str, **body: Any) -> Any:
    return await cloud.admin.put(f"{SERVICES}/{what}", body, headers=NEWEST)


async def test_each_host_keeps_volumes_and_backups(cloud: Cloud) -> None:
    names = {(s["binary"], s["host"]) for s in await services(cloud)}
    for host in cloud.hosts:
        assert {("cinder-volume", f"{host}@file"), ("cinder-backup", host)} <= names
    assert ("cinder-scheduler", "haneul") in names
    assert [s["host"] for s in await services(cloud, "?binary=cinder-scheduler")] == ["haneul"]
    assert (await cloud.member.get(SERVICES)).status_code == 403


async def test_a_disabled_service_takes_nothing_new(cloud: Cloud) -> None:
    kept = await make_volume(cloud)
    for host in cloud.hosts:
        answer = await change(
            cloud, "disable-log-reason", binary="cinder-volume", host=f"{host}@file", disabled_reason=" why "
        )
        assert answer.json() | {"host": ""} == {
            "host": "", "service": "", "binary": "cinder-volume", "status": "disabled", "disabled": True,
            "disabled_reason": "why",
        }  # fmt: skip
    shown = await services(cloud, "?binary=cinder-volume")
    assert {(s["status"], s["disabled_reason"]) for s in shown} == {("disabled", "why")}
    made = await make_volume(cloud)
    assert made["status"] == "error"
    told = (await cloud.member.get(f"{V3}/messages", headers=NEWEST)).json()["messages"]
    assert [m["user_message"] for m in told] == [
        "schedule allocate volume:Could not find any available weighted backend."
    ]
    assert told[0]["resource_uuid"] == made["id"]
    one = await cloud.member.get(f"{V3}/messages/{told[0]['id']}", headers=NEWEST)
    assert one.json()["message"] == told[0]
    assert (await cloud.stranger.get(f"{V3}/messages/{told[0]['id']}", headers=NEWEST)).status_code == 404
    assert (await cloud.member.delete(f"{V3}/messages/{told[0]['id']}", headers=NEWEST)).status_code == 204
    assert (await cloud.member.get(f"{V3}/messages", headers=NEWEST)).json()["messages"] == []
    assert (await make_snapshot(cloud, kept["id"]))["status"] == "creating"  # what is there goes on
    for host in cloud.hosts:
        assert (
            await change(cloud, "enable", service="cinder-volume", host=f"{host}@file")
        ).status_code == 200
    assert (await make_volume(cloud))["status"] == "available"
    for host in cloud.hosts:
        assert (await change(cloud, "disable", binary="cinder-backup", host=host)).status_code == 200
    refused = await cloud.member.post(f"{V3}/backups", {"backup": {"volume_id": kept["id"]}})
    assert refused.status_code == 503
    missing = await change(cloud, "disable", binary="cinder-volume", host="nowhere")
    assert missing.status_code == 404
    assert (await change(cloud, "disable", host=cloud.hosts[0])).status_code == 400


async def test_nothing_changes_on_a_frozen_host(cloud: Cloud) -> None:
    kept = await make_volume(cloud)
    taken = await make_snapshot(cloud, kept["id"])
    for host in cloud.hosts:
        assert (await change(cloud, "freeze", host=f"{host}@file")).status_code == 200
    assert (await change(cloud, "freeze", host=cloud.hosts[0])).status_code == 400
    assert {s["frozen"] for s in await services(cloud, "?binary=cinder-volume")} == {True}
    snapshot = {"snapshot": {"volume_id": kept["id"]}}
    for answer in (
        await cloud.member.delete(f"{V3}/snapshots/{taken['id']}"),
        await cloud.member.delete(f"{V3}/volumes/{kept['id']}?cascade=true"),
        await cloud.member.post(f"{V3}/snapshots", snapshot),
    ):
        assert answer.status_code == 400
        assert "not allowed on frozen storage backends" in message(answer, "badRequest")
    assert (await make_volume(cloud))["status"] == "error"
    for host in cloud.hosts:
        assert (await change(cloud, "thaw", host=host)).status_code == 200
    assert (await change(cloud, "thaw", host=cloud.hosts[0])).status_code == 400
    assert (await cloud.member.delete(f"{V3}/volumes/{kept['id']}?cascade=true")).status_code == 202
    for body in ({}, {"host": "nowhere"}, {"host": cloud.hosts[0], "cluster": "c"}):
        assert (await change(cloud, "freeze", **body)).status_code == 400, body


async def test_nothing_fails_over(cloud: Cloud) -> None:
    for what in ("failover", "failover_host"):
        refused = await change(cloud, what, host=f"{cloud.hosts[0]}@file", backend_id="b")
        assert refused.status_code == 400
        assert "is not replicated" in message(refused, "badRequest")


async def test_what_is_logged_can_be_changed(cloud: Cloud) -> None:
    logger = logging.getLogger("haneul.tests.of_block_storage")
    body = {"binary": "cinder-api", "prefix": "haneul.tests", "level": "error"}
    assert (await change(cloud, "set-log", **body)).status_code == 202
    assert logger.level == logging.ERROR
    answer = await change(cloud, "get-log", prefix="haneul.tests.of")
    levels = answer.json()["log_levels"]
    assert [(each["binary"], each["levels"]) for each in levels] == [("cinder-api", {logger.name: "ERROR"})]
    assert (await change(cloud, "get-log", server="elsewhere")).json() == {"log_levels": []}
    assert (await change(cloud, "set-log", level="loud")).status_code == 400
    assert (await change(cloud, "get-log", binary="cinder-cook")).status_code == 400


async def test_hosts_and_what_is_on_them(cloud: Cloud) -> None:
    made = await make_volume(cloud, size=2)
    await make_snapshot(cloud, made["id"])
    listed = (await cloud.admin.get(f"{V3}/os-hosts")).json()["hosts"]
    assert {h["service"] for h in listed} == {"cinder-scheduler", "cinder-volume", "cinder-backup"}
    host = made["os-vol-host-attr:host"].split("#")[0]
    total, mine = (r["resource"] for r in (await cloud.admin.get(f"{V3}/os-hosts/{host}")).json()["host"])
    assert (total["project"], mine["project"]) == ("(total)", cloud.member.auth.project_id)
    assert (mine["volume_count"], mine["total_volume_gb"], mine["snapshot_count"]) == ("1", "2", "1")
    answer = await cloud.admin.put(f"{V3}/os-hosts/{host}", {"status": "disable"})
    assert answer.json() == {"host": host, "status": "disabled"}
    assert [s["status"] for s in await services(cloud, f"?host={host}")] == ["disabled"]
    assert (await cloud.admin.put(f"{V3}/os-hosts/{host}", {"status": "x"})).status_code == 400
    assert (await cloud.admin.get(f"{V3}/os-hosts/nowhere")).status_code == 404
    assert (await cloud.member.get(f"{V3}/os-hosts")).status_code == 403


async def test_there_are_no_clusters_and_nothing_to_clean_up(cloud: Cloud) -> None:
    for path in ("clusters", "clusters/detail"):
        assert (await cloud.admin.get(f"{V3}/{path}", headers=NEWEST)).json() == {"clusters": []}
    assert (await cloud.admin.get(f"{V3}/clusters?colour=red", headers=NEWEST)).status_code == 400
    assert (await cloud.admin.get(f"{V3}/clusters/c", headers=NEWEST)).status_code == 404
    for what in ("enable", "disable"):
        answer = await cloud.admin.put(f"{V3}/clusters/{what}", {"name": "c"}, headers=NEWEST)
        assert answer.status_code == 404
    path = f"{V3}/workers/cleanup"
    answer = await cloud.admin.post(path, {"host": "h", "is_up": "true"}, headers=NEWEST)
    assert (answer.status_code, answer.json()) == (202, {"cleaning": [], "unavailable": []})
    for body in ({"resource_type": "cake"}, {"resource_id": "x"}, {"is_up": "perhaps"}):
        assert (await cloud.admin.post(path, body, headers=NEWEST)).status_code == 400, body


async def test_what_a_back_end_can_do(cloud: Cloud) -> None:
    host = cloud.hosts[0]
    able = (await cloud.admin.get(f"{V3}/capabilities/{host}@file")).json()
    assert (able["volume_backend_name"], able["storage_protocol"], able["replication_targets"]) == (
        "file",
        "file",
        [],
    )
    assert "multiattach" in able["properties"]
    assert (await cloud.admin.get(f"{V3}/capabilities/nowhere")).status_code == 404
    assert (await cloud.member.get(f"{V3}/capabilities/{host}")).status_code == 403
    pools = f"{V3}/scheduler-stats/get_pools"
    named = (await cloud.admin.get(f"{pools}?name={host}@file%23pool", headers=NEWEST)).json()["pools"]
    assert [p["name"] for p in named] == [f"{host}@file#pool"]
    assert (await cloud.admin.get(f"{pools}?name=x", headers=NEWEST)).json() == {"pools": []}
