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
    ],
)
async def test_what_does_not_fit_is_said(
    cloud: Cloud, service: str, table: str, values: dict[str, object], words: str
) -> None:
    await furnished(cloud)
    assert await problem(cloud, service) is None
    await change(cloud, table, **values)
    assert words in (await problem(cloud, service) or "")
