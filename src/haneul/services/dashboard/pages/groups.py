"""Security groups, with their rules in plain words."""

from __future__ import annotations

from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, part, together
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
from haneul.services.dashboard.pages.lists import MOST, detail, done, shown
from haneul.services.dashboard.pages.networks import NET, label

pages = Pages(needs="network")
KNOWN_PORTS = {22: "SSH", 53: "DNS", 80: "HTTP", 443: "HTTPS", 3306: "MySQL", 3389: "RDP", 5432: "PostgreSQL"}
OFTEN: dict[str, tuple[str, str, int | None]] = {
    "ssh": (msg("Log in by SSH (TCP 22)"), "tcp", 22),
    "http": (msg("Web pages (TCP 80)"), "tcp", 80),
    "https": (msg("Web pages, encrypted (TCP 443)"), "tcp", 443),
    "ping": (msg("Ping (ICMP)"), "icmp", None),
}


def in_words(visit: Visit, rule: dict[str, Any], names: dict[str, str]) -> str:
    """What the rule allows, as one would say it."""
    what = _traffic(visit, rule)
    group = rule.get("remote_group_id")
    if group:
        whom = visit.t("members of {group}", group=names.get(group, group[:8]))
    else:
        whom = rule.get("remote_ip_prefix") or visit.t("anywhere")
    if rule["direction"] == "ingress":
        return visit.t("{what} may come in from {whom}", what=what, whom=whom)
    return visit.t("{what} may go out to {whom}", what=what, whom=whom)


def _traffic(visit: Visit, rule: dict[str, Any]) -> str:
    protocol = (rule["protocol"] or "").upper()
    low, high = rule["port_range_min"], rule["port_range_max"]
    if not protocol:
        return visit.t("All {family} traffic", family=rule["ethertype"])
    if low is None:
        return visit.t("All {protocol}", protocol=protocol)
    if "ICMP" in protocol:  # what stands in the place of ports are type and code
        if high is None:
            return visit.t("{protocol} of type {type}", protocol=protocol, type=low)
        return visit.t("{protocol} of type {type}, code {code}", protocol=protocol, type=low, code=high)
    if low == high:
        known = KNOWN_PORTS.get(int(low))
        return f"{protocol} {low} ({known})" if known else f"{protocol} {low}"
    return f"{protocol} {low}–{high}"


@pages.get("/groups")
async def list_groups(visit: Visit) -> Answer:
    wanted = listing(visit, ("name",), first="name")
    answer = await visit.api.get(NET, "/v2.0/security-groups", limit=MOST)
    listed, following = pieces(answer["security_groups"], wanted)
    rows = []
    for each in listed:
        inward = sum(r["direction"] == "ingress" for r in each["security_group_rules"])
        rows.append(
            Row(
                each["id"],
                label(each),
                [
                    tables.link(label(each), f"{HOME}/groups/{each['id']}"),
                    tables.text(each["description"]),
                    tables.number(inward),
                    tables.number(len(each["security_group_rules"]) - inward),
                ],
            )
        )
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Description")),
            Column(msg("Rules inward")),
            Column(msg("Rules outward")),
        ],
        rows=rows,
        empty=Empty(
            msg("There is no security group."), msg("A group says what may reach the servers in it.")
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Security groups"), table, (msg("Create a group"), f"{HOME}/groups/new"))


def _new(visit: Visit) -> Form:
    return Form(
        path=f"{HOME}/groups/new",
        title=visit.t("Create a group"),
        submit=msg("Create"),
        back=f"{HOME}/groups",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field("description", msg("Description")),
            Field(
                "often",
                msg("Let in from anywhere"),
                "checks",
                [],
                [(k, visit.t(v[0])) for k, v in OFTEN.items()],
            ),
        ],
    )


@pages.get("/groups/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(_new(visit))


@pages.post("/groups/new")
async def create(visit: Visit) -> Answer:
    wish = {"name": visit.entered("name"), "description": visit.entered("description")}
    try:
        group = (await visit.api.post(NET, "/v2.0/security-groups", {"security_group": wish}))[
            "security_group"
        ]["id"]
        for key in visit.form.all("often")[: len(OFTEN)]:
            if key in OFTEN:
                await _allow(visit, group, *OFTEN[key][1:])
    except Refused as refusal:
        return refused(visit, _new(visit), refusal)
    return Redirect(f"/groups/{group}", visit.t("The group is there."))


async def _allow(visit: Visit, group: str, protocol: str, port: int | None) -> None:
    rule: dict[str, Any] = {
        "security_group_id": group,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": protocol,
    }
    if port is not None:
        rule |= {"port_range_min": port, "port_range_max": port}
    await visit.api.post(NET, "/v2.0/security-group-rules", {"security_group_rule": rule})


@pages.get("/groups/{id}")
async def show_group(visit: Visit, id: str) -> Answer:
    answer, groups = await together(
        visit.api.get(NET, f"/v2.0/security-groups/{id}"),
        visit.api.get(NET, "/v2.0/security-groups", limit=MOST),
    )
    if isinstance(answer, Refused):
        raise answer
    group = answer["security_group"]
    names = {g["id"]: label(g) for g in part(groups, "security_groups", [])}
    rows = []
    for rule in sorted(
        group["security_group_rules"], key=lambda r: (r["direction"] != "ingress", str(r["port_range_min"]))
    ):
        words = in_words(visit, rule, names)
        where = f"{HOME}/groups/{id}/rules/{rule['id']}/delete"
        rows.append(
            Row(
                rule["id"],
                words,
                [tables.text(words), tables.text(rule["ethertype"]), tables.text(rule["description"])],
                [Button(msg("Delete"), where, is_dangerous=True)] if visit.may_change else (),
            )
        )
    table = Table(
        title=msg("Rules"),
        columns=[Column(msg("Allows")), Column(msg("Family")), Column(msg("Description"))],
        rows=rows,
        empty=Empty(msg("It has no rules."), msg("Then nothing gets in, and nothing out.")),
    )
    facts = [
        (msg("Description"), tables.text(group["description"])),
        (msg("Answers pass by themselves"), tables.truth(group["stateful"])),
        (msg("Created"), tables.time(group["created_at"])),
        (msg("Id"), tables.code(group["id"])),
    ]
    base = f"{HOME}/groups/{id}"
    buttons = [Button(msg("Add a rule"), f"{base}/rule")]
    if not group.get("is_default"):
        buttons.append(Button(msg("Delete"), f"{base}/delete", is_dangerous=True))
    return detail(
        visit,
        label(group),
        (msg("Security groups"), f"{HOME}/groups"),
        facts,
        buttons=buttons,
        tables=[table],
    )


async def _rule_form(visit: Visit, id: str) -> Form:
    groups = (await visit.api.get(NET, "/v2.0/security-groups", limit=MOST))["security_groups"]
    directions = [("ingress", visit.t("coming in")), ("egress", visit.t("going out"))]
    protocols = [("tcp", "TCP"), ("udp", "UDP"), ("icmp", "ICMP"), ("", visit.t("any"))]
    return Form(
        path=f"{HOME}/groups/{id}/rule",
        title=visit.t("Add a rule"),
        submit=msg("Add"),
        back=f"{HOME}/groups/{id}",
        fields=[
            Field("direction", msg("Direction"), "select", "ingress", directions),
            Field("protocol", msg("Protocol"), "select", "tcp", protocols),
            Field("ports", msg("Ports"), placeholder="443, 8000-8080", longest=20, help=msg("One, or the first and the last with a hyphen. Empty: all.")),
            Field("remote_ip_prefix", msg("From or to these addresses"), value="0.0.0.0/0", longest=64),
            Field("remote_group_id", msg("Or members of a group"), "select", "", [("", visit.t("none")), *((g["id"], label(g)) for g in groups)]),
            Field("description", msg("Description")),
        ],
    )  # fmt: skip


@pages.get("/groups/{id}/rule")
async def show_rule_form(visit: Visit, id: str) -> Answer:
    return form_page(await _rule_form(visit, id))


@pages.post("/groups/{id}/rule")
async def add_rule(visit: Visit, id: str) -> Answer:
    entered = visit.entered
    prefix, group = entered("remote_ip_prefix"), entered("remote_group_id")
    low, _, high = entered("ports").replace("–", "-").replace(" ", "").partition("-")
    rule: dict[str, Any] = {
        "security_group_id": id,
        "direction": entered("direction"),
        "ethertype": "IPv6" if ":" in prefix and not group else "IPv4",
        "protocol": entered("protocol") or None,
        "description": entered("description"),
    }
    if low:
        rule |= {"port_range_min": low, "port_range_max": high or low}
    if group:
        rule["remote_group_id"] = group
    elif prefix:
        rule["remote_ip_prefix"] = prefix
    try:
        await visit.api.post(NET, "/v2.0/security-group-rules", {"security_group_rule": rule})
    except Refused as refusal:
        return refused(visit, await _rule_form(visit, id), refusal)
    return Redirect(f"/groups/{id}", visit.t("The rule is in force."))


@pages.get("/groups/{id}/rules/{rule}/delete")
async def ask_delete_rule(visit: Visit, id: str, rule: str) -> Answer:
    shown = (await visit.api.get(NET, f"/v2.0/security-group-rules/{rule}"))["security_group_rule"]
    return deletion(visit, in_words(visit, shown, {}), f"{HOME}/groups/{id}")


@pages.post("/groups/{id}/rules/{rule}/delete")
async def delete_rule(visit: Visit, id: str, rule: str) -> Answer:
    work = visit.api.delete(NET, f"/v2.0/security-group-rules/{rule}")
    return await done(visit, work, f"/groups/{id}", visit.t("It is deleted."))


@pages.get("/groups/{id}/delete")
async def ask_delete(visit: Visit, id: str) -> Answer:
    group = (await visit.api.get(NET, f"/v2.0/security-groups/{id}"))["security_group"]
    return deletion(visit, label(group), f"{HOME}/groups/{id}")


@pages.post("/groups/{id}/delete")
async def delete(visit: Visit, id: str) -> Answer:
    work = visit.api.delete(NET, f"/v2.0/security-groups/{id}")
    return await done(visit, work, "/groups", visit.t("It is deleted."))
