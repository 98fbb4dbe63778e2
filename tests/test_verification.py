"""`haneul verify`: every service says what does not fit together in its own rows."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from haneul import service_folders
from haneul.kernel.db import METADATA, Query
from haneul.services.dashboard.model.sessions import Session
from haneul.services.dashboard.store.sessions import SESSIONS
from haneul.services.identity import public as identity
from haneul.services.identity.model.credentials import ApplicationCredential
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.trusts import Trust
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.trusts import TRUSTS
from tests.conftest import Cloud
from tests.services.compute import world


def test_every_service_that_stores_something_can_be_verified() -> None:
    storing = [s for s in service_folders.names() if service_folders.has_part(s, "store")]
    assert [s for s in storing if service_folders.hook(s, "verify") is None] == []


async def problem(cloud: Cloud, service: str) -> str | None:
    async with cloud.platform.reading() as ctx:
        verify = service_folders.hook(service, "verify")
        assert verify is not None
        return await verify(ctx)


async def change(cloud: Cloud, table: str, **values: object) -> None:
    """Every row of the table has these values: what no operation would do."""
    async with cloud.platform.db.transaction() as tx:
        await tx.run(Query(sa.update(METADATA.tables[table]).values(**values)))


async def furnished(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        furnish = service_folders.hook("block_storage", "furnish")
        assert furnish is not None
        await furnish(ctx, None)
    made = await cloud.member.post("/networking/v2.0/networks", {"network": {"name": "n"}})
    network = made.json()["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}
    await cloud.member.post("/networking/v2.0/subnets", {"subnet": subnet})
    made = await cloud.member.post("/networking/v2.0/ports", {"port": {"network_id": network}})
    assert made.status_code == 201
    project = cloud.member.auth.project_id
    made = await cloud.member.post(f"/volume/v3/{project}/volumes", {"volume": {"size": 1}})
    assert made.status_code == 202
    await cloud.settled()
    async with cloud.platform.context() as ctx:
        await DOMAINS.add(ctx.tx, Domain("default", "Default"))
        home = (await identity.ensure_project(ctx, "home")).id
        now = ctx.now()
        await SESSIONS.add(ctx.tx, Session("digest", "u", "sealed", False, now, now, now))
        await TRUSTS.add(ctx.tx, Trust("t", "trustor", "trustee", False, home))
        await APPLICATION_CREDENTIALS.add(ctx.tx, ApplicationCredential("a", "u", home, "a", None, "", []))
    made = await cloud.admin.post("/identity/v3/groups", {"group": {"name": "g", "domain_id": "default"}})
    assert made.status_code == 201
    made = await cloud.admin.post("/identity/v3/services", {"service": {"type": "other"}})
    endpoint = {"service_id": made.json()["service"]["id"], "interface": "public", "url": "http://x"}
    made = await cloud.admin.post("/identity/v3/endpoints", {"endpoint": endpoint})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("service", "table", "values", "words"),
    [
        ("block_storage", "block_storage_volumes", {"settled": "in-use"}, "in use by nobody"),
        ("block_storage", "block_storage_volumes", {"type_id": "x"}, "of the type x"),
        ("dashboard", "dashboard_sessions", {"ends_at": "2000-01-01T00:00:00.000000"}, "before it began"),
        ("identity", "identity_endpoints", {"service_id": "x"}, "of service x"),
        ("identity", "identity_groups", {"domain_id": "x"}, "is in domain x"),
        ("identity", "identity_trusts", {"project_id": "x"}, "is for project x"),
        ("identity", "identity_application_credentials", {"project_id": "x"}, "is for x"),
        ("network", "network_allocations", {"subnet_id": "x"}, "of subnet x"),
        ("network", "network_ports", {"fixed_ips": "[]"}, "does not show it"),
        ("network", "network_subnets", {"network_id": "x"}, "of network x"),
        ("oversight", "operations", {"state": "running"}, "is running, open: False"),
        ("oversight", "operation_steps", {"operation_id": "x"}, "belongs to operation x"),
        ("placement", "placement_inventories", {"used": 7}, "counted as used"),
        ("placement", "placement_providers", {"parent_id": "x"}, "is below x"),
    ],
)
async def test_what_does_not_fit_is_said(
    cloud: Cloud, service: str, table: str, values: dict[str, object], words: str
) -> None:
    await furnished(cloud)
    assert await problem(cloud, service) is None
    await change(cloud, table, **values)
    assert words in (await problem(cloud, service) or "")


@pytest.mark.parametrize(
    ("statement", "service", "words"),
    [
        ("DELETE FROM placement_consumers", "placement", "which is not there"),
        ("DELETE FROM placement_inventories WHERE resource_class = 'VCPU'", "placement", "which has none"),
        ("UPDATE placement_consumers SET id = 'x'", "placement", "held by consumer"),
        (
            "INSERT INTO placement_consumers (id, project_id, user_id, kind, generation)"
            " VALUES ('x', 'p', 'u', 'INSTANCE', 1)",
            "placement",
            "consumer x is there and holds nothing",
        ),
        (
            "UPDATE placement_inventories SET provider_id = 'x' || provider_id"
            " WHERE resource_class = 'DISK_GB' AND used = 0",
            "placement",
            "had by provider x",
        ),
        ("UPDATE placement_hosts SET provider_id = 'x' || provider_id", "placement", "has provider x"),
        ("DELETE FROM compute_servers", "compute", "is gone"),
        ("DELETE FROM placement_allocations", "compute", "it holds {}"),
        ("UPDATE placement_allocations SET used = 2 WHERE resource_class = 'VCPU'", "compute", "needs"),
        ("UPDATE compute_servers SET host = 'elsewhere'", "compute", "is bound to"),
        ("UPDATE network_ports SET host = '' WHERE held_as = 'server'", "compute", "bound to no host"),
        ("UPDATE compute_servers SET vcpus = 7", "compute", "counts as 7 CPUs"),
        ("UPDATE compute_servers SET vm_state = 'stopped', host = NULL", "compute", "is on none"),
        ("UPDATE compute_servers SET vm_state = 'error', host = NULL", "compute", "holds room on"),
        ("UPDATE compute_servers SET vm_state = 'resized'", "compute", "what it was before"),
    ],
)
async def test_a_server_has_what_it_needs_where_it_is(
    cloud: Cloud, statement: str, service: str, words: str
) -> None:
    w = await world.make(cloud)
    id = await w.create()
    assert (await w.show(id))["status"] == "ACTIVE"
    for each in ("compute", "placement", "network"):
        assert await problem(cloud, each) is None
    async with cloud.platform.db.transaction() as tx:
        await tx.run(Query(sa.text(statement)))
    assert words in (await problem(cloud, service) or "")


async def test_room_is_held_by_servers_and_for_the_way_back_of_a_resize(cloud: Cloud) -> None:
    w = await world.make(cloud)
    id = await w.create()
    made = await cloud.admin.post(
        "/compute/v2.1/flavors", {"flavor": {"name": "g", "vcpus": 2, "ram": 256, "disk": 2}}
    )
    larger = made.json()["flavor"]["id"]
    assert await w.act(id, {"resize": {"flavorRef": larger}}) == 202
    await cloud.settled()
    assert (await w.show(id))["status"] == "VERIFY_RESIZE"
    assert await problem(cloud, "compute") is None
    async with cloud.platform.db.transaction() as tx:
        held = "consumer_id IN (SELECT id FROM placement_consumers WHERE kind = 'MIGRATION')"
        await tx.run(Query(sa.text(f"UPDATE placement_allocations SET used = used + 1 WHERE {held}")))
    assert "could not go back" in (await problem(cloud, "compute") or "")
