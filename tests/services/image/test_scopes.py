"""Who may do what with images: rules and scopes are upstream's; tokens for the system see nothing here."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from haneul.kernel.policy import Rule
from haneul.services.image import policy
from haneul.services.image.policy import metadefs
from tests.conftest import Cloud, Persona

UPSTREAM = Path(__file__).with_name("upstream_policy.txt")
WITHOUT_EFFECT = {
    "download_from_store",  # nothing is read around the API
    "manage_image_cache",  # upstream's middleware; the rules of /v2/cache do that
    "get_task", "get_tasks", "add_task", "modify_task",  # upstream: everybody who passes tasks_api_access
}  # fmt: skip


def test_the_rules_are_upstreams() -> None:
    ours = {
        each.name: (each.scope, each.check)
        for module in (policy, metadefs)
        for each in vars(module).values()
        if isinstance(each, Rule)
    }
    theirs = {}
    for line in UPSTREAM.read_text().splitlines():
        name, scope, check = (part.strip() for part in line.split("|", 2))
        theirs[name] = (() if scope == "none" else tuple(scope.split(", ")), check)
    assert set(theirs) - set(ours) == WITHOUT_EFFECT
    assert ours == {name: rule for name, rule in theirs.items() if name not in WITHOUT_EFFECT}


def of_the_system(cloud: Cloud) -> Persona:
    admin = cloud.admin.auth
    unscoped = {name: None for name in admin.__struct_fields__ if name.startswith("project_")}
    return Persona(cloud, replace(admin, **unscoped, system=True))


@pytest.fixture
async def image(cloud: Cloud) -> str:
    made = await cloud.admin.post("/image/v2/images", {"name": "i", "visibility": "public"})
    space = {"namespace": "space", "visibility": "public"}
    assert (await cloud.admin.post("/image/v2/metadefs/namespaces", space)).status_code == 201
    id: str = made.json()["id"]
    return id


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "images", 403),
        ("POST", "images", 403),
        ("GET", "images/{id}", 404),
        ("DELETE", "images/{id}", 404),
        ("GET", "images/{id}/file", 404),
        ("GET", "images/{id}/members", 404),
        ("GET", "images/{id}/tasks", 404),
        ("GET", "images/{id}/locations", 404),
        ("PUT", "images/{id}/tags/a", 404),
        ("POST", "images/{id}/actions/deactivate", 404),
        ("GET", "metadefs/namespaces", 404),
        ("POST", "metadefs/namespaces", 404),
        ("GET", "metadefs/namespaces/space", 404),
        ("DELETE", "metadefs/namespaces/space", 404),
        ("GET", "metadefs/namespaces/space/objects", 404),
        ("POST", "metadefs/namespaces/space/objects", 404),
        ("GET", "metadefs/namespaces/space/properties", 404),
        ("GET", "metadefs/namespaces/space/tags", 404),
        ("POST", "metadefs/namespaces/space/tags/t", 404),
        ("GET", "metadefs/namespaces/space/resource_types", 404),
        ("GET", "metadefs/resource_types", 404),
        ("GET", "tasks", 403),
        ("GET", "tasks/{id}", 403),
        ("POST", "tasks", 403),
        ("GET", "cache", 403),
        ("PUT", "cache/{id}", 403),
        ("DELETE", "cache", 403),
        ("GET", "info/stores/detail", 403),
        ("GET", "info/stores", 200),
        ("GET", "info/import", 200),
        ("GET", "schemas/image", 200),
    ],
)
async def test_the_systems_token_is_answered_as_upstream_does(
    cloud: Cloud, image: str, method: str, path: str, status: int
) -> None:
    bodies = {"tasks": {"type": "import", "input": {}}, "metadefs/namespaces": {"namespace": "x"}}
    options = {"json": bodies.get(path, {"name": "x"})} if method == "POST" else {}
    answer = await of_the_system(cloud).call(method, f"/image/v2/{path.format(id=image)}", **options)
    assert answer.status_code == status, answer.text
    assert (await cloud.admin.get(f"/image/v2/images/{image}")).json()["status"] == "queued"
    assert (await cloud.admin.get("/image/v2/metadefs/namespaces/space")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ""),
        ("DELETE", ""),
        ("PUT", "/file"),
        ("PUT", "/stage"),
        ("PUT", "/tags/t"),
        ("DELETE", "/tags/t"),
        ("POST", "/actions/deactivate"),
        ("POST", "/actions/reactivate"),
        ("POST", "/members"),
        ("POST", "/locations"),
    ],
)
async def test_a_reader_may_change_nothing_and_does_not_learn_of_what_others_have(
    cloud: Cloud, method: str, path: str
) -> None:
    reader = cloud.persona("reader", project_id=cloud.member.auth.project_id, roles=("reader",))
    stranger = cloud.persona("stranger", roles=("reader",))
    body = {"name": "i", "disk_format": "raw", "container_format": "bare"}
    made = await cloud.member.post("/image/v2/images", body)
    whole = f"/image/v2/images/{made.json()['id']}"
    sent = {
        "PATCH ": (
            b'[{"op": "add", "path": "/a", "value": "b"}]',
            "application/openstack-images-v2.1-json-patch",
        ),
        "POST /members": (b'{"member": "x"}', "application/json"),
        "POST /locations": (b'{"url": "http://example.org/a"}', "application/json"),
        "PUT /file": (b"data", "application/octet-stream"),
        "PUT /stage": (b"data", "application/octet-stream"),
    }.get(f"{method} {path}")
    options = {} if sent is None else {"content": sent[0], "headers": {"Content-Type": sent[1]}}
    for who, status in ((stranger, 404), (reader, 403)):
        answer = await who.call(method, whole + path, **options)
        assert answer.status_code == status, answer.text
    assert (await cloud.member.get(whole)).json() == made.json()
