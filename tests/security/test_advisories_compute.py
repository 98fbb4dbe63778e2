"""What others had to publish about their compute service, tried on ours."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import falcon.asgi
import falcon.testing
import httpx
import pytest

from haneul.kernel.db import Query
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.api.consoles import ConsoleSocket
from haneul.services.compute.store.servers import CONSOLE_TOKENS, ConsoleToken
from tests.conftest import Cloud
from tests.services.block_storage.calls import make_volume
from tests.services.compute.world import V, World, make

SERVERS = "/compute/v2.1/servers"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def world(cloud: Cloud) -> World:
    return await make(cloud)


async def server_ids(world: World) -> set[str]:
    answer = await world.cloud.member.get(SERVERS)
    return {server["id"] for server in answer.json()["servers"]}


async def test_a_server_of_another_project_is_reached_by_no_call(world: World) -> None:
    """OSSA-2012-001: every action, on a server whose id is known."""
    id, stranger = await world.create(), world.cloud.stranger
    before = await world.show(id)
    for action in (
        {"os-stop": None}, {"reboot": {"type": "HARD"}}, {"rebuild": {"imageRef": world.image}}, {"shelve": None},
        {"resize": {"flavorRef": world.flavor}}, {"createImage": {"name": "mine"}}, {"rescue": {}}, {"lock": None},
        {"os-getConsoleOutput": {}}, {"suspend": None}, {"addSecurityGroup": {"name": "default"}},
        {"os-getVNCConsole": {"type": "novnc"}}, {"forceDelete": None}, {"changePassword": {"adminPass": "x"}},
    ):  # fmt: skip
        answer = await stranger.post(f"{SERVERS}/{id}/action", action)
        assert answer.status_code in (400, 403, 404), action
    assert (await stranger.delete(f"{SERVERS}/{id}")).status_code == 404
    assert (await stranger.put(f"{SERVERS}/{id}", {"server": {"name": "mine"}})).status_code == 404
    assert await world.show(id) == before


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x" * 256}, {"name": ""}, {"metadata": {"k": "x" * 256}}, {"metadata": {"k" * 256: "v"}},
        {"key_name": "x" * 256}, {"availability_zone": "x" * 256}, {"user_data": "eA==" * 16384},
    ],
)  # fmt: skip
async def test_long_texts_are_refused_and_leave_nothing(world: World, change: dict[str, Any]) -> None:
    """OSSA-2012-003: they would fill the log and the database."""
    answer = await world.cloud.member.post(SERVERS, world.body(**change))
    assert answer.status_code == 400, answer.text
    assert await server_ids(world) == set()


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../etc/shadow", "/root/.ssh/authorized_keys"])
async def test_no_file_is_put_into_a_disk(world: World, path: str) -> None:
    """OSSA-2012-008, OSSA-2012-011: the host writes into nobody's file system."""
    files = [{"path": path, "contents": "eA=="}]
    answer = await world.cloud.member.post(SERVERS, world.body(personality=files), version="compute 2.1")
    assert answer.status_code == 400
    id = await world.create()
    rebuild = {"rebuild": {"imageRef": world.image, "personality": files}}
    refused = await world.cloud.member.post(f"{SERVERS}/{id}/action", rebuild, version="compute 2.1")
    assert refused.status_code == 400


class Statements:
    """Counts what the store is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        fill = Query.fill

        def counted(query: Query, *arguments: Any) -> Any:
            self.count += 1
            return fill(query, *arguments)

        monkeypatch.setattr(Query, "fill", counted)

    async def of(self, request: Awaitable[httpx.Response]) -> tuple[int, int]:
        """(how many statements it took, its status)"""
        before = self.count
        answer = await request
        return self.count - before, answer.status_code


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    return Statements(monkeypatch)


@pytest.mark.parametrize("hint", ["same_host", "different_host"])
async def test_many_hints_ask_the_store_no_more_often_than_a_few(
    world: World, statements: Statements, hint: str
) -> None:
    """OSSA-2012-009."""
    asked = []
    for count in (2, 2000):
        wish = world.body() | {"os:scheduler_hints": {hint: [NOBODY] * count}}
        asked.append((await statements.of(world.cloud.member.post(SERVERS, wish)))[0])
        await world.cloud.settled()
    assert asked[1] <= asked[0]


async def test_nobody_boots_from_a_volume_of_another_project(world: World) -> None:
    """OSSA-2013-001."""
    volume = await make_volume(world.cloud, world.cloud.stranger)
    mapping = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume["id"]}
    answer = await world.cloud.member.post(SERVERS, world.body(block_device_mapping_v2=[mapping]))
    assert answer.status_code in (400, 404)
    assert await server_ids(world) == set()
    shown = await world.cloud.stranger.get(f"/volume/v3/volumes/{volume['id']}")
    assert (shown.json()["volume"]["status"], shown.json()["volume"]["attachments"]) == ("available", [])


async def open_console(world: World, id: str) -> str:
    """A token as the API gives it; simulated machines have nothing behind it."""
    now = world.cloud.platform.clock.now()
    token = ConsoleToken("t" * 43, id, "project", "novnc", "host", "/nowhere", now + timedelta(seconds=600))
    async with world.cloud.platform.db.transaction() as tx:
        await CONSOLE_TOKENS.add(tx, token)
    return token.token


async def test_a_deleted_servers_console_opens_nothing(world: World) -> None:
    """OSSA-2013-006: nor does that of the machine that came in its place."""
    id = await world.create()
    await open_console(world, id)
    assert (await world.cloud.member.delete(f"{SERVERS}/{id}")).status_code == 204
    await world.cloud.settled()
    async with world.cloud.platform.db.reading() as tx:
        assert await CONSOLE_TOKENS.find(tx, server_id=id) == []


async def test_a_private_flavor_is_of_no_use_to_those_who_may_not_use_it(world: World) -> None:
    """OSSA-2013-019, OSSA-2013-024: it is neither shown, booted, nor resized to."""
    wish = {"name": "private", "vcpus": 1, "ram": 64, "disk": 1, "os-flavor-access:is_public": False}
    made = await world.cloud.admin.post("/compute/v2.1/flavors", {"flavor": wish})
    flavor = made.json()["flavor"]["id"]
    member = world.cloud.member
    assert (await member.get(f"/compute/v2.1/flavors/{flavor}")).status_code == 404
    assert (await member.post(SERVERS, world.body(flavorRef=flavor))).status_code == 400
    id = await world.create()
    assert await world.act(id, {"resize": {"flavorRef": flavor}}) in (400, 404)
    assert (await world.show(id))["flavor"]["original_name"] == "f"


async def test_what_a_host_says_of_itself_is_for_operators(world: World) -> None:
    """OSSA-2019-003: a failure's text may hold paths, addresses and passwords."""
    for host in world.cloud.hosts:
        (await world.cloud.agent.driver(host, "hypervisor")).knobs.fail["ensure_running"] = -1
    answer = await world.cloud.member.post(SERVERS, world.body(), version=V)
    await world.cloud.settled()
    id = answer.json()["server"]["id"]
    owner, operator = await world.show(id, world.cloud.member), await world.show(id)
    assert owner["status"] == operator["status"] == "ERROR"
    assert "simulation" not in str(owner), owner["fault"]
    assert "simulation" in operator["fault"]["details"]
    for who, sees in ((world.cloud.member, False), (world.cloud.admin, True)):
        path = f"{SERVERS}/{id}/os-instance-actions"
        [action] = (await who.get(path, version="compute 2.84")).json()["instanceActions"]
        shown = await who.get(f"{path}/{action['request_id']}", version="compute 2.84")
        assert shown.status_code == 200
        assert ("simulation" in shown.text) is sees
        assert "details" in shown.text


async def test_rebuilding_again_and_again_claims_nothing_more(world: World) -> None:
    """OSSA-2017-006."""
    id = await world.create()
    path = f"/placement/allocations/{id}"
    before = (await world.cloud.admin.get(path, version="placement 1.28")).json()["allocations"]
    assert before
    for _ in range(3):
        assert await world.act(id, {"rebuild": {"imageRef": world.image}}) == 202
        await world.cloud.settled()
    after = (await world.cloud.admin.get(path, version="placement 1.28")).json()["allocations"]
    assert [p["resources"] for p in after.values()] == [p["resources"] for p in before.values()]
    assert after.keys() == before.keys()


@pytest.mark.parametrize("text", ["(", "[", "*", "(a+)+$", "10.0.0." * 200, "'; drop table servers; --"])
async def test_a_filter_by_address_costs_as_much_as_a_list(
    world: World, statements: Statements, text: str
) -> None:
    """OSSA-2014-038."""
    await world.create()
    member = world.cloud.member
    plain, _ = await statements.of(member.get(f"{SERVERS}/detail"))
    filtered, status = await statements.of(member.get(f"{SERVERS}/detail", params={"ip": text}))
    assert status in (200, 400)
    assert filtered <= plain + 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "https://cloud.test.evil.example"}, {"Origin": "null"},
        {"Origin": "http://cloud.test@evil.example"},
    ],
)  # fmt: skip
async def test_a_page_from_elsewhere_opens_no_console(world: World, headers: dict[str, str]) -> None:
    """OSSA-2015-005: and the token is still its owner's to use."""
    id = await world.create()
    token = await open_console(world, id)
    socket = ConsoleSocket(world.cloud.platform)
    scope = falcon.testing.create_scope_ws(
        path="/compute/console", query_string=f"token={token}", headers={"Host": "cloud.test", **headers}
    )
    with pytest.raises(falcon.HTTPForbidden):
        await socket.on_websocket(falcon.asgi.Request(scope, None), None)
    async with world.cloud.platform.db.reading() as tx:
        assert len(await CONSOLE_TOKENS.find(tx, server_id=id)) == 1


async def test_what_was_done_to_a_volume_is_no_servers_history(world: World) -> None:
    """The class of OSSN-0102: an id of one kind is looked for among things of that kind only."""
    async with world.cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
    volume = await make_volume(world.cloud)
    for path in (
        f"/haneul/v1/servers/{volume['id']}/explain", f"/haneul/v1/servers/{volume['id']}/reach",
        f"{SERVERS}/{volume['id']}/os-instance-actions", f"{SERVERS}/{volume['id']}",
    ):  # fmt: skip
        assert (await world.cloud.member.get(path)).status_code == 404, path
    id = await world.create()
    assert (await world.cloud.admin.get(f"/haneul/v1/servers/{id}/reach")).status_code < 500
