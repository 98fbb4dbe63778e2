"""Access for programs: files for the stock client, endpoints, and application credentials."""

from __future__ import annotations

import json
import shlex
from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused
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
from haneul.services.dashboard.api.visits import HOME, Answer, Download, Page, Pages, Visit
from haneul.services.dashboard.pages.forms import deletion, form_page, refused
from haneul.services.dashboard.pages.lists import detail, done, shown

pages = Pages()
OFFERED_ROLES = ("reader", "member", "manager", "admin")
"""The least first."""


def _auth_url(visit: Visit) -> str:
    return f"{visit.platform.endpoint}{visit.api.endpoints['identity']}/v3"


def openrc(visit: Visit) -> str:
    """For a shell; the password is asked for, and stands nowhere."""
    person = visit.person
    lines = {
        "OS_AUTH_URL": _auth_url(visit),
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": person.user_name,
        "OS_USER_DOMAIN_NAME": person.domain_name,
        "OS_PROJECT_ID": person.project_id,
        "OS_PROJECT_NAME": person.project_name,
        "OS_REGION_NAME": "RegionOne",
        "OS_INTERFACE": "public",
    }
    exports = [f"export {name}={shlex.quote(value)}" for name, value in lines.items()]
    ask = f"printf 'Password of %s: ' {shlex.quote(person.user_name)}; stty -echo; read -r OS_PASSWORD; stty echo; echo"
    return "\n".join([*exports, ask, "export OS_PASSWORD", ""])


def clouds(visit: Visit) -> str:
    """clouds.yaml without a password: JSON texts are YAML too, whatever is in a name."""
    person = visit.person
    auth = {
        "auth_url": _auth_url(visit),
        "username": person.user_name,
        "user_domain_name": person.domain_name,
        "project_id": person.project_id,
    }
    return _clouds(auth, {})


def _clouds(auth: dict[str, str], more: dict[str, str]) -> str:
    lines = ["clouds:", "  haneul:", "    auth:", *(f"      {k}: {json.dumps(v)}" for k, v in auth.items())]
    rest = {"region_name": "RegionOne", "interface": "public", "identity_api_version": "3", **more}
    return "\n".join([*lines, *(f"    {k}: {json.dumps(v)}" for k, v in rest.items()), ""])


@pages.get("/access")
async def show_access(visit: Visit) -> Answer:
    person = visit.person
    facts = [
        (msg("User"), tables.text(person.user_name)),
        (msg("Project"), tables.text(person.project_name)),
        (msg("Project id"), tables.code(person.project_id)),
        (msg("Roles"), tables.text(", ".join(person.roles))),
        (msg("Session ends"), tables.time(person.ends_at.isoformat())),
    ]
    rows = [
        Row(kind, kind, [tables.text(kind), tables.code(f"{visit.platform.endpoint}{path}")])
        for kind, path in sorted(visit.api.endpoints.items())
    ]
    table = Table(
        title=msg("Endpoints"),
        columns=[Column(msg("Service")), Column(msg("Address"))],
        rows=rows,
        empty=Empty(msg("There are no services."), ""),
    )
    buttons = [
        Button(msg("Download openrc"), f"{HOME}/access/openrc.sh"),
        Button(msg("Download clouds.yaml"), f"{HOME}/access/clouds.yaml"),
    ]
    return Page(
        "detail.html",
        {
            "title": visit.t("API access"), "above": (msg("Overview"), HOME), "facts": facts, "state": None,
            "buttons": buttons, "tables": [table],
            "texts": [("clouds.yaml", clouds(visit)), (msg("Then"), "openstack --os-cloud haneul server list")],
        },
    )  # fmt: skip


@pages.get("/access/openrc.sh")
async def download_openrc(visit: Visit) -> Answer:
    return Download("openrc.sh", openrc(visit).encode())


@pages.get("/access/clouds.yaml")
async def download_clouds(visit: Visit) -> Answer:
    return Download("clouds.yaml", clouds(visit).encode())


def _mine(visit: Visit) -> str:
    return f"/v3/users/{visit.person.user_id}/application_credentials"


@pages.get("/credentials")
async def list_credentials(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    answer = await visit.api.get("identity", _mine(visit))
    listed, following = pieces(answer["application_credentials"], wanted)
    rows = [
        Row(
            c["id"],
            c["name"],
            [
                tables.text(c["name"]),
                tables.text(c.get("description")),
                tables.text(", ".join(sorted(r["name"] for r in c["roles"]))),
                tables.time(c["expires_at"]) if c["expires_at"] else tables.text(visit.t("never")),
                tables.code(c["id"]),
            ],
            [Button(msg("Delete"), f"{HOME}/credentials/{c['id']}/delete", is_dangerous=True)],
        )
        for c in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Description")),
            Column(msg("Roles")),
            Column(msg("Ends")),
            Column(msg("Id")),
        ],
        rows=rows,
        empty=Empty(
            msg("You have no application credential yet."),
            msg(
                "A program logs in with one instead of your password, in this project only, and can be shut out alone."
            ),
            f"{HOME}/credentials/new",
            msg("Create a credential"),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(
        visit, msg("Application credentials"), table, (msg("Create a credential"), f"{HOME}/credentials/new")
    )


def _new(visit: Visit) -> Form:
    held = [r for r in OFFERED_ROLES if r in visit.person.roles]
    return Form(
        path=f"{HOME}/credentials/new",
        title=visit.t("Create a credential"),
        text=visit.t("Its secret is shown once, right after."),
        submit=msg("Create"),
        back=f"{HOME}/credentials",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field("description", msg("Description")),
            Field("roles", msg("Roles"), "checks", held[:1], [(r, r) for r in held]),
            Field("expires_at", msg("Ends"), "date", help=msg("Empty: never.")),
        ],
    )


@pages.get("/credentials/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(_new(visit))


@pages.post("/credentials/new")
async def create(visit: Visit) -> Answer:
    wish: dict[str, Any] = {"name": visit.entered("name"), "description": visit.entered("description")}
    if roles := [r for r in visit.form.all("roles") if r in OFFERED_ROLES]:
        wish["roles"] = [{"name": r} for r in roles]
    if ends := visit.entered("expires_at"):
        wish["expires_at"] = f"{ends}T23:59:59.000000Z"
    try:
        made = (await visit.api.post("identity", _mine(visit), {"application_credential": wish}))[
            "application_credential"
        ]
    except Refused as refusal:
        return refused(visit, _new(visit), refusal)
    auth = {
        "auth_url": _auth_url(visit),
        "application_credential_id": made["id"],
        "application_credential_secret": made["secret"],
    }
    facts = [
        (msg("Id"), tables.code(made["id"])),
        (msg("Secret"), tables.code(made["secret"])),
        (msg("Roles"), tables.text(", ".join(sorted(r["name"] for r in made["roles"])))),
    ]
    texts = [
        (
            msg("Keep this now: the secret is not shown again."),
            _clouds(auth, {"auth_type": "v3applicationcredential"}),
        )
    ]
    return detail(
        visit, made["name"], (msg("Application credentials"), f"{HOME}/credentials"), facts, texts=texts
    )


@pages.get("/credentials/{id}/delete")
async def ask_delete(visit: Visit, id: str) -> Answer:
    name = (await visit.api.get("identity", f"{_mine(visit)}/{id}"))["application_credential"]["name"]
    along = [visit.t("every session of programs that log in with it")]
    return deletion(visit, name, f"{HOME}/credentials", along=along)


@pages.post("/credentials/{id}/delete")
async def delete(visit: Visit, id: str) -> Answer:
    work = visit.api.delete("identity", f"{_mine(visit)}/{id}")
    return await done(visit, work, "/credentials", visit.t("It is deleted."))
