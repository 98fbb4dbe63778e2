"""Actions, attachments, snapshots, types, quotas, transfers, and what administrators see."""

from __future__ import annotations

from uuid import uuid4

import pytest

from haneul.kernel.context import NO_TRANSACTION, Context
from haneul.services.block_storage import public
from haneul.services.block_storage.drivers.fake import FakeVolumes
from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message, volume


async def act(who, id: str, name: str, value: object = None, **options):
    return await who.post(f"{V3}/volumes/{id}/action", {name: value}, **options)


async def test_reserving_attaching_and_detaching_by_actions(cloud: Cloud) -> None:
    id, server = (await make_volume(cloud))["id"], str(uuid4())
    assert (await act(cloud.member, id, "os-reserve")).status_code == 202
    assert (await volume(cloud, id))["status"] == "attaching"
    again = await act(cloud.member, id, "os-reserve")
    assert again.status_code == 400
    assert "status must be available" in message(again, "badRequest")
    given = {"instance_uuid": server, "mountpoint": "/dev/vdc", "mode": "rw"}
    assert (await act(cloud.member, id, "os-attach", given)).status_code == 202
    seen = await volume(cloud, id)
    assert (seen["status"], seen["attachments"][0]["device"]) == ("in-use", "/dev/vdc")
    assert (await cloud.member.delete(f"{V3}/volumes/{id}")).status_code == 400
    assert (await act(cloud.member, id, "os-begin_detaching")).status_code == 202
    assert (await act(cloud.member, id, "os-roll_detaching")).status_code == 202
    assert (await volume(cloud, id))["status"] == "in-use"
    assert (await act(cloud.member, id, "os-detach", {})).status_code == 202
    seen = await volume(cloud, id)
    assert (seen["status"], seen["attachments"]) == ("available", [])


async def test_small_changes_by_actions(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    assert (await act(cloud.member, id, "os-set_bootable", {"bootable": True})).status_code == 200
    assert (await act(cloud.member, id, "os-update_readonly_flag", {"readonly": True})).status_code == 202
    seen = await volume(cloud, id)
    assert (seen["bootable"], seen["metadata"]) == ("true", {"readonly": "True"})
    answer = await act(cloud.member, id, "os-set_image_metadata", {"metadata": {"os": "x"}})
    assert answer.json() == {"metadata": {"os": "x"}}
    assert (await act(cloud.member, id, "os-show_image_metadata")).json() == {"metadata": {"os": "x"}}
    assert (await act(cloud.member, id, "os-unset_image_metadata", {"key": "os"})).status_code == 200
    assert (await act(cloud.member, id, "os-unset_image_metadata", {"key": "os"})).status_code == 404
    assert (await act(cloud.member, id, "os-reset_status", {"status": "error"})).status_code == 403
    assert (await act(cloud.admin, id, "os-reset_status", {"status": "odd"})).status_code == 400
    assert (await act(cloud.admin, id, "os-reset_status", {"status": "error"})).status_code == 202
    assert (await volume(cloud, id))["status"] == "error"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("os-extend", {}),
        ("os-extend", {"new_size": 0}),
        ("os-extend", {"new_size": 1}),
        ("os-extend", {"new_size": "x"}),
        ("os-extend", None),
        ("os-extend", {"new_size": 2, "more": 1}),
        ("os-attach", {}),
        ("os-attach", {"instance_uuid": "a", "mode": "odd"}),
        ("os-begin_detaching", None),
        ("os-set_bootable", {}),
        ("os-set_bootable", {"bootable": "perhaps"}),
        ("os-update_readonly_flag", 7),
        ("os-volume_upload_image", {}),
        ("os-volume_upload_image", {"image_name": "x", "disk_format": "vmdk"}),
        ("os-retype", {"new_type": "__DEFAULT__"}),
        ("os-retype", {"new_type": "__DEFAULT__", "migration_policy": "odd"}),
        ("os-initialize_connection", {}),
        ("os-fly", {}),
    ],
)
async def test_actions_that_make_no_sense(cloud: Cloud, name: str, value: object) -> None:
    id = (await make_volume(cloud))["id"]
    answer = await act(cloud.member, id, name, value)
    assert answer.status_code == 400, answer.text
    assert (await volume(cloud, id))["status"] == "available"


async def test_attachments_over_their_own_api(cloud: Cloud) -> None:
    id, server = (await make_volume(cloud))["id"], str(uuid4())
    new = {"attachment": {"volume_uuid": id, "instance_uuid": server}}
    assert (await cloud.member.post(f"{V3}/attachments", new, version="volume 3.26")).status_code == 404
    made = (await cloud.member.post(f"{V3}/attachments", new, version="volume 3.44")).json()["attachment"]
    assert (made["status"], (await volume(cloud, id))["status"]) == ("reserved", "reserved")
    path = f"{V3}/attachments/{made['id']}"
    second = await cloud.member.post(f"{V3}/attachments", new, version="volume 3.44")
    assert second.status_code == 400
    connector = {"attachment": {"connector": {"host": "h", "mountpoint": "/dev/vdb"}}}
    updated = await cloud.member.put(path, connector, version="volume 3.44")
    assert updated.json()["attachment"]["connection_info"]["attachment_id"] == made["id"]
    done = await cloud.member.post(f"{path}/action", {"os-complete": {}}, version="volume 3.44")
    assert done.status_code == 204
    assert (await volume(cloud, id))["status"] == "in-use"
    listed = await cloud.member.get(f"{V3}/attachments?volume_id={id}", version="volume 3.44")
    assert [a["id"] for a in listed.json()["attachments"]] == [made["id"]]
    assert (await cloud.stranger.get(path, version="volume 3.44")).status_code == 404
    assert (await cloud.member.delete(path, version="volume 3.44")).json() == {"attachments": []}
    assert (await volume(cloud, id))["status"] == "available"
    assert (await cloud.member.delete(path, version="volume 3.44")).status_code == 404


async def test_what_a_server_does_with_volumes(cloud: Cloud, host: FakeVolumes) -> None:
    server = str(uuid4())
    who = cloud.member.auth
    kept = (await make_volume(cloud))["id"]
    async with cloud.platform.context(who) as ctx:
        root = await public.create_for_server(ctx, server, 2, None, None, None, "root", True)
        first = await public.reserve(ctx, root.id, server, "/dev/vda", project_id=ctx.project_id)
        second = await public.reserve(ctx, kept, server, "/dev/vdb", project_id=ctx.project_id)
        assert await public.volume_status(ctx, root.id) == "creating"
    await cloud.settled()
    assert (await volume(cloud, root.id))["status"] == "reserved"
    how = await public.connect(Context(cloud.platform, who, NO_TRANSACTION), first, "elsewhere")
    assert how["disk"] == root.id
    async with cloud.platform.context(who) as ctx:
        await public.complete(ctx, first, cloud.hosts[0], "/dev/vda")
        await public.complete(ctx, second, cloud.hosts[0], "/dev/vdb")
        had = (await public.attachments(ctx, [server, "other"]))[server]
        assert {(a.volume_id, a.device, a.delete_on_termination) for a in had} == {
            (root.id, "/dev/vda", True),
            (kept, "/dev/vdb", False),
        }
    assert (await volume(cloud, kept))["status"] == "in-use"
    async with cloud.platform.context(who) as ctx:
        await public.delete_for_server(ctx, server)
        await public.delete_for_server(ctx, server)
        await public.detach(ctx, kept, server)
    await cloud.settled()
    assert await host.volumes() == {kept: 1}
    assert (await volume(cloud, kept))["status"] == "available"


async def test_snapshots(cloud: Cloud) -> None:
    id = (await make_volume(cloud, size=2))["id"]
    made = await make_snapshot(cloud, id, name="s", metadata={"a": "1"})
    path = f"{V3}/snapshots/{made['id']}"
    seen = (await cloud.member.get(path)).json()["snapshot"]
    assert (seen["status"], seen["size"]) == ("available", 2)
    assert seen["os-extended-snapshot-attributes:progress"] == "100%"
    changed = await cloud.member.put(path, {"snapshot": {"name": "t"}})
    assert changed.json()["snapshot"]["name"] == "t"
    assert (await cloud.member.post(f"{path}/metadata", {"metadata": {"b": "2"}})).json() == {
        "metadata": {"a": "1", "b": "2"}
    }
    listed = (await cloud.member.get(f"{V3}/snapshots/detail?volume_id={id}&status=available")).json()
    assert [s["id"] for s in listed["snapshots"]] == [made["id"]]
    for wish in ({}, {"volume_id": 1}, {"volume_id": id, "force": "odd"}, {"volume_id": id, "name": 1}):
        assert (await cloud.member.post(f"{V3}/snapshots", {"snapshot": wish})).status_code == 400
    nowhere = {"snapshot": {"volume_id": str(uuid4())}}
    assert (await cloud.member.post(f"{V3}/snapshots", nowhere)).status_code == 404
    assert (await cloud.stranger.get(path)).status_code == 404
    assert (await cloud.reader.delete(path)).status_code == 403
    assert (await cloud.member.post(f"{path}/action", {"odd": None})).status_code == 400
    reset = {"os-reset_status": {"status": "error"}}
    assert (await cloud.member.post(f"{path}/action", reset)).status_code == 403
    assert (await cloud.admin.post(f"{path}/action", reset)).status_code == 202
    assert (await cloud.member.delete(path)).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(path)).status_code == 404


async def test_types_and_who_may_use_them(cloud: Cloud) -> None:
    path = f"{V3}/types"
    assert (await cloud.member.post(path, {"volume_type": {"name": "x"}})).status_code == 403
    default = (await cloud.member.get(f"{path}/default")).json()["volume_type"]
    assert default["name"] == "__DEFAULT__"
    new = {"volume_type": {"name": "own", "os-volume-type-access:is_public": False}}
    id = (await cloud.admin.post(path, new)).json()["volume_type"]["id"]
    assert (await cloud.admin.post(path, new)).status_code == 409
    assert (await cloud.admin.post(path, {"volume_type": {"name": " "}})).status_code == 400
    assert (await cloud.member.get(f"{path}/{id}")).status_code == 404
    add = {"addProjectAccess": {"project": cloud.member.auth.project_id}}
    assert (await cloud.admin.post(f"{path}/{id}/action", add)).status_code == 202
    assert (await cloud.admin.post(f"{path}/{id}/action", add)).status_code == 409
    assert (await cloud.admin.post(f"{path}/{id}/action", {"addProjectAccess": {}})).status_code == 400
    names = [t["name"] for t in (await cloud.member.get(path)).json()["volume_types"]]
    assert sorted(names) == ["__DEFAULT__", "own"]
    assert [t["name"] for t in (await cloud.stranger.get(path)).json()["volume_types"]] == ["__DEFAULT__"]
    specs = f"{path}/{id}/extra_specs"
    assert (await cloud.admin.post(specs, {"extra_specs": {"multiattach": "<is> True"}})).status_code == 200
    assert (await cloud.admin.put(f"{specs}/k", {"k": "v"})).json() == {"k": "v"}
    assert (await cloud.admin.delete(f"{specs}/k")).status_code == 202
    assert (await cloud.admin.get(f"{specs}/k")).status_code == 404
    made = await make_volume(cloud, volume_type="own")
    assert (made["volume_type"], made["multiattach"]) == ("own", True)
    assert (await cloud.admin.delete(f"{path}/{id}")).status_code == 400
    for name, status in (("own", 400), ("nosuch", 404), ("__DEFAULT__", 202)):
        assert (await act(cloud.member, made["id"], "os-retype", {"new_type": name})).status_code == status
    assert (await cloud.admin.delete(f"{path}/{id}")).status_code == 202
    assert (await cloud.admin.delete(f"{path}/{default['id']}")).status_code == 400


async def test_transfers_by_their_older_name(cloud: Cloud) -> None:
    made, path = await make_volume(cloud), f"{V3}/os-volume-transfer"
    offer = (await cloud.member.post(path, {"transfer": {"volume_id": made["id"]}})).json()["transfer"]
    assert (await cloud.member.get(f"{path}/{offer['id']}")).json()["transfer"]["volume_id"] == made["id"]
    assert (await cloud.member.delete(f"{path}/{offer['id']}")).status_code == 202
    assert (await cloud.member.get(f"{path}/{offer['id']}")).status_code == 404
    offer = (await cloud.member.post(path, {"transfer": {"volume_id": made["id"]}})).json()["transfer"]
    accepted = {"accept": {"auth_key": offer["auth_key"]}}
    assert (await cloud.stranger.post(f"{path}/{offer['id']}/accept", accepted)).status_code == 202
    assert (await cloud.stranger.get(f"{V3}/volumes/{made['id']}")).status_code == 200
    assert (await cloud.member.get(f"{V3}/volumes/{made['id']}")).status_code == 404


async def test_one_word_about_a_snapshot_is_read(cloud: Cloud) -> None:
    taken = await make_snapshot(cloud, (await make_volume(cloud))["id"])
    path = f"{V3}/snapshots/{taken['id']}/metadata"
    assert (await cloud.member.post(path, {"metadata": {"a": "b"}})).status_code == 200
    assert (await cloud.member.get(f"{path}/a")).json() == {"meta": {"a": "b"}}
    assert (await cloud.member.get(f"{path}/c")).status_code == 404


async def test_quotas_are_at_the_older_paths_too(cloud: Cloud) -> None:
    project, own = cloud.member.auth.project_id, cloud.admin.auth.project_id
    path = f"{V3}/{own}/os-quota-sets/{project}"
    changed = await cloud.admin.put(path, {"quota_set": {"volumes": 3}})
    assert (changed.status_code, changed.json()["quota_set"]["volumes"]) == (200, 3)
    assert (await cloud.admin.get(path)).json()["quota_set"]["volumes"] == 3
    used = (await cloud.admin.get(f"{path}?usage=true")).json()["quota_set"]["volumes"]
    assert used == {"limit": 3, "in_use": 0, "reserved": 0}
    assert (await cloud.admin.get(f"{path}/defaults")).json()["quota_set"]["volumes"] == 10
    assert (await cloud.admin.delete(path)).status_code == 200
    assert (await cloud.admin.get(path)).json()["quota_set"]["volumes"] == 10
    kind = f"{V3}/{own}/os-quota-class-sets/default"
    changed = await cloud.admin.put(kind, {"quota_class_set": {"volumes": 7}})
    assert (changed.status_code, changed.json()["quota_class_set"]["volumes"]) == (200, 7)
    assert (await cloud.admin.get(kind)).json()["quota_class_set"]["volumes"] == 7
    assert (await cloud.member.get(f"{V3}/{own}/os-quota-sets/{project}")).status_code == 400


async def test_quotas_and_limits(cloud: Cloud) -> None:
    project = cloud.member.auth.project_id
    path = f"{V3}/os-quota-sets/{project}"
    assert (await cloud.member.get(path)).json()["quota_set"]["volumes"] == 10
    assert (await cloud.member.put(path, {"quota_set": {"volumes": 99}})).status_code == 403
    for value in ("x", -2, 10**13, True, 1.5, None):
        answer = await cloud.admin.put(path, {"quota_set": {"volumes": value}})
        assert answer.status_code == 400, answer.text
    changed = await cloud.admin.put(path, {"quota_set": {"volumes": 1, "per_volume_gigabytes": 5}})
    assert changed.json()["quota_set"]["volumes"] == 1
    large = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 6}})
    assert message(large, "overLimit").startswith("VolumeSizeExceedsLimit: Requested volume size 6G")
    id = (await make_volume(cloud, size=2))["id"]
    usage = (await cloud.member.get(f"{path}?usage=true")).json()["quota_set"]
    assert usage["gigabytes"] == {"limit": 1000, "in_use": 2, "reserved": 0}
    more = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 1}})
    assert more.status_code == 413
    assert (await act(cloud.member, id, "os-extend", {"new_size": 6})).status_code == 413
    limits = (await cloud.member.get(f"{V3}/limits")).json()["limits"]["absolute"]
    assert (limits["maxTotalVolumes"], limits["totalGigabytesUsed"]) == (1, 2)
    assert (await cloud.admin.delete(path)).status_code == 200
    assert (await cloud.member.get(path)).json()["quota_set"]["volumes"] == 10
    everybody = f"{V3}/os-quota-class-sets/default"
    await cloud.admin.put(everybody, {"quota_class_set": {"snapshots": 3}})
    assert (await cloud.member.get(path)).json()["quota_set"]["snapshots"] == 3
    assert (await cloud.stranger.get(path)).status_code == 403


async def test_a_limit_that_would_not_hold_is_refused(cloud: Cloud) -> None:
    """Limits of single volume types are among them: there are none here, so nobody is told that there are."""
    project = cloud.member.auth.project_id
    path, everybody = f"{V3}/os-quota-sets/{project}", f"{V3}/os-quota-class-sets/default"
    before = (await cloud.admin.get(path)).json()
    for name in ("gigabytes_nosuch", "volumes___DEFAULT__", "floating_ips"):
        answer = await cloud.admin.put(path, {"quota_set": {"volumes": 3, name: "20"}})
        assert message(answer, "badRequest") == f"Invalid input received: Bad key(s) in quota set: {name}"
        answer = await cloud.admin.put(everybody, {"quota_class_set": {"volumes": 3, name: 20}})
        refusal = f"Invalid input received: Bad key(s) in quota class set: {name}"
        assert message(answer, "badRequest") == refusal
    assert (await cloud.admin.get(path)).json() == before
    kept = await cloud.admin.put(path, {"quota_set": {"tenant_id": project, "volumes": "3"}})
    assert kept.json()["quota_set"]["volumes"] == 3


async def test_limits_are_refused_in_the_words_of_upstream(cloud: Cloud) -> None:
    path = f"{V3}/os-quota-sets/{cloud.member.auth.project_id}"
    for value, why in (("x", "must be an integer"), (-2, "must be >= -1"), (2**31, "must be <= 2147483647")):
        answer = await cloud.admin.put(path, {"quota_set": {"volumes": value}})
        assert message(answer, "badRequest") == f"volumes {why}"
    assert (await cloud.admin.put(path, {"quota_set": {}})).status_code == 400
    used = (await cloud.member.get(f"{path}?usage=True")).json()["quota_set"]
    assert used["volumes"] == {"limit": 10, "in_use": 0, "reserved": 0}


async def test_a_quota_class_keeps_what_it_was_given_and_only_the_default_one_counts(cloud: Cloud) -> None:
    classes = f"{V3}/os-quota-class-sets"
    await cloud.admin.put(f"{classes}/gold", {"quota_class_set": {"volumes": 77}})
    assert (await cloud.admin.get(f"{classes}/gold")).json()["quota_class_set"]["volumes"] == 77
    assert (await cloud.admin.get(f"{classes}/other")).json()["quota_class_set"]["volumes"] == 10
    path = f"{V3}/os-quota-sets/{cloud.member.auth.project_id}"
    assert (await cloud.member.get(path)).json()["quota_set"]["volumes"] == 10


async def test_a_volume_changes_hands(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    path = f"{V3}/volume-transfers"
    new = {"transfer": {"volume_id": id, "name": "gift"}}
    made = (await cloud.member.post(path, new, version="volume 3.55")).json()["transfer"]
    assert (await volume(cloud, id))["status"] == "awaiting-transfer"
    accept = f"{path}/{made['id']}/accept"
    wrong = {"accept": {"auth_key": "wrong"}}
    assert (await cloud.stranger.post(accept, wrong, version="volume 3.55")).status_code == 400
    right = {"accept": {"auth_key": made["auth_key"]}}
    assert (await cloud.stranger.post(accept, right, version="volume 3.55")).status_code == 202
    assert (await cloud.stranger.get(f"{V3}/volumes/{id}")).json()["volume"]["status"] == "available"
    assert (await cloud.member.get(f"{V3}/volumes/{id}")).status_code == 404
    assert (await cloud.stranger.get(f"{path}/{made['id']}", version="volume 3.55")).status_code == 404


async def test_what_there_is(cloud: Cloud) -> None:
    services = (await cloud.admin.get(f"{V3}/os-services?binary=cinder-volume")).json()["services"]
    assert [s["host"] for s in services] == [f"{name}@file" for name in cloud.hosts]
    assert {s["state"] for s in services} == {"up"}
    assert (await cloud.member.get(f"{V3}/os-services")).status_code == 403
    pools = (await cloud.admin.get(f"{V3}/scheduler-stats/get_pools?detail=true")).json()["pools"]
    assert pools[0]["capabilities"]["total_capacity_gb"] > 0
    zones = (await cloud.member.get(f"{V3}/os-availability-zone")).json()["availabilityZoneInfo"]
    assert [z["zoneName"] for z in zones] == ["nova"]
    assert (await cloud.member.get(f"{V3}/extensions")).json()["extensions"]
    assert (await cloud.member.get(f"{V3}/messages", version="volume 3.3")).json() == {"messages": []}
    assert (await cloud.member.get(f"{V3}/nothing")).status_code == 404


@pytest.mark.slow
@pytest.mark.slow
async def test_an_image_of_a_volume_is_as_it_was_asked_for(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    wish = {"image_name": "x", "disk_format": "raw", "visibility": "private", "protected": True}
    action = {"os-volume_upload_image": wish}
    answer = await cloud.member.post(f"{V3}/volumes/{made['id']}/action", action, version="volume 3.1")
    assert answer.status_code == 202, answer.text
    shown = answer.json()["os-volume_upload_image"]
    assert (shown["volume_type"]["name"], shown["volume_type"]["is_public"]) == ("__DEFAULT__", True)
    assert (shown["disk_format"], shown["visibility"], shown["protected"]) == ("raw", "private", True)
    await cloud.settled()
    image = (await cloud.member.get(f"/image/v2/images/{shown['image_id']}")).json()
    assert (image["status"], image["disk_format"], image["size"]) == ("active", "raw", made["size"] << 30)
    assert (image["visibility"], image["protected"]) == ("private", True)


async def test_whether_a_volume_is_read_only_stands_in_its_metadata(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    path = f"{V3}/volumes/{made['id']}"
    for readonly in (True, False):
        body = {"os-update_readonly_flag": {"readonly": readonly}}
        assert (await cloud.member.post(f"{path}/action", body)).status_code == 202
        shown = (await cloud.member.get(path)).json()["volume"]
        assert shown["metadata"]["readonly"] == str(readonly)


async def test_a_types_visibility_may_change(cloud: Cloud) -> None:
    made = await cloud.admin.post(f"{V3}/types", {"volume_type": {"name": "t"}})
    path = f"{V3}/types/{made.json()['volume_type']['id']}"
    assert (await cloud.member.get(path)).status_code == 200
    changed = await cloud.admin.put(path, {"volume_type": {"is_public": False}})
    assert changed.status_code == 200, changed.text
    assert (await cloud.member.get(path)).status_code == 404


async def test_a_transfer_leaves_snapshots_behind_only_where_told(cloud: Cloud) -> None:
    for keeps in (False, True):
        made = await make_volume(cloud)
        snapshot = await make_snapshot(cloud, made["id"])
        wish = {"transfer": {"volume_id": made["id"], "no_snapshots": keeps}}
        offer = await cloud.member.post(f"{V3}/volume-transfers", wish, version="volume 3.55")
        assert offer.status_code == 202, offer.text
        transfer = offer.json()["transfer"]
        accept = {"accept": {"auth_key": transfer["auth_key"]}}
        taken = await cloud.stranger.post(
            f"{V3}/volume-transfers/{transfer['id']}/accept", accept, version="volume 3.55"
        )
        assert taken.status_code == 202, taken.text
        seen = (await cloud.stranger.get(f"{V3}/snapshots/{snapshot['id']}")).status_code
        assert seen == (404 if keeps else 200)
