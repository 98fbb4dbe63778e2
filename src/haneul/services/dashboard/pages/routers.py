"""Routers and floating addresses: the ways between networks and to the outside."""

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
from haneul.services.dashboard.api.visits import HOME, Answer, Page, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import deletion, form_page, refused
from haneul.services.dashboard.pages.lists import MOST, detail, done, shown
from haneul.services.dashboard.pages.networks import NET, label, outer

pages = Pages(needs="network")


async def _outer(visit: Visit) -> list[tuple[str, str]]:
    """(id, name) of networks that lead outside."""
    return [(n["id"], label(n)) for n in (await outer(visit))["networks"]]


@pages.get("/routers")
async def list_routers(visit: Visit) -> Answer:
    wanted = listing(visit, ("name", "status"), first="name")
    answer = await visit.api.get(NET, "/v2.0/routers", limit=MOST)
    listed, following = pieces(answer["routers"], wanted)
    rows = [
        Row(
            r["id"],
            label(r),
            [
                tables.link(label(r), f"{HOME}/routers/{r['id']}"),
                tables.status(r["status"]),
                tables.many([tables.code(a) for a in _outside(r)]),
                tables.time(r["created_at"]),
            ],
        )
        for r in listed
    ]
    table = Table(
        columns=[
            Column(msg("Name"), "name"),
            Column(msg("Status"), "status"),
            Column(msg("Outside")),
            Column(msg("Created")),
        ],
        rows=rows,
        empty=Empty(
            msg("There is no router yet."),
            msg("A router joins networks, and leads to the outside if it has a gateway there."),
            f"{HOME}/routers/new",
            msg("Create a router"),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Routers"), table, (msg("Create a router"), f"{HOME}/routers/new"))


def _outside(router: dict[str, Any]) -> list[str]:
    gateway = router.get("external_gateway_info") or {}
    return [ip["ip_address"] for ip in gateway.get("external_fixed_ips", ())]


async def _new(visit: Visit) -> Form:
    outer = await _outer(visit)
    return Form(
        path=f"{HOME}/routers/new",
        title=visit.t("Create a router"),
        submit=msg("Create"),
        back=f"{HOME}/routers",
        fields=[
            Field("name", msg("Name"), is_required=True),
            Field(
                "gateway",
                msg("Outside"),
                "select",
                outer[0][0] if outer else "",
                [("", visit.t("nowhere")), *outer],
            ),
        ],
    )


@pages.get("/routers/new")
async def show_new(visit: Visit) -> Answer:
    return form_page(await _new(visit))


@pages.post("/routers/new")
async def create(visit: Visit) -> Answer:
    wish: dict[str, Any] = {"name": visit.entered("name")}
    if gateway := visit.entered("gateway"):
        wish["external_gateway_info"] = {"network_id": gateway}
    try:
        made = await visit.api.post(NET, "/v2.0/routers", {"router": wish})
    except Refused as refusal:
        return refused(visit, await _new(visit), refusal)
    return Redirect(f"/routers/{made['router']['id']}", visit.t("The router is there."))


@pages.get("/routers/{id}")
async def show_router(visit: Visit, id: str) -> Answer:
    answer, ports, networks = await together(
        visit.api.get(NET, f"/v2.0/routers/{id}"),
        visit.api.get(NET, "/v2.0/ports", device_id=id, limit=200),
        visit.api.get(NET, "/v2.0/networks", limit=MOST),
    )
    if isinstance(answer, Refused):
        raise answer
    router = answer["router"]
    names = {n["id"]: label(n) for n in part(networks, "networks", [])}
    gateway = (router.get("external_gateway_info") or {}).get("network_id", "")
    facts = [
        (
            msg("Outside"),
            tables.link(names.get(gateway, gateway), f"{HOME}/networks/{gateway}")
            if gateway
            else tables.text(""),
        ),
        (msg("Outer addresses"), tables.many([tables.code(a) for a in _outside(router)])),
        (msg("Description"), tables.text(router["description"])),
        (msg("Created"), tables.time(router["created_at"])),
        (msg("Id"), tables.code(router["id"])),
    ]
    rows = []
    for port in part(ports, "ports", []):
        if not port["device_owner"].startswith("network:router_interface"):
            continue
        where = f"{HOME}/routers/{id}/interfaces/{port['id']}/delete"
        rows.append(
            Row(
                port["id"],
                str(names.get(port["network_id"]) or port["id"][:8]),
                [
                    tables.link(
                        names.get(port["network_id"], port["network_id"][:8]),
                        f"{HOME}/networks/{port['network_id']}",
                    ),
                    tables.many([tables.code(ip["ip_address"]) for ip in port["fixed_ips"]]),
                    tables.status(port["status"]),
                ],
                [Button(msg("Take away"), where, is_dangerous=True)] if visit.may_change else (),
            )
        )
    table = Table(
        title=msg("Networks"),
        columns=[Column(msg("Network")), Column(msg("Addresses")), Column(msg("Status"))],
        rows=rows,
        empty=Empty(
            msg("It joins no networks yet."),
            msg("Add a subnet, and what is on it can go through this router."),
        ),
    )
    base = f"{HOME}/routers/{id}"
    buttons = [
        Button(msg("Add a subnet"), f"{base}/add"),
        Button(msg("Delete"), f"{base}/delete", is_dangerous=True),
    ]
    return detail(
        visit, label(router), (msg("Routers"), f"{HOME}/routers"), facts,
        state=router["status"], buttons=buttons, tables=[table],
    )  # fmt: skip


async def _add(visit: Visit, id: str) -> Form:
    networks, subnets = await together(
        visit.api.get(NET, "/v2.0/networks", limit=MOST), visit.api.get(NET, "/v2.0/subnets", limit=MOST)
    )
    names = {n["id"]: label(n) for n in part(networks, "networks", []) if not n["router:external"]}
    options = [
        (s["id"], f"{names[s['network_id']]}: {s['cidr']}")
        for s in part(subnets, "subnets", [])
        if s["network_id"] in names
    ]
    return Form(
        path=f"{HOME}/routers/{id}/add",
        title=visit.t("Add a subnet"),
        submit=msg("Add"),
        back=f"{HOME}/routers/{id}",
        fields=[Field("subnet", msg("Subnet"), "select", "", options, is_required=True)],
    )


@pages.get("/routers/{id}/add")
async def show_add(visit: Visit, id: str) -> Answer:
    return form_page(await _add(visit, id))


@pages.post("/routers/{id}/add")
async def add(visit: Visit, id: str) -> Answer:
    wish = {"subnet_id": visit.entered("subnet")}
    try:
        await visit.api.put(NET, f"/v2.0/routers/{id}/add_router_interface", wish)
    except Refused as refusal:
        return refused(visit, await _add(visit, id), refusal)
    return Redirect(f"/routers/{id}", visit.t("The subnet is joined."))


@pages.get("/routers/{id}/interfaces/{port}/delete")
async def ask_take_away(visit: Visit, id: str, port: str) -> Answer:
    addresses = (await visit.api.get(NET, f"/v2.0/ports/{port}"))["port"]["fixed_ips"]
    return deletion(visit, ", ".join(a["ip_address"] for a in addresses), f"{HOME}/routers/{id}")


@pages.post("/routers/{id}/interfaces/{port}/delete")
async def take_away(visit: Visit, id: str, port: str) -> Answer:
    work = visit.api.put(NET, f"/v2.0/routers/{id}/remove_router_interface", {"port_id": port})
    return await done(visit, work, f"/routers/{id}", visit.t("It is taken away."))


@pages.get("/routers/{id}/delete")
async def ask_delete(visit: Visit, id: str) -> Answer:
    router = (await visit.api.get(NET, f"/v2.0/routers/{id}"))["router"]
    return deletion(visit, label(router), f"{HOME}/routers/{id}")


@pages.post("/routers/{id}/delete")
async def delete(visit: Visit, id: str) -> Answer:
    return await done(
        visit, visit.api.delete(NET, f"/v2.0/routers/{id}"), "/routers", visit.t("It is deleted.")
    )


@pages.get("/addresses")
async def list_addresses(visit: Visit) -> Answer:
    wanted = listing(visit, ("floating_ip_address", "status"), first="floating_ip_address")
    floating, servers = await together(
        visit.api.get(NET, "/v2.0/floatingips", limit=MOST), visit.api.get("compute", "/servers", limit=1000)
    )
    if isinstance(floating, Refused):
        raise floating
    names = {s["id"]: s["name"] for s in part(servers, "servers", [])}
    things = [{**f, "name": f["floating_ip_address"]} for f in floating["floatingips"]]
    listed, following = pieces(things, wanted)
    rows = []
    for each in listed:
        device = (each.get("port_details") or {}).get("device_id", "")
        base = f"{HOME}/addresses/{each['id']}"
        buttons = [Button(msg("Release"), f"{base}/delete", is_dangerous=True)]
        buttons.insert(
            0,
            Button(msg("Take from"), f"{base}/detach")
            if each["port_id"]
            else Button(msg("Give to"), f"{base}/attach"),
        )
        rows.append(
            Row(
                each["id"],
                each["floating_ip_address"],
                [
                    tables.code(each["floating_ip_address"]),
                    tables.status(each["status"]),
                    tables.code(each["fixed_ip_address"]),
                    tables.link(names.get(device, device[:8]), f"{HOME}/servers/{device}")
                    if device
                    else tables.text(""),
                ],
                buttons if visit.may_change else (),
            )
        )
    table = Table(
        columns=[
            Column(msg("Address"), "floating_ip_address"),
            Column(msg("Status"), "status"),
            Column(msg("Inner address")),
            Column(msg("Server")),
        ],
        rows=rows,
        empty=Empty(
            msg("There is no floating address yet."),
            msg("By a floating address a server is reached from outside; it can be moved to another server."),
            f"{HOME}/addresses/new",
            msg("Get an address"),
        ),
        listing=wanted,
        has_search=True,
        next_marker=following,
    )
    return shown(visit, msg("Floating addresses"), table, (msg("Get an address"), f"{HOME}/addresses/new"))


async def _get(visit: Visit) -> Form:
    outer = await _outer(visit)
    fields = [
        Field("network", msg("Outside"), "select", outer[0][0] if outer else "", outer, is_required=True),
        Field("port", msg("Give it to"), "select", "", [("", visit.t("nobody yet")), *await _ports(visit)]),
    ]
    return Form(
        f"{HOME}/addresses/new",
        msg("Get an address"),
        fields,
        visit.t("Get an address"),
        "",
        f"{HOME}/addresses",
    )


async def _ports(visit: Visit) -> list[tuple[str, str]]:
    """(port, server and address) of what can get an address."""
    ports, servers = await together(
        visit.api.get(NET, "/v2.0/ports", limit=MOST, project_id=visit.person.project_id),
        visit.api.get("compute", "/servers", limit=1000),
    )
    names = {s["id"]: s["name"] for s in part(servers, "servers", [])}
    return [
        (p["id"], f"{names.get(p['device_id'], p['device_id'][:8])}: {p['fixed_ips'][0]['ip_address']}")
        for p in part(ports, "ports", [])
        if p["device_owner"].startswith("compute:") and p["fixed_ips"]
    ]


@pages.get("/addresses/new")
async def show_get(visit: Visit) -> Answer:
    return form_page(await _get(visit))


@pages.post("/addresses/new")
async def get(visit: Visit) -> Answer:
    wish = {"floating_network_id": visit.entered("network")}
    if port := visit.entered("port"):
        wish["port_id"] = port
    try:
        made = (await visit.api.post(NET, "/v2.0/floatingips", {"floatingip": wish}))["floatingip"]
    except Refused as refusal:
        return refused(visit, await _get(visit), refusal)
    return Redirect("/addresses", visit.t("{address} is yours.", address=made["floating_ip_address"]))


async def _give(visit: Visit, id: str) -> Form:
    fields = [Field("port", msg("Server"), "select", "", await _ports(visit), is_required=True)]
    title = visit.t("Give the address to a server")
    return Form(f"{HOME}/addresses/{id}/attach", msg("Give"), fields, title, "", f"{HOME}/addresses")


@pages.get("/addresses/{id}/attach")
async def show_give(visit: Visit, id: str) -> Answer:
    return form_page(await _give(visit, id))


@pages.post("/addresses/{id}/attach")
async def give(visit: Visit, id: str) -> Answer:
    wish = {"floatingip": {"port_id": visit.entered("port")}}
    try:
        await visit.api.put(NET, f"/v2.0/floatingips/{id}", wish)
    except Refused as refusal:
        return refused(visit, await _give(visit, id), refusal)
    return Redirect("/addresses", visit.t("The server has the address."))


async def _question(visit: Visit, id: str, title: str, submit: str) -> Page:
    address = (await visit.api.get(NET, f"/v2.0/floatingips/{id}"))["floatingip"]["floating_ip_address"]
    form = Form(
        visit.path, submit, [], visit.t(title, address=address), "", f"{HOME}/addresses", is_dangerous=True
    )
    return form_page(form)


@pages.get("/addresses/{id}/detach")
async def ask_detach(visit: Visit, id: str) -> Answer:
    return await _question(visit, id, msg("Take {address} from its server?"), msg("Take from"))


@pages.post("/addresses/{id}/detach")
async def detach(visit: Visit, id: str) -> Answer:
    work = visit.api.put(NET, f"/v2.0/floatingips/{id}", {"floatingip": {"port_id": None}})
    return await done(visit, work, "/addresses", visit.t("It is taken away."))


@pages.get("/addresses/{id}/delete")
async def ask_release(visit: Visit, id: str) -> Answer:
    return await _question(visit, id, msg("Release {address}? Somebody else may get it."), msg("Release"))


@pages.post("/addresses/{id}/delete")
async def release(visit: Visit, id: str) -> Answer:
    return await done(
        visit, visit.api.delete(NET, f"/v2.0/floatingips/{id}"), "/addresses", visit.t("It is released.")
    )
