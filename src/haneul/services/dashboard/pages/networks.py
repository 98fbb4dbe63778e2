"""Networks with their subnets, and routers."""

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

pages = Pages(needs="network")
NET = "network"


def label(thing: dict[str, Any]) -> str:
    return thing.get("name") or thing["id"][:8]


async def outer(visit: Visit) -> dict[str, Any]:
    """The list of the networks that lead outside."""
    answer: dict[str, Any] = await visit.api.get(NET, "/v2.0/networks", **{"router:external": "true"})
    return answer


@pages.get("/networks")
async def list_networks(visit: Visit) -> Answer:
    wanted = listing(visit, ("name", "status"), first="name")
    networks, subnets = await together(
        visit.api.get(NET, "/v2.0/networks", limit=MOST), visit.api.get(NET, "/v2.0/subnets", limit=MOST)
    )
    if isinstance(networks, Refused):
        raise networks
    ranges: dict[str, list[str]] = {}
    for subnet in part(subnets, "subnets", []):
        ranges.setdefault(subnet["network_id"], []).append(subnet["cidr"])
    listed, following = pieces(networks["networks"], wanted)
    rows = [
        Row(
            n["id"],
            label(n),
            [
                tables.link(label(n), f"{HOME}/networks/{n['id']}"),
                tables.status(n["status"]),
                tables.many([tables.code(cidr) for cidr in ranges.get(n["id"], ())]),
                tables.truth(n["router:external"]),
                tables.truth(n["shared"]),
                tables.number(n["mtu"]),
            ],
        )
        for n in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Status"), "status"),
            Column(msg("Ranges")),
            Column(msg("Outside")),
            Column(msg("Shared")),
            Column(msg("MTU")),
        ],
        rows=rows,
        empty=Empty(
            msg("There is no network yet."),
            msg("Servers on one network reach each other; a router leads to others and to the outside."),
            f"{HOME}/networks/new",
            msg("Create a network"),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Networks"), table, (msg("Create a network"), f"{HOME}/networks/new"))


async def _new(visit: Visit) -> Form:
    networks, routers = await together(
        outer(visit),
        visit.api.get(NET, "/v2.0/routers", limit=MOST),
    )
    ways = [("", visit.t("no router"))]
    ways += [
        (f"router:{r['id']}", visit.t("router {name}", name=label(r))) for r in part(routers, "routers", [])
    ]
    ways += [
        (f"new:{n['id']}", visit.t("a new router to {name}", name=label(n)))
        for n in part(networks, "networks", [])
    ]
    usual = next((value for value, _ in ways if value), "")
    return Form(
        path=f"{HOME}/networks/new",
        title=visit.t("Create a network"),
        text=visit.t("With a range of addresses and a way to the outside, servers can be put on it at once."),
        submit=msg("Create"),
        back=f"{HOME}/networks",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field(
                "cidr",
                msg("Range of addresses"),
                value="10.20.0.0/24",
                longest=64,
                help=msg("Empty: no subnet yet."),
            ),
            Field("way", msg("Way to the outside"), "select", usual, ways),
            Field("dns", msg("Name servers"), longest=500, help=msg("Addresses, with spaces between.")),
        ],
    )


@pages.get("/networks/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(await _new(visit))


@pages.post("/networks/new")
async def create(visit: Visit) -> Answer:
    """Network, subnet and router; what was made already is taken back where the rest is refused."""
    made: list[str] = []
    try:
        network = await _create(visit, made)
    except Refused as refusal:
        for path in reversed(made):
            await together(visit.api.delete(NET, path))
        return refused(visit, await _new(visit), refusal)
    return Redirect(f"/networks/{network}", visit.t("The network is there."))


async def _create(visit: Visit, made: list[str]) -> str:
    api, entered = visit.api, visit.entered
    network = (await api.post(NET, "/v2.0/networks", {"network": {"name": entered("name")}}))["network"]["id"]
    made.append(f"/v2.0/networks/{network}")
    if not entered("cidr"):
        return str(network)
    wish = {"network_id": network, "cidr": entered("cidr"), "ip_version": 6 if ":" in entered("cidr") else 4}
    if servers := entered("dns").split():
        wish["dns_nameservers"] = servers
    subnet = (await api.post(NET, "/v2.0/subnets", {"subnet": wish}))["subnet"]["id"]
    kind, _, id = entered("way").partition(":")
    if kind == "new":
        wish = {"name": f"{entered('name')}-router"[:255], "external_gateway_info": {"network_id": id}}
        id = (await api.post(NET, "/v2.0/routers", {"router": wish}))["router"]["id"]
        made.append(f"/v2.0/routers/{id}")
    if kind:
        await api.put(NET, f"/v2.0/routers/{id}/add_router_interface", {"subnet_id": subnet})
    return str(network)


@pages.get("/networks/{id}")
async def show_network(visit: Visit, id: str) -> Answer:
    answer, subnets, ports = await together(
        visit.api.get(NET, f"/v2.0/networks/{id}"),
        visit.api.get(NET, "/v2.0/subnets", network_id=id),
        visit.api.get(NET, "/v2.0/ports", network_id=id, limit=200),
    )
    if isinstance(answer, Refused):
        raise answer
    network = answer["network"]
    facts = [
        (msg("Outside"), tables.truth(network["router:external"])),
        (msg("Shared"), tables.truth(network["shared"])),
        (msg("MTU"), tables.number(network["mtu"])),
        (msg("Filters"), tables.truth(network["port_security_enabled"])),
        (msg("Description"), tables.text(network["description"])),
        (msg("Created"), tables.time(network["created_at"])),
        (msg("Id"), tables.code(network["id"])),
    ]
    base = f"{HOME}/networks/{id}"
    is_ours = network["project_id"] == visit.person.project_id or visit.oversees
    buttons = [
        Button(msg("Add a subnet"), f"{base}/subnet"),
        Button(msg("Delete"), f"{base}/delete", is_dangerous=True),
    ]
    return detail(
        visit, label(network), (msg("Networks"), f"{HOME}/networks"), facts, state=network["status"],
        buttons=buttons if is_ours else (),
        tables=[
            _subnets(part(subnets, "subnets", []), is_ours and visit.may_change),
            _ports(part(ports, "ports", [])),
        ],
    )  # fmt: skip


def _subnets(subnets: list[dict[str, Any]], may_change: bool) -> Table:
    rows = []
    for each in subnets:
        pools = [tables.code(f"{p['start']}–{p['end']}") for p in each["allocation_pools"]]
        cells = [
            tables.code(each["cidr"]),
            tables.text(each["name"]),
            tables.code(each["gateway_ip"]),
            tables.many(pools),
            tables.truth(each["enable_dhcp"]),
        ]
        where = f"{HOME}/networks/{each['network_id']}/subnets/{each['id']}/delete"
        rows.append(
            Row(
                each["id"],
                each["cidr"],
                cells,
                [Button(msg("Delete"), where, is_dangerous=True)] if may_change else (),
            )
        )
    return Table(
        title=msg("Subnets"),
        columns=[
            Column(msg("Range")),
            Column(msg("Name")),
            Column(msg("Gateway")),
            Column(msg("Addresses")),
            Column(msg("DHCP")),
        ],
        rows=rows,
        empty=Empty(msg("It has no subnet."), msg("Without a range of addresses nothing can be put on it.")),
    )


def _ports(ports: list[dict[str, Any]]) -> Table:
    rows = []
    for each in ports:
        owner = each["device_owner"]
        device = each["device_id"]
        place = (
            "servers"
            if owner.startswith("compute:")
            else "routers"
            if owner.startswith("network:router")
            else ""
        )
        rows.append(
            Row(
                each["id"],
                each["id"][:8],
                [
                    tables.code(each["id"][:8]),
                    tables.status(each["status"]),
                    tables.many([tables.code(ip["ip_address"]) for ip in each["fixed_ips"]]),
                    tables.code(each["mac_address"]),
                    tables.link(owner, f"{HOME}/{place}/{device}") if place else tables.text(owner),
                ],
            )
        )
    return Table(
        title=msg("Ports"),
        columns=[
            Column(msg("Id")),
            Column(msg("Status")),
            Column(msg("Addresses")),
            Column(msg("MAC")),
            Column(msg("Of")),
        ],
        rows=rows,
        empty=Empty(
            msg("Nothing is on it."), msg("Servers and routers that are attached to it are listed here.")
        ),
    )


def _subnet_form(visit: Visit, id: str) -> Form:
    return Form(
        path=f"{HOME}/networks/{id}/subnet",
        title=visit.t("Add a subnet"),
        submit=msg("Create"),
        back=f"{HOME}/networks/{id}",
        fields=[
            Field(
                "cidr", msg("Range of addresses"), is_required=True, longest=64, placeholder="10.21.0.0/24"
            ),
            Field("name", msg("Name")),
            Field(
                "gateway_ip", msg("Gateway"), longest=64, help=msg("Empty: the first address of the range.")
            ),
            Field("enable_dhcp", msg("Give addresses by DHCP"), "check", True),
        ],
    )


@pages.get("/networks/{id}/subnet")
async def show_subnet_form(visit: Visit, id: str) -> Answer:
    return form_page(_subnet_form(visit, id))


@pages.post("/networks/{id}/subnet")
async def create_subnet(visit: Visit, id: str) -> Answer:
    cidr = visit.entered("cidr")
    wish = {
        "network_id": id,
        "cidr": cidr,
        "ip_version": 6 if ":" in cidr else 4,
        "name": visit.entered("name"),
        "enable_dhcp": "enable_dhcp" in visit.form,
    }
    if gateway := visit.entered("gateway_ip"):
        wish["gateway_ip"] = gateway
    try:
        await visit.api.post(NET, "/v2.0/subnets", {"subnet": wish})
    except Refused as refusal:
        return refused(visit, _subnet_form(visit, id), refusal)
    return Redirect(f"/networks/{id}", visit.t("The subnet is there."))


@pages.get("/networks/{id}/subnets/{subnet}/delete")
async def ask_delete_subnet(visit: Visit, id: str, subnet: str) -> Answer:
    cidr = (await visit.api.get(NET, f"/v2.0/subnets/{subnet}"))["subnet"]["cidr"]
    return deletion(visit, cidr, f"{HOME}/networks/{id}")


@pages.post("/networks/{id}/subnets/{subnet}/delete")
async def delete_subnet(visit: Visit, id: str, subnet: str) -> Answer:
    work = visit.api.delete(NET, f"/v2.0/subnets/{subnet}")
    return await done(visit, work, f"/networks/{id}", visit.t("It is deleted."))


@pages.get("/networks/{id}/delete")
async def ask_delete(visit: Visit, id: str) -> Answer:
    answer, subnets = await together(
        visit.api.get(NET, f"/v2.0/networks/{id}"), visit.api.get(NET, "/v2.0/subnets", network_id=id)
    )
    if isinstance(answer, Refused):
        raise answer
    along = [visit.t("subnet {cidr}", cidr=s["cidr"]) for s in part(subnets, "subnets", [])]
    return deletion(visit, label(answer["network"]), f"{HOME}/networks/{id}", along=along)


@pages.post("/networks/{id}/delete")
async def delete(visit: Visit, id: str) -> Answer:
    return await done(
        visit, visit.api.delete(NET, f"/v2.0/networks/{id}"), "/networks", visit.t("It is deleted.")
    )
