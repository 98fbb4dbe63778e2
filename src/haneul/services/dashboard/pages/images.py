"""Images: what there is to boot from, and how more comes in."""

from __future__ import annotations

from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused
from haneul.services.dashboard.api.tables import (
    Button,
    Choice,
    Column,
    Empty,
    Field,
    Form,
    Row,
    Table,
    listing,
)
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import deletion, form_page, number, refused
from haneul.services.dashboard.pages.lists import detail, done, shown

pages = Pages(needs="image")
CHOICES = (
    Choice(
        "visibility",
        msg("Visible to"),
        [("public", msg("everybody")), ("private", msg("this project")), ("shared", msg("members"))],
    ),
)
SORTS = {"name": "name", "status": "status", "size": "size", "created": "created_at"}
FORMATS = ("qcow2", "raw", "vmdk", "vdi", "vhd", "iso")
OURS = {
    "id", "name", "status", "visibility", "owner", "disk_format", "container_format", "size", "virtual_size", "checksum",
    "min_disk", "min_ram", "protected", "os_hidden", "tags", "created_at", "updated_at", "self", "file", "schema", "stores",
    "os_hash_algo", "os_hash_value", "direct_url", "locations",
}  # fmt: skip
"""What every image has; the rest is its metadata."""


@pages.get("/images")
async def list_images(visit: Visit) -> Answer:
    wanted = listing(visit, tuple(SORTS), first="name", choices=CHOICES)
    answer = await visit.api.get(
        "image",
        "/v2/images",
        limit=wanted.size,
        marker=wanted.marker or None,
        sort=f"{SORTS[wanted.sort]}:{'desc' if wanted.is_descending else 'asc'}",
        name=wanted.search or None,
        visibility=wanted.chosen.get("visibility"),
    )
    images = answer["images"]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Status"), "status"),
            Column(msg("Visible to")),
            Column(msg("Format")),
            Column(msg("Size"), "size"),
            Column(msg("Created"), "created"),
        ],
        rows=[_row(visit, each) for each in images],
        empty=Empty(
            msg("There is no image yet."),
            msg("A server's disk begins as a copy of an image: an operating system, ready to boot."),
            f"{HOME}/images/new",
            msg("Create an image"),
        ),
        listing=wanted,
        live=True,
        has_search=True,
        choices=CHOICES,
        next_marker=images[-1]["id"] if "next" in answer and images else "",
        has_buttons=visit.may_change,
    )
    return shown(visit, msg("Images"), table, (msg("Create an image"), f"{HOME}/images/new"))


def _row(visit: Visit, image: dict[str, Any]) -> Row:
    name = image["name"] or image["id"]
    buttons = (
        [Button(msg("Launch"), f"{HOME}/launch?image={image['id']}")] if image["status"] == "active" else []
    )
    return Row(
        image["id"],
        name,
        [
            tables.link(name, f"{HOME}/images/{image['id']}"),
            tables.status(image["status"]),
            tables.text(visit.t(image["visibility"])),
            tables.text(image["disk_format"]),
            tables.size((image["size"] or 0) / 1048576),
            tables.time(image["created_at"]),
        ],
        buttons if visit.may_change else (),
        is_busy=image["status"] in ("saving", "importing", "uploading"),
    )


@pages.get("/images/{id}")
async def show_image(visit: Visit, id: str) -> Answer:
    image = await visit.api.get("image", f"/v2/images/{id}")
    facts = [
        (msg("Visible to"), tables.text(visit.t(image["visibility"]))),
        (msg("Format"), tables.text(image["disk_format"])),
        (msg("Size"), tables.size((image["size"] or 0) / 1048576)),
        (msg("Least disk"), tables.text(f"{image['min_disk']} GiB")),
        (msg("Least memory"), tables.size(image["min_ram"])),
        (msg("Protected"), tables.truth(image["protected"])),
        (msg("Created"), tables.time(image["created_at"])),
        (msg("Owner"), tables.code(image["owner"])),
        (msg("Checksum"), tables.code((image.get("os_hash_value") or "")[:32])),
        (msg("Id"), tables.code(image["id"])),
        *((key, tables.text(str(value))) for key, value in sorted(image.items()) if key not in OURS),
    ]
    base = f"{HOME}/images/{id}"
    is_mine = image["owner"] == visit.person.project_id or visit.oversees
    buttons = [Button(msg("Launch"), f"{HOME}/launch?image={id}")] if image["status"] == "active" else []
    if is_mine:
        buttons += [
            Button(msg("Change"), f"{base}/edit"),
            Button(msg("Delete"), f"{base}/delete", is_dangerous=True),
        ]
    return detail(
        visit,
        image["name"] or id,
        (msg("Images"), f"{HOME}/images"),
        facts,
        state=image["status"],
        buttons=buttons,
    )


def _visibilities(visit: Visit) -> list[tuple[str, str]]:
    choices = [
        ("private", visit.t("this project")),
        ("shared", visit.t("members")),
        ("community", visit.t("whoever knows it")),
    ]
    return [*choices, ("public", visit.t("everybody"))] if visit.oversees else choices


def _new(visit: Visit) -> Form:
    return Form(
        path=f"{HOME}/images/new",
        title=visit.t("Create an image"),
        text=visit.t(
            "The cloud fetches it from the address itself and looks at what it is before anybody boots it."
        ),
        submit=msg("Import"),
        back=f"{HOME}/images",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field(
                "uri",
                msg("Address of the file"),
                "url",
                is_required=True,
                longest=2000,
                placeholder="https://",
            ),
            Field("disk_format", msg("Format"), "select", "qcow2", [(f, f) for f in FORMATS]),
            Field("visibility", msg("Visible to"), "select", "private", _visibilities(visit)),
            Field("min_disk", msg("Least disk (GiB)"), "number", 0, least=0, most=16384),
            Field("min_ram", msg("Least memory (MiB)"), "number", 0, least=0, most=1048576),
        ],
    )


@pages.get("/images/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(_new(visit))


@pages.post("/images/new")
async def create(visit: Visit) -> Answer:
    entered = visit.entered
    wish = {
        "name": entered("name"),
        "disk_format": entered("disk_format"),
        "container_format": "bare",
        "visibility": entered("visibility"),
        "min_disk": number(entered("min_disk")),
        "min_ram": number(entered("min_ram")),
    }
    try:
        image = await visit.api.post("image", "/v2/images", wish)
    except Refused as refusal:
        return refused(visit, _new(visit), refusal)
    order = {"method": {"name": "web-download", "uri": entered("uri")}}
    try:
        await visit.api.post("image", f"/v2/images/{image['id']}/import", order)
    except Refused as refusal:
        await visit.api.delete("image", f"/v2/images/{image['id']}")
        return refused(visit, _new(visit), refusal)
    return Redirect(f"/images/{image['id']}", visit.t("It is being imported."))


async def _edit(visit: Visit, id: str) -> Form:
    image = await visit.api.get("image", f"/v2/images/{id}")
    return Form(
        path=f"{HOME}/images/{id}/edit",
        title=visit.t("Change {name}", name=image["name"] or id),
        submit=msg("Save"),
        back=f"{HOME}/images/{id}",
        fields=[
            Field("name", msg("Name"), value=image["name"] or "", is_required=True),
            Field("visibility", msg("Visible to"), "select", image["visibility"], _visibilities(visit)),
            Field("protected", msg("Protect it from being deleted"), "check", image["protected"]),
        ],
    )


@pages.get("/images/{id}/edit")
async def show_edit(visit: Visit, id: str) -> Answer:
    return form_page(await _edit(visit, id))


@pages.post("/images/{id}/edit")
async def edit(visit: Visit, id: str) -> Answer:
    wishes = {
        "name": visit.entered("name"),
        "visibility": visit.entered("visibility"),
        "protected": "protected" in visit.form,
    }
    changes = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in wishes.items()]
    kind = {"content-type": "application/openstack-images-v2.1-json-patch"}
    try:
        await visit.api.ask("PATCH", "image", f"/v2/images/{id}", body=changes, headers=kind)
    except Refused as refusal:
        return refused(visit, await _edit(visit, id), refusal)
    return Redirect(f"/images/{id}", visit.t("Saved."))


@pages.get("/images/{id}/delete")
async def ask_delete(visit: Visit, id: str) -> Answer:
    image = await visit.api.get("image", f"/v2/images/{id}")
    return deletion(visit, image["name"] or id, f"{HOME}/images/{id}")


@pages.post("/images/{id}/delete")
async def delete(visit: Visit, id: str) -> Answer:
    return await done(
        visit, visit.api.delete("image", f"/v2/images/{id}"), "/images", visit.t("It is deleted.")
    )
