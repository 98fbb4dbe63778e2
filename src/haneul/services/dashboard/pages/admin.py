"""For who runs the cloud: hosts, everybody's servers and operations, projects with quotas."""

from __future__ import annotations

from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, part, segment, together
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
from haneul.services.dashboard.pages.forms import deletion, form_page, number, refused
from haneul.services.dashboard.pages.lists import MOST, detail, done, shown
from haneul.services.dashboard.pages.overview import operations_table
from haneul.services.dashboard.pages.servers import CHOICES, SORTS
from haneul.services.dashboard.pages.servers import table as servers_table

pages = Pages()
COMPUTE_QUOTAS = ("instances", "cores", "ram", "key_pairs", "server_groups")
NETWORK_QUOTAS = (
    "network",
    "subnet",
    "port",
    "router",
    "floatingip",
    "security_group",
    "security_group_rule",
)
STORAGE_QUOTAS = ("volumes", "snapshots", "gigabytes")


@pages.get("/admin/hosts")
async def list_hosts(visit: Visit) -> Answer:
    wanted = listing(visit, ("host", "state", "status"), first="host")
    answer = await visit.api.get("compute", "/os-services", binary="nova-compute")
    things = [{**s, "name": s["host"]} for s in answer["services"]]
    listed, following = pieces(things, wanted)
    rows = []
    for each in listed:
        is_on = each["status"] == "enabled"
        action = Button(
            msg("Take nothing new") if is_on else msg("Take servers again"),
            f"{HOME}/admin/hosts/{each['id']}/{'disable' if is_on else 'enable'}",
        )
        rows.append(
            Row(
                each["id"],
                each["host"],
                [
                    tables.text(each["host"]),
                    tables.status(each["state"]),
                    tables.status(each["status"]),
                    tables.text(each["zone"]),
                    tables.time(each["updated_at"]),
                    tables.text(each["disabled_reason"]),
                ],
                [action],
            )
        )
    table = Table(
        columns=[
            Column(msg("Host"), "host"),
            Column(msg("State"), "state"),
            Column(msg("Takes servers"), "status"),
            Column(msg("Zone")),
            Column(msg("Last report")),
            Column(msg("Reason")),
        ],
        rows=rows,
        empty=Empty(
            msg("No host has reported yet."), msg("A host appears here once its agent speaks to this cloud.")
        ),
        listing=wanted,
        live=True,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Hosts"), table)


@pages.get("/admin/hosts/{id}/{wish}")
async def ask_host(visit: Visit, id: str, wish: str) -> Answer:
    if wish not in ("disable", "enable"):
        return Redirect("/admin/hosts")
    fields = [Field("reason", msg("Reason"), longest=255)] if wish == "disable" else []
    title = (
        visit.t("Take nothing new on this host?")
        if wish == "disable"
        else visit.t("Take servers on this host again?")
    )
    form = Form(
        visit.path,
        msg("Take nothing new") if wish == "disable" else msg("Take servers again"),
        fields,
        title,
        "",
        f"{HOME}/admin/hosts",
    )
    return form_page(form)


@pages.post("/admin/hosts/{id}/{wish}")
async def set_host(visit: Visit, id: str, wish: str) -> Answer:
    if wish not in ("disable", "enable"):
        return Redirect("/admin/hosts")
    body: dict[str, Any] = {"status": f"{wish}d"}
    if wish == "disable" and (reason := visit.entered("reason")):
        body["disabled_reason"] = reason
    return await done(
        visit, visit.api.put("compute", f"/os-services/{id}", body), "/admin/hosts", visit.t("Saved.")
    )


@pages.get("/admin/servers")
async def list_all_servers(visit: Visit) -> Answer:
    wanted = listing(visit, tuple(SORTS), first="created", is_descending=True, choices=CHOICES)
    return shown(visit, msg("All servers"), await servers_table(visit, wanted, is_of_all=True))


@pages.get("/admin/operations")
async def list_operations(visit: Visit) -> Answer:
    answer = await visit.api.get("haneul", "/operations", limit=200)
    return shown(visit, msg("Operations"), operations_table(answer["operations"], ""))


@pages.get("/admin/projects")
async def list_projects(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    answer = await visit.api.get("identity", "/v3/projects", limit=MOST)
    listed, following = pieces(answer["projects"], wanted)
    rows = [
        Row(
            p["id"],
            p["name"],
            [
                tables.link(p["name"], f"{HOME}/admin/projects/{p['id']}"),
                tables.text(p["description"]),
                tables.code(p["domain_id"]),
                tables.truth(p["enabled"]),
                tables.code(p["id"]),
            ],
        )
        for p in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Description")),
            Column(msg("Domain")),
            Column(msg("Enabled")),
            Column(msg("Id")),
        ],
        rows=rows,
        empty=Empty(msg("There is no project."), ""),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(
        visit, msg("Projects and quotas"), table, (msg("Create a project"), f"{HOME}/admin/projects/new")
    )


def _project_form(visit: Visit) -> Form:
    fields = [
        Field("name", msg("Name"), is_required=True, longest=64),
        Field("description", msg("Description")),
    ]
    return Form(
        f"{HOME}/admin/projects/new",
        msg("Create"),
        fields,
        visit.t("Create a project"),
        "",
        f"{HOME}/admin/projects",
    )


@pages.get("/admin/projects/new")
async def show_new_project(visit: Visit) -> Answer:
    return form_page(_project_form(visit))


@pages.post("/admin/projects/new")
async def create_project(visit: Visit) -> Answer:
    wish = {"name": visit.entered("name"), "description": visit.entered("description")}
    try:
        made = (await visit.api.post("identity", "/v3/projects", {"project": wish}))["project"]
    except Refused as refusal:
        return refused(visit, _project_form(visit), refusal)
    return Redirect(
        f"/admin/projects/{made['id']}", visit.t("The project is there. Give somebody a role in it.")
    )


@pages.get("/admin/projects/{id}")
async def show_project(visit: Visit, id: str) -> Answer:
    answer, quotas, assignments = await together(
        visit.api.get("identity", f"/v3/projects/{id}"),
        _quotas(visit, id),
        visit.api.get("identity", "/v3/role_assignments", include_names="true", **{"scope.project.id": id}),
    )
    if isinstance(answer, Refused):
        raise answer
    project = answer["project"]
    facts = [
        (msg("Description"), tables.text(project["description"])),
        (msg("Enabled"), tables.truth(project["enabled"])),
        (msg("Id"), tables.code(project["id"])),
    ]
    rows = [
        Row(name, name, [tables.text(name), tables.text(visit.t("no limit") if value == -1 else str(value))])
        for name, value in quotas.items()
    ]
    limits = Table(
        title=msg("Quotas"),
        columns=[Column(msg("What")), Column(msg("Limit"))],
        rows=rows,
        empty=Empty(msg("There are no quotas."), ""),
    )
    people = []
    for each in part(assignments, "role_assignments", []):
        whom = each.get("user") or each.get("group") or {}
        where = f"{HOME}/admin/projects/{id}/people/{whom['id']}/{each['role']['id']}"
        buttons = [Button(msg("Take away"), where, is_dangerous=True)] if "user" in each else []
        cells = [
            tables.text(whom.get("name")),
            tables.text(each["role"]["name"]),
            tables.truth("group" in each),
        ]
        people.append(Row(f"{whom['id']}-{each['role']['id']}", str(whom.get("name")), cells, buttons))
    holders = Table(
        title=msg("Who has which role"),
        columns=[Column(msg("Who")), Column(msg("Role")), Column(msg("Group"))],
        rows=people,
        empty=Empty(
            msg("Nobody has a role in it."), msg("Give somebody one, and they can choose this project.")
        ),
        has_buttons=bool(people),
    )
    base = f"{HOME}/admin/projects/{id}"
    buttons = [
        Button(msg("Change quotas"), f"{base}/quotas"),
        Button(msg("Give a role"), f"{base}/grant"),
        Button(msg("Delete"), f"{base}/delete", is_dangerous=True),
    ]
    return detail(
        visit, project["name"], (msg("Projects and quotas"), f"{HOME}/admin/projects"), facts,
        buttons=buttons, tables=[limits, holders],
    )  # fmt: skip


async def _quotas(visit: Visit, id: str) -> dict[str, int]:
    """The limits that can be set here, by name; those of services that are not here are not there."""
    compute, network, storage = await together(
        visit.api.get("compute", f"/os-quota-sets/{id}"),
        visit.api.get("network", f"/v2.0/quotas/{id}"),
        visit.api.get("block-storage", f"/os-quota-sets/{id}"),
    )
    limits = {n: v for n, v in part(compute, "quota_set", {}).items() if n in COMPUTE_QUOTAS}
    limits |= {n: v for n, v in part(storage, "quota_set", {}).items() if n in STORAGE_QUOTAS}
    return limits | {n: v for n, v in part(network, "quota", {}).items() if n in NETWORK_QUOTAS}


async def _form(visit: Visit, id: str, name: str) -> Form:
    back = f"{HOME}/admin/projects/{id}"
    if name == "quotas":
        quotas = await _quotas(visit, id)
        fields = [
            Field(n, n, "number", v, is_required=True, least=-1, most=2147483647) for n, v in quotas.items()
        ]
        return Form(
            f"{back}/quotas", msg("Save"), fields, visit.t("Change quotas"), visit.t("-1 is no limit."), back
        )
    users, roles = await together(
        visit.api.get("identity", "/v3/users", limit=MOST), visit.api.get("identity", "/v3/roles")
    )
    fields = [
        Field(
            "user",
            msg("Who"),
            "select",
            "",
            [(u["id"], u["name"]) for u in part(users, "users", [])],
            is_required=True,
        ),
        Field(
            "role",
            msg("Role"),
            "select",
            "",
            [(r["id"], r["name"]) for r in part(roles, "roles", [])],
            is_required=True,
        ),
    ]
    return Form(f"{back}/grant", msg("Give"), fields, visit.t("Give a role"), "", back)


@pages.get("/admin/projects/{id}/{name}")
async def show_project_form(visit: Visit, id: str, name: str) -> Answer:
    if name == "delete":
        project = (await visit.api.get("identity", f"/v3/projects/{id}"))["project"]
        return deletion(visit, project["name"], f"{HOME}/admin/projects/{id}")
    if name not in ("quotas", "grant"):
        return Redirect(f"/admin/projects/{id}")
    return form_page(await _form(visit, id, name))


@pages.post("/admin/projects/{id}/{name}")
async def submit_project_form(visit: Visit, id: str, name: str) -> Answer:
    if name == "delete":
        work = visit.api.delete("identity", f"/v3/projects/{id}")
        return await done(visit, work, "/admin/projects", visit.t("It is deleted."))
    if name not in ("quotas", "grant"):
        return Redirect(f"/admin/projects/{id}")
    try:
        if name == "quotas":
            await _set_quotas(visit, id)
        else:
            await visit.api.put(
                "identity",
                f"/v3/projects/{id}/users/{segment(visit.entered('user'))}/roles/{segment(visit.entered('role'))}",
            )
    except Refused as refusal:
        return refused(visit, await _form(visit, id, name), refusal)
    return Redirect(f"/admin/projects/{id}", visit.t("Saved."))


async def _set_quotas(visit: Visit, id: str) -> None:
    for service, path, word, names in (
        ("compute", f"/os-quota-sets/{id}", "quota_set", COMPUTE_QUOTAS),
        ("block-storage", f"/os-quota-sets/{id}", "quota_set", STORAGE_QUOTAS),
        ("network", f"/v2.0/quotas/{id}", "quota", NETWORK_QUOTAS),
    ):
        wish = {name: number(visit.entered(name)) for name in names if name in visit.form}
        if wish:
            await visit.api.put(service, path, {word: wish})


@pages.get("/admin/projects/{id}/people/{user}/{role}")
async def ask_take_role(visit: Visit, id: str, user: str, role: str) -> Answer:
    title = visit.t("Take this role away?")
    form = Form(visit.path, msg("Take away"), [], title, "", f"{HOME}/admin/projects/{id}", is_dangerous=True)
    return form_page(form)


@pages.post("/admin/projects/{id}/people/{user}/{role}")
async def take_role(visit: Visit, id: str, user: str, role: str) -> Answer:
    work = visit.api.delete("identity", f"/v3/projects/{id}/users/{user}/roles/{role}")
    return await done(visit, work, f"/admin/projects/{id}", visit.t("It is taken away."))
