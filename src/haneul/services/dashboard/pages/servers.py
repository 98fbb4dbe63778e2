"""Servers: the list, and what is done to several at once."""

from __future__ import annotations

from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, segment, together
from haneul.services.dashboard.api.tables import (
    Button,
    Choice,
    Column,
    Empty,
    Form,
    Listing,
    Row,
    Table,
    listing,
)
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, Page, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import form_page
from haneul.services.dashboard.pages.lists import shown

pages = Pages(needs="compute")
STATUSES = (
    "ACTIVE",
    "SHUTOFF",
    "BUILD",
    "ERROR",
    "PAUSED",
    "SUSPENDED",
    "SHELVED_OFFLOADED",
    "VERIFY_RESIZE",
)
CHOICES = (Choice("status", msg("Status"), [(s, s) for s in STATUSES]),)
SORTS = {"name": "display_name", "status": "vm_state", "created": "created_at", "zone": "availability_zone"}
BULK = (
    Button(msg("Start"), "start"),
    Button(msg("Stop"), "stop"),
    Button(msg("Restart"), "reboot"),
    Button(msg("Delete"), "delete", is_dangerous=True),
)
MOST_AT_ONCE = 200
BODIES: dict[str, dict[str, Any]] = {
    "start": {"os-start": None},
    "stop": {"os-stop": None},
    "reboot": {"reboot": {"type": "SOFT"}},
}


def addresses(server: dict[str, Any]) -> list[str]:
    """Those from outside first."""
    entries = [a for each in server.get("addresses", {}).values() for a in each]
    return [a["addr"] for a in sorted(entries, key=lambda a: a.get("OS-EXT-IPS:type") != "floating")]


def row(server: dict[str, Any], *, is_of_all: bool = False) -> Row:
    name = server["name"]
    task = server.get("OS-EXT-STS:task_state")
    state = (
        f"{server['status']} ({task})" if task and server["status"] not in ("BUILD",) else server["status"]
    )
    fault = server.get("fault", {}).get("message", "")
    flavor = server["flavor"]
    cells = [
        tables.link(name, f"{HOME}/servers/{server['id']}"),
        tables.status(state),
        tables.many([tables.code(a) for a in addresses(server)]),
        tables.text(flavor.get("original_name")),
        tables.number(flavor.get("vcpus")),
        tables.size(flavor.get("ram")),
        tables.time(server["created"]),
    ]
    if is_of_all:
        cells[3:6] = [tables.text(server.get("OS-EXT-SRV-ATTR:host")), tables.code(server["tenant_id"][:8])]
    if fault:
        cells[1] = tables.many([tables.status(state), tables.text(fault[:120])])
    return Row(server["id"], name, cells, is_busy=bool(task) or server["status"] == "BUILD")


COLUMNS = (
    Column(msg("Name"), "name"),
    Column(msg("Status"), "status"),
    Column(msg("Addresses")),
    Column(msg("Flavor")),
    Column(msg("vCPUs")),
    Column(msg("Memory")),
    Column(msg("Created"), "created"),
)
OF_ALL = (*COLUMNS[:3], Column(msg("Host")), Column(msg("Project")), COLUMNS[6])


async def table(visit: Visit, wanted: Listing, *, is_of_all: bool = False) -> Table:
    """That part of the list."""
    answer = await visit.api.get(
        "compute",
        "/servers/detail",
        limit=wanted.size + 1,
        marker=wanted.marker or None,
        sort_key=SORTS[wanted.sort],
        sort_dir="desc" if wanted.is_descending else "asc",
        name=_literally(wanted.search) or None,
        status=wanted.chosen.get("status"),
        all_tenants="1" if is_of_all else None,
    )
    servers = answer["servers"]
    listed = servers[: wanted.size]
    return Table(
        columns=OF_ALL if is_of_all else COLUMNS,
        rows=[row(s, is_of_all=is_of_all) for s in listed],
        empty=Empty(
            msg("No server runs here yet."),
            msg("A server is a machine of your own. Choose an image and a size; the rest has good defaults."),
            f"{HOME}/launch",
            msg("Launch a server"),
        ),
        bulk=BULK if visit.may_change else (),
        bulk_path=f"{HOME}/servers",
        listing=wanted,
        live=True,
        has_search=True,
        choices=CHOICES,
        next_marker=listed[-1]["id"] if len(servers) > wanted.size else "",
    )


def _literally(text: str) -> str:
    """A pattern of exactly this text: the API searches by patterns."""
    return "".join(f"\\{c}" if c in r".^$*+?{}[]\|()" else c for c in text)


@pages.get("/servers")
async def list_servers(visit: Visit) -> Answer:
    wanted = listing(visit, tuple(SORTS), first="created", is_descending=True, choices=CHOICES)
    return shown(
        visit, msg("Servers"), await table(visit, wanted), (msg("Launch a server"), f"{HOME}/launch")
    )


@pages.post("/servers")
async def do_to_servers(visit: Visit) -> Answer:
    """The same to each that was chosen; what was refused is named."""
    action, ids = visit.entered("action"), list(map(segment, visit.form.all("id")[:MOST_AT_ONCE]))
    if not ids:
        return Redirect("/servers", visit.t("Choose servers first."), is_bad=True)
    if action == "delete" and "sure" not in visit.form:
        return await _ask(visit, ids)
    if action != "delete" and action not in BODIES:
        return Redirect("/servers")
    answers = await together(*(_act(visit, id, action) for id in ids))
    refusals = [each.message for each in answers if isinstance(each, Refused)]
    if refusals:
        notice = visit.t("{n} of {all} were refused: {why}", n=len(refusals), all=len(ids), why=refusals[0])
        return Redirect("/servers", notice, is_bad=True)
    return Redirect("/servers", visit.t("Accepted for {n} servers.", n=len(ids)))


def _act(visit: Visit, id: str, action: str) -> Any:
    if action == "delete":
        return visit.api.delete("compute", f"/servers/{id}")
    return visit.api.post("compute", f"/servers/{id}/action", BODIES[action])


async def _ask(visit: Visit, ids: list[str]) -> Page:
    answers = await together(*(visit.api.get("compute", f"/servers/{id}") for id in ids))
    along = []
    for answer in answers:
        if isinstance(answer, Refused):
            continue
        server = answer["server"]
        along.append(f"{server['name']} ({', '.join(addresses(server)) or server['status']})")
    form = Form(
        path=f"{HOME}/servers",
        title=visit.t("Delete {n} servers?", n=len(along)),
        text=visit.t(
            "Their disks go with them, and so do volumes that were to be deleted with them. Nothing brings them back."
        ),
        submit=msg("Delete"),
        back=f"{HOME}/servers",
        is_dangerous=True,
        takes_along=along,
        fields=[
            tables.Field("action", "", "hidden", value="delete"),
            tables.Field("sure", "", "hidden", value="1"),
            *(tables.Field("id", "", "hidden", value=id) for id in ids),
        ],
    )
    return form_page(form)
