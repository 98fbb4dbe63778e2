"""For who runs the cloud: users and roles."""

from __future__ import annotations

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
from haneul.services.dashboard.pages.forms import deletion, form_page, refused
from haneul.services.dashboard.pages.lists import MOST, done, shown

pages = Pages()


@pages.get("/admin/users")
async def list_users(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    answer = await visit.api.get("identity", "/v3/users", limit=MOST)
    listed, following = pieces(answer["users"], wanted)
    rows = [
        Row(
            u["id"],
            u["name"],
            [
                tables.text(u["name"]),
                tables.code(u["domain_id"]),
                tables.truth(u["enabled"]),
                tables.time(u["password_expires_at"])
                if u["password_expires_at"]
                else tables.text(visit.t("never")),
                tables.code(u["id"]),
            ],
            [
                Button(
                    msg("Disable") if u["enabled"] else msg("Enable"),
                    f"{HOME}/admin/users/{u['id']}/{'disable' if u['enabled'] else 'enable'}",
                ),
                Button(msg("Delete"), f"{HOME}/admin/users/{u['id']}/delete", is_dangerous=True),
            ],
        )
        for u in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Domain")),
            Column(msg("Enabled")),
            Column(msg("Password ends")),
            Column(msg("Id")),
        ],
        rows=rows,
        empty=Empty(msg("There is no user."), ""),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Users"), table, (msg("Create a user"), f"{HOME}/admin/users/new"))


async def _user_form(visit: Visit) -> Form:
    projects, roles = await together(
        visit.api.get("identity", "/v3/projects", limit=MOST), visit.api.get("identity", "/v3/roles")
    )
    named = [(r["id"], r["name"]) for r in part(roles, "roles", [])]
    usual = next((id for id, name in named if name == "member"), "")
    fields = [
        Field("name", msg("Name"), is_required=True),
        Field("password", msg("Password"), "password", is_required=True, completes="new-password", longest=4096),
        Field("project", msg("Project"), "select", "", [("", visit.t("none")), *((p["id"], p["name"]) for p in part(projects, "projects", []))]),
        Field("role", msg("Role there"), "select", usual, named),
    ]  # fmt: skip
    return Form(
        f"{HOME}/admin/users/new", msg("Create"), fields, visit.t("Create a user"), "", f"{HOME}/admin/users"
    )


@pages.get("/admin/users/new")
async def show_new_user(visit: Visit) -> Answer:
    return form_page(await _user_form(visit))


@pages.post("/admin/users/new")
async def create_user(visit: Visit) -> Answer:
    wish = {"name": visit.entered("name"), "password": visit.form.get("password") or ""}
    project = visit.entered("project")
    if project:
        wish["default_project_id"] = project
    try:
        made = (await visit.api.post("identity", "/v3/users", {"user": wish}))["user"]
        if project:
            await visit.api.put(
                "identity",
                f"/v3/projects/{segment(project)}/users/{made['id']}/roles/{segment(visit.entered('role'))}",
            )
    except Refused as refusal:
        return refused(visit, await _user_form(visit), refusal)
    return Redirect("/admin/users", visit.t("{name} can log in.", name=made["name"]))


@pages.get("/admin/users/{id}/{wish}")
async def ask_user(visit: Visit, id: str, wish: str) -> Answer:
    user = (await visit.api.get("identity", f"/v3/users/{id}"))["user"]
    if wish == "delete":
        return deletion(
            visit, user["name"], f"{HOME}/admin/users", along=[visit.t("their key pairs and credentials")]
        )
    if wish not in ("disable", "enable"):
        return Redirect("/admin/users")
    title = (
        visit.t("Disable {name}?", name=user["name"])
        if wish == "disable"
        else visit.t("Enable {name}?", name=user["name"])
    )
    form = Form(
        visit.path,
        msg("Disable") if wish == "disable" else msg("Enable"),
        [],
        title,
        "",
        f"{HOME}/admin/users",
    )
    return form_page(form)


@pages.post("/admin/users/{id}/{wish}")
async def change_user(visit: Visit, id: str, wish: str) -> Answer:
    if wish == "delete":
        return await done(
            visit, visit.api.delete("identity", f"/v3/users/{id}"), "/admin/users", visit.t("It is deleted.")
        )
    work = visit.api.patch("identity", f"/v3/users/{id}", {"user": {"enabled": wish == "enable"}})
    return await done(visit, work, "/admin/users", visit.t("Saved."))


@pages.get("/admin/roles")
async def list_roles(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    roles, implied = await together(
        visit.api.get("identity", "/v3/roles"), visit.api.get("identity", "/v3/role_inferences")
    )
    if isinstance(roles, Refused):
        raise roles
    holds = {
        each["prior_role"]["id"]: ", ".join(sorted(r["name"] for r in each["implies"]))
        for each in part(implied, "role_inferences", [])
    }
    listed, following = pieces(roles["roles"], wanted)
    rows = [
        Row(
            r["id"],
            r["name"],
            [
                tables.text(r["name"]),
                tables.text(r["description"]),
                tables.text(holds.get(r["id"])),
                tables.code(r["id"]),
            ],
        )
        for r in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Description")),
            Column(msg("Holds too")),
            Column(msg("Id")),
        ],
        rows=rows,
        empty=Empty(msg("There are no roles."), ""),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Roles"), table)
