"""Logging in and out, one's project, one's password, and how the pages look."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from haneul.kernel.http.routes import Query
from haneul.services.dashboard.api import login
from haneul.services.dashboard.api.calls import Refused, part, together
from haneul.services.dashboard.api.login import ExpiredPassword, MoreProof
from haneul.services.dashboard.api.site import CALLS, LANGUAGE, SESSION, THEME, THEMES, VISIT
from haneul.services.dashboard.api.tables import Field, Form
from haneul.services.dashboard.api.texts import LANGUAGES, msg
from haneul.services.dashboard.api.visits import HOME, Answer, Page, Pages, Redirect, Visit
from haneul.services.dashboard.model.sessions import Person
from haneul.services.dashboard.operations import sessions

pages = Pages()
RECEIPT = "haneul_receipt"
A_YEAR = 365 * 86400
FIVE_MINUTES = 300
CODE_DIGITS = 10


def _login_form(visit: Visit, wanted: str) -> Form:
    return Form(
        path=f"{HOME}/login",
        title=visit.t("Log in"),
        submit=msg("Log in"),
        fields=[
            Field("name", msg("Name"), is_required=True, completes="username"),
            Field(
                "password",
                msg("Password"),
                "password",
                is_required=True,
                completes="current-password",
                longest=4096,
            ),
            Field("domain", msg("Domain"), value="Default", is_required=True),
            Field("next", "", "hidden", value=wanted),
        ],
    )


def _within(path: str) -> str:
    """The path below the dashboard's own, if it is one of ours; else where everybody begins."""
    plain = unquote(path)  # as browsers read it: an escaped dot is a dot to them
    is_ours = path.startswith(HOME + "/") and not any(odd in plain for odd in ("//", "\\", "..", "/./"))
    return path.removeprefix(HOME)[:500] if is_ours and path.isprintable() and path.isascii() else ""


@pages.get("/login", is_public=True)
async def show_login(visit: Visit) -> Answer:
    if visit.session is not None:
        return Redirect(_within(visit.query.get("next") or ""))
    return Page("login.html", {"form": _login_form(visit, visit.query.get("next") or "")})


@pages.post("/login", is_public=True)
async def log_in(visit: Visit) -> Answer:
    name, domain = visit.entered("name"), visit.entered("domain", "Default")
    form = _login_form(visit, "").filled(visit)
    try:
        person = await login.by_password(visit.api, domain, name, visit.form.get("password") or "")
    except MoreProof as more:
        visit.cookies[RECEIPT] = more.receipt, FIVE_MINUTES
        return Page("login.html", {"form": _passcode_form(visit, name, domain)})
    except ExpiredPassword as expired:
        return Page("login.html", {"form": _renewal_form(visit, expired.user_id)})
    except Refused as refusal:
        wrong = refusal.status in (400, 401)
        form.problem = visit.t("The domain, the name or the password is wrong.") if wrong else refusal.message
        return Page("login.html", {"form": form}, 401 if wrong else refusal.status)
    return await _welcome(visit, person)


async def _welcome(visit: Visit, person: Person) -> Redirect:
    """A session has begun; whatever this browser held before is nothing."""
    if old := visit.known.get(SESSION):
        await sessions.end(visit.platform, old)
    visit.cookies[SESSION] = await sessions.begun(visit.platform, person), 0
    for name in (VISIT, RECEIPT):
        if name in visit.known:
            visit.cookies[name] = "", -1
    return Redirect(_within(visit.form.get("next") or ""))


def _passcode_form(visit: Visit, name: str, domain: str) -> Form:
    return Form(
        path=f"{HOME}/login/passcode",
        title=visit.t("One more proof"),
        text=visit.t("Enter the code that your authenticator shows now."),
        submit=msg("Go on"),
        back=f"{HOME}/login",
        fields=[
            Field("passcode", msg("Code"), is_required=True, completes="one-time-code", longest=CODE_DIGITS),
            Field("name", "", "hidden", value=name),
            Field("domain", "", "hidden", value=domain),
            Field("next", "", "hidden", value=visit.form.get("next") or ""),
        ],
    )


@pages.post("/login/passcode", is_public=True)
async def prove_more(visit: Visit) -> Answer:
    name, domain = visit.entered("name"), visit.entered("domain")
    try:
        person = await login.by_passcode(
            visit.api, visit.known.get(RECEIPT, ""), domain, name, visit.entered("passcode")
        )
    except (Refused, MoreProof):
        form = _passcode_form(visit, name, domain)
        form.problem = visit.t("This code is wrong, or its time is over.")
        return Page("login.html", {"form": form}, 401)
    return await _welcome(visit, person)


def _renewal_form(visit: Visit, user_id: str) -> Form:
    return Form(
        path=f"{HOME}/login/renew",
        title=visit.t("Your password has expired"),
        text=visit.t("Choose a new one; then log in with it."),
        submit=msg("Change password"),
        back=f"{HOME}/login",
        fields=[*_password_fields(), Field("user_id", "", "hidden", value=user_id)],
    )


def _password_fields() -> list[Field]:
    return [
        Field("original_password", msg("Password until now"), "password", is_required=True, completes="current-password", longest=4096),
        Field("password", msg("New password"), "password", is_required=True, completes="new-password", longest=4096),
        Field("again", msg("New password again"), "password", is_required=True, completes="new-password", longest=4096),
    ]  # fmt: skip


async def _changed(visit: Visit, user_id: str, form: Form) -> Answer:
    """The password is the new one, or the form says why not."""
    new = visit.form.get("password") or ""
    if new != (visit.form.get("again") or ""):
        return Page("login.html", {"form": form.refused(visit.t("The two new passwords differ."))}, 400)
    if not user_id.isalnum():
        return Page("login.html", {"form": form.refused(visit.t("The password until now is wrong."))}, 400)
    try:
        await login.change_password(visit.api, user_id, visit.form.get("original_password") or "", new)
    except Refused as refusal:
        reason = visit.t("The password until now is wrong.") if refusal.status == 401 else refusal.message
        return Page("login.html", {"form": form.refused(reason, refusal.request_id)}, refusal.status)
    if visit.session is not None:
        await sessions.end(visit.platform, visit.secret)
        visit.cookies[SESSION] = "", -1
    return Redirect("/login", visit.t("The password was changed. Log in with the new one."))


@pages.post("/login/renew", is_public=True)
async def renew_password(visit: Visit) -> Answer:
    user_id = visit.entered("user_id")
    return await _changed(visit, user_id, _renewal_form(visit, user_id))


def _password_form(visit: Visit) -> Form:
    return Form(
        path=f"{HOME}/password",
        title=visit.t("Change password"),
        text=visit.t("All sessions of yours end with it."),
        submit=msg("Change password"),
        back=HOME,
        fields=_password_fields(),
    )


@pages.get("/password")
async def show_password(visit: Visit) -> Answer:
    return Page("login.html", {"form": _password_form(visit)})


@pages.post("/password")
async def change_password(visit: Visit) -> Answer:
    return await _changed(visit, visit.person.user_id, _password_form(visit))


@pages.get("/enter", is_public=True)
async def show_link(visit: Visit) -> Answer:
    """Asks before it lets in: a link that somebody follows by mistake changes nothing."""
    secret = visit.query.get("link") or ""
    person = await sessions.of(visit.platform, secret, is_link=True)
    form = Form(
        path=f"{HOME}/enter",
        title=visit.t("Log in"),
        text=visit.t(
            "Go on as {name} in project {project}?", name=person.user_name, project=person.project_name
        ),
        submit=msg("Go on"),
        back=f"{HOME}/login",
        fields=[Field("link", "", "hidden", value=secret)],
    )
    return Page("login.html", {"form": form})


@pages.post("/enter", is_public=True)
async def enter_by_link(visit: Visit) -> Answer:
    person = await sessions.used(visit.platform, visit.entered("link"))
    return await _welcome(visit, await login.of_token(visit.api, person.token))


@pages.post("/logout")
async def log_out(visit: Visit) -> Answer:
    await sessions.end(visit.platform, visit.secret)
    await login.give_back(visit.api, visit.person.token)
    visit.cookies[SESSION] = "", -1
    return Redirect("/login", visit.t("You are logged out."))


@pages.post("/preferences", is_public=True)
async def prefer(visit: Visit) -> Answer:
    for name, field, known in (
        (LANGUAGE, "language", tuple(LANGUAGES)),
        (THEME, "theme", THEMES),
        (CALLS, "calls", ("0", "1")),
    ):
        if (wish := visit.form.get(field) or "") in known:
            visit.cookies[name] = wish, A_YEAR
    return Redirect(_within(visit.form.get("back") or ""))


async def _scopes(visit: Visit) -> list[tuple[str, str, bool]]:
    """(what the form says, name, whether it is where one is) of all that one may get a token for."""
    projects, domains, system = await together(
        visit.api.get("identity", "/v3/auth/projects", enabled="true"),
        visit.api.get("identity", "/v3/auth/domains"),
        visit.api.get("identity", "/v3/auth/system"),
    )
    scopes: list[tuple[str, str, bool]] = []
    listed: list[dict[str, Any]] = part(projects, "projects", [])
    for project in sorted(listed, key=lambda p: p["name"].lower()):
        scopes.append((f"project:{project['id']}", project["name"], project["id"] == visit.person.project_id))
    for domain in part(domains, "domains", []):
        name = visit.t("Domain {name}", name=domain["name"])
        scopes.append((f"domain:{domain['id']}", name, domain["name"] == visit.person.scope_name))
    if part(system, "system", []):
        scopes.append(("system:all", visit.t("The whole system"), visit.person.scope_name == "system"))
    return scopes


@pages.get("/scopes")
async def show_scopes(visit: Visit) -> Answer:
    values = {"scopes": await _scopes(visit)}
    return Page("scope_list.html" if visit.is_fragment else "scopes.html", values)


@pages.post("/scopes")
async def choose_scope(visit: Visit) -> Answer:
    """The session goes on in another project, with a token for that."""
    kind, _, id = visit.entered("scope").partition(":")
    if kind not in ("project", "domain", "system"):
        return Redirect("/scopes")
    scope = {"system": {"all": True}} if kind == "system" else {kind: {"id": id}}
    old = visit.person.token
    try:
        person = await login.in_scope(visit.api, old, scope)
    except Refused as refusal:
        if refusal.status != 401:
            raise
        return Redirect("/scopes", visit.t("You have no role there any more."), is_bad=True)
    visit.form = Query("")
    answer = await _welcome(visit, person)
    await login.give_back(visit.api, old)
    return answer
