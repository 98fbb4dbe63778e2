"""Custom properties that not everybody may see or set."""

from __future__ import annotations

from pathlib import Path

import pytest

from haneul.kernel.policy import Policy, Rule
from haneul.services.image.model import protections
from tests.conftest import Cloud
from tests.services.image.importing import configure
from tests.services.image.test_images import IMAGES, PATCH, create

BY_ROLES = """
[^x_billing]
create = admin
read = admin,member
update = admin
delete = admin
[^x_secret]
create = admin
read = admin
update = admin
delete = !
[^x_once]
create = @
read = @
update = !
delete = !
[.*]
create = @
read = @
update = @
delete = @
"""


@pytest.fixture
def guarded(cloud: Cloud, tmp_path: Path) -> Cloud:
    path = tmp_path / "protections.conf"
    path.write_text(BY_ROLES)
    configure(cloud, property_protections=str(path))
    return cloud


async def patched(who: object, id: str, *changes: dict) -> int:
    return (await who.patch(f"{IMAGES}/{id}", json=list(changes), headers=PATCH)).status_code  # type: ignore[attr-defined]


async def test_only_who_may_creates_a_protected_property(guarded: Cloud) -> None:
    assert (await guarded.member.post(IMAGES, json={"x_billing": "1"})).status_code == 403
    id = (await create(guarded.member, x_free="1", x_once="1"))["id"]
    add = {"op": "add", "path": "/x_billing", "value": "1"}
    assert await patched(guarded.member, id, add) == 403
    assert await patched(guarded.admin, id, add) == 200
    shown = (await guarded.member.get(f"{IMAGES}/{id}")).json()
    assert (shown["x_billing"], shown["x_free"]) == ("1", "1")


async def test_who_may_only_read_changes_and_removes_nothing(guarded: Cloud) -> None:
    id = (await create(guarded.member, x_once="1"))["id"]
    await patched(guarded.admin, id, {"op": "add", "path": "/x_billing", "value": "1"})
    for name in ("x_billing", "x_once"):
        assert await patched(guarded.member, id, {"op": "replace", "path": f"/{name}", "value": "2"}) == 403
        assert await patched(guarded.member, id, {"op": "remove", "path": f"/{name}"}) == 403
    shown = (await guarded.member.get(f"{IMAGES}/{id}")).json()
    assert (shown["x_billing"], shown["x_once"]) == ("1", "1")
    assert await patched(guarded.admin, id, {"op": "remove", "path": "/x_billing"}) == 200


async def test_what_may_not_be_read_is_not_there(guarded: Cloud) -> None:
    id = (await create(guarded.member))["id"]
    await patched(guarded.admin, id, {"op": "add", "path": "/x_secret", "value": "1"})
    assert "x_secret" not in (await guarded.member.get(f"{IMAGES}/{id}")).json()
    assert "x_secret" not in (await guarded.member.get(IMAGES)).json()["images"][0]
    assert await patched(guarded.member, id, {"op": "remove", "path": "/x_secret"}) == 409
    assert await patched(guarded.member, id, {"op": "replace", "path": "/name", "value": "n"}) == 200
    assert (await guarded.admin.get(f"{IMAGES}/{id}")).json()["x_secret"] == "1"
    assert (await guarded.member.get(f"{IMAGES}?x_secret=1")).json()["images"] == []
    assert await patched(guarded.admin, id, {"op": "remove", "path": "/x_secret"}) == 403


async def test_policies_can_stand_where_roles_do(cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "protections.conf"
    lines = "\n".join(f"{operation} = keeps_bills" for operation in protections.OPERATIONS)
    path.write_text(f"[^x_]\n{lines}\n")
    known = cloud.platform.policy.rules.values()
    cloud.platform.policy = Policy.build([*known, Rule("keeps_bills", "role:manager")])
    configure(cloud, property_protections=str(path), property_protections_by="policies")
    await create(cloud.admin, x_bill="1")
    assert (await cloud.member.post(IMAGES, json={"x_bill": "1"})).status_code == 403
    assert (await cloud.admin.post(IMAGES, json={"other": "no section speaks of it"})).status_code == 403


async def test_without_its_file_no_property_is_shown_to_anybody(cloud: Cloud, tmp_path: Path) -> None:
    id = (await create(cloud.member, x="1"))["id"]
    configure(cloud, property_protections=str(tmp_path / "nothing"))
    assert (await cloud.member.get(f"{IMAGES}/{id}")).status_code == 503


@pytest.mark.parametrize(
    "text",
    [
        "[*]\ncreate=@\nread=@\nupdate=@\ndelete=@",
        "[a]\ncreate=@",
        "create=@",
        "[a]\ncreate=@,!\nread=@\nupdate=@\ndelete=@",
    ],
)
def test_a_file_that_makes_no_sense_says_so(text: str) -> None:
    with pytest.raises(ValueError):
        protections.read(text)
