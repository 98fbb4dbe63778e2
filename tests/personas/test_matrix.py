"""The tables of who may do what, under review: `pytest --rewrite-golden` writes them again as they are found.

Identity has a table of its own (`tests/services/identity/test_policy_matrix.py`): its targets lie in domains.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from haneul import control_plane
from haneul.services.image.operations.imports import add_task
from tests.conftest import SERVICES, Cloud
from tests.personas.knowledge import KNOWLEDGE
from tests.personas.matrix import Unchanging, personas, table
from tests.security import kit
from tests.security.kit import COMPUTE, NETWORK, VERSIONS, VOLUME

FOLDER = Path(__file__).parent


async def furnished(cloud: Cloud) -> tuple[dict[str, str], list[str]]:
    """A project with one of everything, and what else there is to be asked about; the ids of what is the project's."""
    w, external = await kit.people(cloud)
    tenant = await kit.furnish(w, external, "p1", 1)
    t, admin, mine = tenant.things, cloud.admin, tenant.who

    async def made(who: Any, path: str, body: Any) -> dict[str, Any]:
        answer = await who.post(path, body, version=VERSIONS)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return next(iter(found.values())) if len(found) == 1 else found

    async def first(path: str, key: str, **options: Any) -> dict[str, Any]:
        answer = await admin.get(path, version=VERSIONS, **options)
        found: dict[str, Any] = answer.json()[key][0]
        return found

    things = t | {"project_name": "p1", "external": external, "public": w.image, "host": cloud.hosts[0]}
    things["external_subnet"] = (await first(f"{NETWORK}/subnets?network_id={external}", "subnets"))["id"]
    shared = (await made(admin, f"{NETWORK}/networks", {"network": {"name": "all", "shared": True}}))["id"]
    wish = {"subnet": {"network_id": shared, "cidr": "10.200.0.0/24", "ip_version": 4}}
    things |= {"shared": shared, "shared_subnet": (await made(admin, f"{NETWORK}/subnets", wish))["id"]}
    things["agent"] = (await first(f"{NETWORK}/agents", "agents"))["id"]
    things["free"] = (await made(mine, f"{VOLUME}/{t['project']}/volumes", {"volume": {"size": 1}}))["id"]
    kind = {"volume_type": {"name": "p1-type", "extra_specs": {"key": "value"}}}
    group = await mine.get(f"{VOLUME}/groups/{t['group']}", version="volume 3.71")
    things["group_type"] = group.json()["group"]["group_type"]
    things["type"] = (await made(admin, f"{VOLUME}/{admin.auth.project_id}/types", kind))["id"]
    things["aggregate"] = str(
        (await made(admin, f"{COMPUTE}/os-aggregates", {"aggregate": {"name": "a"}}))["id"]
    )
    things["hypervisor"] = str((await first(f"{COMPUTE}/os-hypervisors", "hypervisors"))["id"])
    things["service"] = str((await first(f"{COMPUTE}/os-services", "services"))["id"])
    actions = await first(f"{COMPUTE}/servers/{t['server']}/os-instance-actions", "instanceActions")
    things["request"] = actions["request_id"]
    hidden = {"name": "hidden", "vcpus": 1, "ram": 64, "disk": 1, "os-flavor-access:is_public": False}
    things["hidden_flavor"] = (await made(admin, f"{COMPUTE}/flavors", {"flavor": hidden}))["id"]
    specs = {"extra_specs": {"a:b": "c"}}
    await made(admin, f"{COMPUTE}/flavors/{t['flavor']}/os-extra_specs", specs)
    things["provider"] = await _free_provider(cloud)
    await admin.put("/placement/resource_classes/CUSTOM_X", version="placement 1.38")
    await admin.put("/placement/traits/CUSTOM_Y", version="placement 1.38")
    server = (await admin.get(f"{COMPUTE}/servers/{t['server']}")).json()["server"]
    assert server["status"] == "ACTIVE"
    operations = (await admin.get(f"/haneul/v1/operations?resource={t['server']}")).json()["operations"]
    things["operation"] = operations[0]["id"]
    refused = await cloud.stranger.get(f"{NETWORK}/quotas/{t['project']}")
    things["denial"] = refused.headers["x-openstack-request-id"]
    things |= await _objects(tenant)
    await cloud.settled()
    own = [value for value in t.values() if len(value) >= 32 and value != t["user"]]
    return things | await _images(cloud, tenant, made), own


async def _objects(tenant: kit.Tenant) -> dict[str, str]:
    """A container with an object."""
    account = f"/object-store/v1/AUTH_{tenant.things['project']}"
    for path in ("p1-container", "p1-container/p1-object"):
        answer = await tenant.who.put(f"{account}/{path}", content=b"")
        assert answer.status_code == 201, answer.text
    return {"container": "p1-container", "object": "p1-object"}


async def _free_provider(cloud: Cloud) -> str:
    """A provider that nobody has anything of: it may be changed and removed."""
    path = "/placement/resource_providers"
    for provider in (await cloud.admin.get(path)).json()["resource_providers"]:
        held = (await cloud.admin.get(f"{path}/{provider['uuid']}/allocations")).json()["allocations"]
        if not held:
            return str(provider["uuid"])
    raise AssertionError("something is held of every provider")


async def _images(cloud: Cloud, tenant: kit.Tenant, made: Any) -> dict[str, str]:
    """Images of each visibility, and definitions."""
    things: dict[str, str] = {"member": "of-a-member"}
    for word, who in (("shared", tenant.who), ("public", cloud.admin), ("community", tenant.who)):
        body = {"name": word, "visibility": word, "owner": tenant.things["project"]}
        things[f"{word}_image"] = (await made(who, "/image/v2/images", body))["id"]
    shared = f"/image/v2/images/{tenant.things['image']}"
    change = b'[{"op": "replace", "path": "/visibility", "value": "shared"}]'
    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    answer = await tenant.who.patch(shared, content=change, headers=headers)
    assert answer.status_code == 200, answer.text
    await made(tenant.who, f"{shared}/members", {"member": "of-a-member"})
    await tenant.who.put(f"{shared}/tags/tag")
    space = f"/image/v2/metadefs/namespaces/{tenant.things['namespace']}"
    await made(cloud.admin, f"{space}/objects", {"name": "object"})
    await made(cloud.admin, f"{space}/properties", {"name": "property", "title": "x", "type": "string"})
    await made(cloud.admin, f"{space}/tags", {"tags": [{"name": "tag"}]})
    await made(cloud.admin, f"{space}/resource_types", {"name": "OS::A::B"})
    async with cloud.platform.context(tenant.who.auth) as ctx:
        things["task"] = (await add_task(ctx, "import", tenant.things["image"], {})).id
    return things


async def test_the_tables_say_who_may_do_what(cloud: Cloud, request: pytest.FixtureRequest) -> None:
    """One cloud for all services: nothing that is tried in it stays."""
    things, own = await furnished(cloud)
    cloud.platform.db = Unchanging(cloud.platform.db)  # type: ignore[assignment]
    everybody = list(personas(cloud, things["project"], things["user"]))
    differences = {}
    for service, know in KNOWLEDGE.items():
        lines = await table(cloud, everybody, control_plane.served(service), know(things), things, own)
        golden = FOLDER / f"{service}.tsv"
        if request.config.getoption("--rewrite-golden"):
            golden.write_text("\n".join(lines) + "\n")
        if changed := set(lines) ^ set(golden.read_text().splitlines()):
            differences[service] = sorted(changed)
    assert differences == {}


def test_every_service_has_a_table() -> None:
    assert {*KNOWLEDGE, "identity"} == {*SERVICES}


@pytest.mark.parametrize("service", KNOWLEDGE)
def test_every_refusal_is_explained_by_a_rule(service: str) -> None:
    unexplained = [line for line in (FOLDER / f"{service}.tsv").read_text().splitlines() if "!" in line]
    assert unexplained == []
