"""What hangs on a server: interfaces, outer addresses and volumes, put on and taken away."""

from __future__ import annotations

from haneul.services.dashboard.api.calls import Refused, part, segment, together
from haneul.services.dashboard.api.tables import Field, Form
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, Page, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import form_page, refused
from haneul.services.dashboard.pages.lists import MOST, done
from haneul.services.dashboard.pages.networks import NET, label, outer

pages = Pages(needs="compute")


async def _to_network(visit: Visit, id: str) -> Form:
    networks = (await visit.api.get(NET, "/v2.0/networks", limit=MOST))["networks"]
    options = [(n["id"], label(n)) for n in networks if n["subnets"] and not n["router:external"]]
    fields = [
        Field("network", msg("Network"), "select", "", options, is_required=True),
        Field("address", msg("Address"), longest=64, help=msg("Empty: one that is free.")),
    ]
    back = f"{HOME}/servers/{id}/interfaces"
    return Form(f"{back}/new", msg("Attach"), fields, visit.t("Attach to a network"), "", back)


@pages.get("/servers/{id}/interfaces/new")
async def show_to_network(visit: Visit, id: str) -> Answer:
    return form_page(await _to_network(visit, id))


@pages.post("/servers/{id}/interfaces/new")
async def to_network(visit: Visit, id: str) -> Answer:
    wish: dict[str, object] = {"net_id": visit.entered("network")}
    if address := visit.entered("address"):
        wish["fixed_ips"] = [{"ip_address": address}]
    try:
        await visit.api.post("compute", f"/servers/{id}/os-interface", {"interfaceAttachment": wish})
    except Refused as refusal:
        return refused(visit, await _to_network(visit, id), refusal)
    return Redirect(f"/servers/{id}/interfaces", visit.t("It is attached."))


@pages.get("/servers/{id}/interfaces/{port}/detach")
async def ask_detach_port(visit: Visit, id: str, port: str) -> Answer:
    addresses = (await visit.api.get(NET, f"/v2.0/ports/{port}"))["port"]["fixed_ips"]
    return _question(visit, id, "interfaces", ", ".join(a["ip_address"] for a in addresses))


@pages.post("/servers/{id}/interfaces/{port}/detach")
async def detach_port(visit: Visit, id: str, port: str) -> Answer:
    work = visit.api.delete("compute", f"/servers/{id}/os-interface/{port}")
    return await done(visit, work, f"/servers/{id}/interfaces", visit.t("It is being taken away."))


def _question(visit: Visit, id: str, tab: str, name: str) -> Page:
    title = visit.t("Take {name} away from the server?", name=name)
    form = Form(visit.path, msg("Take away"), [], title, "", f"{HOME}/servers/{id}/{tab}", is_dangerous=True)
    return form_page(form)


async def _outer(visit: Visit, id: str, port: str) -> Form:
    floating, networks = await together(
        visit.api.get(NET, "/v2.0/floatingips", limit=MOST, project_id=visit.person.project_id),
        outer(visit),
    )
    free = [
        (f"have:{f['id']}", f["floating_ip_address"])
        for f in part(floating, "floatingips", [])
        if not f["port_id"]
    ]
    new = [
        (f"new:{n['id']}", visit.t("a new one of {name}", name=label(n)))
        for n in part(networks, "networks", [])
    ]
    back = f"{HOME}/servers/{id}/interfaces"
    fields = [Field("address", msg("Address"), "select", "", [*free, *new], is_required=True)]
    return Form(f"{back}/{port}/float", msg("Give"), fields, visit.t("Give it an outer address"), "", back)


@pages.get("/servers/{id}/interfaces/{port}/float")
async def show_outer(visit: Visit, id: str, port: str) -> Answer:
    return form_page(await _outer(visit, id, port))


@pages.post("/servers/{id}/interfaces/{port}/float")
async def give_outer(visit: Visit, id: str, port: str) -> Answer:
    kind, _, which = visit.entered("address").partition(":")
    try:
        if kind == "new":
            wish = {"floating_network_id": which, "port_id": port}
            await visit.api.post(NET, "/v2.0/floatingips", {"floatingip": wish})
        else:
            await visit.api.put(NET, f"/v2.0/floatingips/{segment(which)}", {"floatingip": {"port_id": port}})
    except Refused as refusal:
        return refused(visit, await _outer(visit, id, port), refusal)
    return Redirect(f"/servers/{id}/interfaces", visit.t("The server has the address."))


async def _volume(visit: Visit, id: str) -> Form:
    volumes = (await visit.api.get("block-storage", "/volumes/detail", status="available", limit=MOST))[
        "volumes"
    ]
    options = [(v["id"], f"{v['name'] or v['id'][:8]}: {v['size']} GiB") for v in volumes]
    back = f"{HOME}/servers/{id}/volumes"
    fields = [Field("volume", msg("Volume"), "select", "", options, is_required=True)]
    return Form(f"{back}/new", msg("Attach"), fields, visit.t("Attach a volume"), "", back)


@pages.get("/servers/{id}/volumes/new")
async def show_volume(visit: Visit, id: str) -> Answer:
    return form_page(await _volume(visit, id))


@pages.post("/servers/{id}/volumes/new")
async def attach_volume(visit: Visit, id: str) -> Answer:
    wish = {"volumeAttachment": {"volumeId": visit.entered("volume")}}
    try:
        await visit.api.post("compute", f"/servers/{id}/os-volume_attachments", wish)
    except Refused as refusal:
        return refused(visit, await _volume(visit, id), refusal)
    return Redirect(f"/servers/{id}/volumes", visit.t("It is attached."))


@pages.get("/servers/{id}/volumes/{volume}/detach")
async def ask_detach_volume(visit: Visit, id: str, volume: str) -> Answer:
    shown = (await visit.api.get("block-storage", f"/volumes/{volume}"))["volume"]
    return _question(visit, id, "volumes", shown["name"] or volume)


@pages.post("/servers/{id}/volumes/{volume}/detach")
async def detach_volume(visit: Visit, id: str, volume: str) -> Answer:
    work = visit.api.delete("compute", f"/servers/{id}/os-volume_attachments/{volume}")
    return await done(visit, work, f"/servers/{id}/volumes", visit.t("It is being taken away."))
