"""Key pairs and flavors: with what one logs in, and how large servers are."""

from __future__ import annotations

from urllib.parse import unquote

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, segment
from haneul.services.dashboard.api.tables import (
    Button,
    Column,
    Empty,
    Field,
    Form,
    Row,
    Table,
    listing,
    pieces,
)
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import deletion, form_page, refused
from haneul.services.dashboard.pages.lists import detail, done, shown

pages = Pages(needs="compute")


@pages.get("/keypairs")
async def list_keypairs(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    answer = await visit.api.get("compute", "/os-keypairs")
    keys, following = pieces([k["keypair"] for k in answer["keypairs"]], wanted)
    rows = [
        Row(
            key["name"],
            key["name"],
            [
                tables.link(key["name"], f"{HOME}/keypairs/{segment(key['name'])}"),
                tables.text(key["type"]),
                tables.code(key["fingerprint"]),
            ],
            [Button(msg("Delete"), f"{HOME}/keypairs/{segment(key['name'])}/delete", is_dangerous=True)],
        )
        for key in keys
    ]
    table = Table(
        columns=[Column(msg("Name"), "name"), Column(msg("Kind")), Column(msg("Fingerprint"))],
        rows=rows,
        empty=Empty(
            msg("You have no key pair yet."),
            msg("With a key you log in to your servers; the public half is put into them when they start."),
            f"{HOME}/keypairs/new",
            msg("Add a public key"),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Key pairs"), table, (msg("Add a public key"), f"{HOME}/keypairs/new"))


def _new(visit: Visit) -> Form:
    return Form(
        path=f"{HOME}/keypairs/new",
        title=visit.t("Add a public key"),
        text=visit.t(
            "Make a pair with ssh-keygen -t ed25519 and paste the .pub file: the private half never leaves your machine."
        ),
        submit=msg("Add"),
        back=f"{HOME}/keypairs",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field(
                "public_key",
                msg("Public key"),
                "area",
                is_required=True,
                longest=16384,
                placeholder="ssh-ed25519 AAAA...",
            ),
        ],
    )


@pages.get("/keypairs/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(_new(visit))


@pages.post("/keypairs/new")
async def create(visit: Visit) -> Answer:
    key = {"name": visit.entered("name"), "public_key": visit.entered("public_key"), "type": "ssh"}
    try:
        await visit.api.post("compute", "/os-keypairs", {"keypair": key})
    except Refused as refusal:
        return refused(visit, _new(visit), refusal)
    return Redirect("/keypairs", visit.t("The key was added."))


@pages.get("/keypairs/{name}")
async def show_keypair(visit: Visit, name: str) -> Answer:
    key = (await visit.api.get("compute", f"/os-keypairs/{name}"))["keypair"]
    facts = [
        (msg("Kind"), tables.text(key.get("type"))),
        (msg("Fingerprint"), tables.code(key["fingerprint"])),
        (msg("Created"), tables.time(key.get("created_at"))),
    ]
    buttons = [Button(msg("Delete"), f"{HOME}/keypairs/{name}/delete", is_dangerous=True)]
    return detail(
        visit, key["name"], (msg("Key pairs"), f"{HOME}/keypairs"), facts, buttons=buttons,
        texts=[(msg("Public key"), key["public_key"])],
    )  # fmt: skip


@pages.get("/keypairs/{name}/delete")
async def ask_delete(visit: Visit, name: str) -> Answer:
    return deletion(visit, unquote(name), f"{HOME}/keypairs")


@pages.post("/keypairs/{name}/delete")
async def delete(visit: Visit, name: str) -> Answer:
    work = visit.api.delete("compute", f"/os-keypairs/{name}")
    return await done(visit, work, "/keypairs", visit.t("It is deleted."))


@pages.get("/flavors")
async def list_flavors(visit: Visit) -> Answer:
    wanted = listing(visit, ("name", "vcpus", "ram", "disk"), first="ram")
    answer = await visit.api.get("compute", "/flavors/detail", is_public="None" if visit.oversees else None)
    flavors, following = pieces(answer["flavors"], wanted)
    rows = [
        Row(
            f["id"],
            f["name"],
            [
                tables.text(f["name"]),
                tables.number(f["vcpus"]),
                tables.size(f["ram"]),
                tables.text(f"{f['disk']} GiB"),
                tables.text(f"{f['OS-FLV-EXT-DATA:ephemeral']} GiB"),
                tables.truth(f["os-flavor-access:is_public"]),
                tables.code(f["id"]),
            ],
        )
        for f in flavors
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("vCPUs"), "vcpus"),
            Column(msg("Memory"), "ram"),
            Column(msg("Disk"), "disk"),
            Column(msg("Further disk")),
            Column(msg("For everybody")),
            Column(msg("Id")),
        ],
        rows=rows,
        empty=Empty(
            msg("There are no flavors."),
            msg("Who runs the cloud makes them: each is a size that servers can have."),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Flavors"), table)
