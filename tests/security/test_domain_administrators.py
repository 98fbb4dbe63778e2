"""An administrator of a domain is a customer: what other domains' projects do is not told to them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.conftest import Cloud, Persona


@pytest.mark.parametrize("path", ["operations", "events"])
async def test_an_administrator_of_a_domain_only_sees_nothing_of_the_cloud(cloud: Cloud, path: str) -> None:
    answer = await cloud.member.post("/networking/v2.0/networks", {"network": {"name": "private"}})
    assert answer.status_code == 201, answer.text
    admin = cloud.admin.auth
    unscoped = {name: None for name in admin.__struct_fields__ if name.startswith("project_")}
    of_domain = Persona(cloud, replace(admin, **unscoped, domain_id="of-a-customer"))
    assert (await of_domain.get(f"/haneul/v1/{path}")).status_code == 403
    assert (await cloud.admin.get(f"/haneul/v1/{path}")).status_code == 200
