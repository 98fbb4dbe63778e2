"""Volumes and their snapshots."""

from __future__ import annotations

from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, part, segment, together
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

pages = Pages(needs="block-storage")
STORE = "block-storage"
STATUSES = ("available", "in-use", "creating", "error")
CHOICES = (Choice("status", msg("Status"), [(s, s) for s in STATUSES]),)
SORTS = {"name": "name", "status": "status", "size": "size", "created": "created_at"}
BUSY = {
    "creating",
    "deleting",
    "attaching",
    "detaching",
    "extending",
    "downloading",
    "uploading",
    "retyping",
    "backing-up",
}


@pages.get("/volumes")
async def list_volumes(visit: Visit) -> Answer:
    wanted = listing(visit, tuple(SORTS), first="created", is_descending=True, choices=CHOICES)
    volumes, servers = await together(
        visit.api.get(
            STORE,
            "/volumes/detail",
            limit=wanted.size + 1,
            marker=wanted.marker or None,
            sort=f"{SORTS[wanted.sort]}:{'desc' if wanted.is_descending else 'asc'}",
            status=wanted.chosen.get("status"),
            name=wanted.search or None,
        ),
        visit.api.get("compute", "/servers", limit=1000),
    )
    if isinstance(volumes, Refused):
        raise volumes
    names = {s["id"]: s["name"] for s in part(servers, "servers", [])}
    listed = volumes["volumes"][: wanted.size]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Status"), "status"),
            Column(msg("Size"), "size"),
            Column(msg("Attached to")),
            Column(msg("Type")),
            Column(msg("Created"), "created"),
        ],
        rows=[_row(v, names) for v in listed],
        empty=Empty(
            msg("There is no volume yet."),
            msg(
                "A volume is a disk that outlives servers: attach it to one, detach it, attach it to another."
            ),
            f"{HOME}/volumes/new",
            msg("Create a volume"),
        ),
        listing=wanted,
        live=True,
        has_search=True,
        choices=CHOICES,
        next_marker=listed[-1]["id"] if len(volumes["volumes"]) > wanted.size else "",
    )
    return shown(visit, msg("Volumes"), table, (msg("Create a volume"), f"{HOME}/volumes/new"))


def _row(volume: dict[str, Any], names: dict[str, str]) -> Row:
    name = volume["name"] or volume["id"][:8]
    attached = [
        tables.link(names.get(a["server_id"], a["server_id"][:8]), f"{HOME}/servers/{a['server_id']}")
        for a in volume["attachments"]
    ]
    return Row(
        volume["id"],
        name,
        [
            tables.link(name, f"{HOME}/volumes/{volume['id']}"),
            tables.status(volume["status"]),
            tables.text(f"{volume['size']} GiB"),
            tables.many(attached),
            tables.text(volume["volume_type"]),
            tables.time(volume["created_at"]),
        ],
        is_busy=volume["status"] in BUSY,
    )


@pages.get("/volumes/{id}")
async def show_volume(visit: Visit, id: str) -> Answer:
    answer, snapshots = await together(
        visit.api.get(STORE, f"/volumes/{id}"),
        visit.api.get(STORE, "/snapshots/detail", volume_id=id, limit=100),
    )
    if isinstance(answer, Refused):
        raise answer
    volume = answer["volume"]
    attached = [
        tables.link(f"{a['server_id'][:8]} {a['device']}", f"{HOME}/servers/{a['server_id']}")
        for a in volume["attachments"]
    ]
    facts = [
        (msg("Size"), tables.text(f"{volume['size']} GiB")),
        (msg("Attached to"), tables.many(attached)),
        (msg("Type"), tables.text(volume["volume_type"])),
        (msg("Bootable"), tables.truth(volume["bootable"] == "true")),
        (msg("Encrypted"), tables.truth(volume["encrypted"])),
        (msg("Created"), tables.time(volume["created_at"])),
        (msg("Description"), tables.text(volume["description"])),
        (msg("Id"), tables.code(volume["id"])),
        *((key, tables.text(value)) for key, value in sorted(volume["metadata"].items())),
    ]
    base = f"{HOME}/volumes/{id}"
    buttons = [
        Button(msg("Change"), f"{base}/edit"),
        Button(msg("Make larger"), f"{base}/extend"),
        Button(msg("Take a snapshot"), f"{base}/snapshot"),
    ]
    if volume["status"] == "available":
        buttons.insert(0, Button(msg("Attach to a server"), f"{base}/attach"))
    buttons.append(Button(msg("Delete"), f"{base}/delete", is_dangerous=True))
    rows = [snapshot_row(s, {id: volume["name"]}) for s in part(snapshots, "snapshots", [])]
    table = Table(
        title=msg("Snapshots"),
        columns=SNAPSHOT_COLUMNS,
        rows=rows,
        empty=Empty(msg("There is no snapshot of it."), msg("A snapshot keeps what is on the volume now.")),
    )
    return detail(
        visit, volume["name"] or id, (msg("Volumes"), f"{HOME}/volumes"), facts,
        state=volume["status"], buttons=buttons, tables=[table],
    )  # fmt: skip


async def _form(visit: Visit, id: str, name: str) -> Form:
    """What there is to fill in for that."""
    path = f"{HOME}/volumes/{id}/{name}" if id else f"{HOME}/volumes/new"
    back = f"{HOME}/volumes/{id}" if id else f"{HOME}/volumes"
    if name == "new":
        types = part((await together(visit.api.get(STORE, "/types")))[0], "volume_types", [])
        images = part(
            (await together(visit.api.get("image", "/v2/images", status="active", limit=200)))[0],
            "images",
            [],
        )
        snapshot = visit.query.get("snapshot") or visit.entered("snapshot_id")
        fields = [
            Field("name", msg("Name")),
            Field("size", msg("Size (GiB)"), "number", 1, is_required=True, least=1, most=1048576),
            Field(
                "volume_type",
                msg("Type"),
                "select",
                "",
                [("", visit.t("the usual one")), *((t["name"], t["name"]) for t in types)],
            ),
        ]
        if snapshot:
            fields.append(Field("snapshot_id", msg("From the snapshot"), value=snapshot, longest=36))
        else:
            options = [("", visit.t("empty")), *((i["id"], i["name"] or i["id"]) for i in images)]
            fields.append(Field("image", msg("Begin as a copy of an image"), "select", "", options))
        return Form(path, msg("Create"), fields, visit.t("Create a volume"), "", back)
    volume = (await visit.api.get(STORE, f"/volumes/{id}"))["volume"]
    label = volume["name"] or id
    if name == "edit":
        fields = [
            Field("name", msg("Name"), value=volume["name"] or ""),
            Field("description", msg("Description"), value=volume["description"] or ""),
        ]
        return Form(path, msg("Save"), fields, visit.t("Change {name}", name=label), "", back)
    if name == "extend":
        fields = [
            Field(
                "new_size",
                msg("New size (GiB)"),
                "number",
                volume["size"] + 1,
                is_required=True,
                least=volume["size"] + 1,
            )
        ]
        return Form(path, msg("Make larger"), fields, visit.t("Make {name} larger", name=label), "", back)
    if name == "snapshot":
        fields = [Field("name", msg("Name"), value=f"{label}-snapshot"[:255], is_required=True)]
        return Form(
            path, msg("Take a snapshot"), fields, visit.t("Take a snapshot of {name}", name=label), "", back
        )
    servers = (await visit.api.get("compute", "/servers", limit=1000))["servers"]
    fields = [
        Field(
            "server", msg("Server"), "select", "", [(s["id"], s["name"]) for s in servers], is_required=True
        )
    ]
    return Form(path, msg("Attach"), fields, visit.t("Attach {name}", name=label), "", back)


FORMS = ("edit", "extend", "snapshot", "attach")


@pages.get("/volumes/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(await _form(visit, "", "new"))


@pages.post("/volumes/new")
async def create(visit: Visit) -> Answer:
    wish = {
        "name": visit.entered("name"),
        "size": number(visit.entered("size")),
        "volume_type": visit.entered("volume_type") or None,
        "imageRef": visit.entered("image") or None,
        "snapshot_id": visit.entered("snapshot_id") or None,
    }
    try:
        made = await visit.api.post(
            STORE, "/volumes", {"volume": {k: v for k, v in wish.items() if v is not None}}
        )
    except Refused as refusal:
        return refused(visit, await _form(visit, "", "new"), refusal)
    return Redirect(f"/volumes/{made['volume']['id']}", visit.t("It is being created."))


@pages.get("/volumes/{id}/{name}")
async def show_form(visit: Visit, id: str, name: str) -> Answer:
    if name == "delete":
        volume = (await visit.api.get(STORE, f"/volumes/{id}"))["volume"]
        return deletion(
            visit, volume["name"] or id, f"{HOME}/volumes/{id}", along=[visit.t("everything on it")]
        )
    if name not in FORMS:
        return Redirect(f"/volumes/{id}")
    return form_page(await _form(visit, id, name))


@pages.post("/volumes/{id}/{name}")
async def submit(visit: Visit, id: str, name: str) -> Answer:
    if name == "delete":
        return await done(
            visit, visit.api.delete(STORE, f"/volumes/{id}"), "/volumes", visit.t("It is being deleted.")
        )
    if name not in FORMS:
        return Redirect(f"/volumes/{id}")
    try:
        await _do(visit, id, name)
    except Refused as refusal:
        return refused(visit, await _form(visit, id, name), refusal)
    return Redirect(f"/volumes/{id}", visit.t("Accepted."))


async def _do(visit: Visit, id: str, name: str) -> None:
    api, entered = visit.api, visit.entered
    if name == "edit":
        change = {"name": entered("name"), "description": entered("description")}
        await api.put(STORE, f"/volumes/{id}", {"volume": change})
    elif name == "extend":
        await api.post(
            STORE, f"/volumes/{id}/action", {"os-extend": {"new_size": number(entered("new_size"))}}
        )
    elif name == "snapshot":
        await api.post(
            STORE, "/snapshots", {"snapshot": {"volume_id": id, "name": entered("name"), "force": True}}
        )
    else:
        wish = {"volumeAttachment": {"volumeId": id}}
        await api.post("compute", f"/servers/{segment(entered('server'))}/os-volume_attachments", wish)


SNAPSHOT_COLUMNS = (
    Column(msg("Name"), "name"),
    Column(msg("Status"), "status"),
    Column(msg("Size"), "size"),
    Column(msg("Volume")),
    Column(msg("Created"), "created"),
)


def snapshot_row(snapshot: dict[str, Any], names: dict[str, str], buttons: tuple[Button, ...] = ()) -> Row:
    name = snapshot["name"] or snapshot["id"][:8]
    volume = snapshot["volume_id"]
    return Row(
        snapshot["id"],
        name,
        [
            tables.text(name),
            tables.status(snapshot["status"]),
            tables.text(f"{snapshot['size']} GiB"),
            tables.link(names.get(volume) or volume[:8], f"{HOME}/volumes/{volume}"),
            tables.time(snapshot["created_at"]),
        ],
        buttons,
        is_busy=snapshot["status"] in BUSY,
    )


@pages.get("/snapshots")
async def list_snapshots(visit: Visit) -> Answer:
    wanted = listing(visit, tuple(SORTS), first="created", is_descending=True)
    sort = f"{SORTS[wanted.sort]}:{'desc' if wanted.is_descending else 'asc'}"
    query = {
        "limit": wanted.size + 1,
        "marker": wanted.marker or None,
        "sort": sort,
        "name": wanted.search or None,
    }
    answer, volumes = await together(
        visit.api.get(STORE, "/snapshots/detail", **query), visit.api.get(STORE, "/volumes", limit=1000)
    )
    if isinstance(answer, Refused):
        raise answer
    names = {v["id"]: v["name"] for v in part(volumes, "volumes", [])}
    listed = answer["snapshots"][: wanted.size]
    rows = []
    for each in listed:
        buttons = (
            Button(msg("New volume from it"), f"{HOME}/volumes/new?snapshot={each['id']}"),
            Button(msg("Delete"), f"{HOME}/snapshots/{each['id']}/delete", is_dangerous=True),
        )
        rows.append(snapshot_row(each, names, buttons if visit.may_change else ()))
    table = Table(
        columns=SNAPSHOT_COLUMNS,
        rows=rows,
        empty=Empty(
            msg("There is no snapshot yet."),
            msg("A snapshot keeps what is on a volume now. Open a volume to take one."),
            f"{HOME}/volumes",
            msg("Volumes"),
        ),
        listing=wanted,
        live=True,
        has_search=True,
        next_marker=listed[-1]["id"] if len(answer["snapshots"]) > wanted.size else "",
    )
    return shown(visit, msg("Snapshots"), table)


@pages.get("/snapshots/{id}/delete")
async def ask_delete_snapshot(visit: Visit, id: str) -> Answer:
    snapshot = (await visit.api.get(STORE, f"/snapshots/{id}"))["snapshot"]
    return deletion(visit, snapshot["name"] or id, f"{HOME}/snapshots")


@pages.post("/snapshots/{id}/delete")
async def delete_snapshot(visit: Visit, id: str) -> Answer:
    return await done(
        visit, visit.api.delete(STORE, f"/snapshots/{id}"), "/snapshots", visit.t("It is being deleted.")
    )
