"""Which fields are shown: what `fields` asks for, in the lists that are no table too."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud

V2 = "/networking/v2.0"
LISTS = {
    "agents": ("agents", "host"),
    "availability_zones": ("availability_zones", "name"),
    "network-ip-availabilities": ("network_ip_availabilities", "network_name"),
}


@pytest.mark.parametrize("path", LISTS)
async def test_only_the_fields_that_are_named_are_shown(cloud: Cloud, path: str) -> None:
    collection, field = LISTS[path]
    await cloud.admin.post(f"{V2}/networks", {"network": {"name": "one"}})
    whole = (await cloud.admin.get(f"{V2}/{path}")).json()[collection]
    assert whole and all(len(each) > 2 for each in whole)
    some = (await cloud.admin.get(f"{V2}/{path}?fields={field}&fields=nothing")).json()[collection]
    assert some == [{field: each[field]} for each in whole]
    assert (await cloud.admin.get(f"{V2}/{path}?fields=")).json()[collection] == whole
    none = (await cloud.admin.get(f"{V2}/{path}?fields=nothing")).json()[collection]
    assert none == [{}] * len(whole)
