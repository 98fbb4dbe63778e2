"""One server: how it is, what can be done with it and why not, its console, log, network, disks and history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Refused, part, together
from haneul.services.dashboard.api.tables import Button, Cell, Column, Empty, Field, Form, Row, Table
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, NothingNew, Page, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import form_page, refused
from haneul.services.dashboard.pages.overview import operations_table
from haneul.services.dashboard.pages.servers import addresses

pages = Pages(needs="compute")
LOG_LINES = 200
OPERATIONS = 20


@dataclass(frozen=True)
class Action:
    """Something that can be done to a server in these statuses."""

    title: str
    body: dict[str, Any]
    statuses: frozenset[str]
    is_dangerous: bool = False


def _in(*statuses: str) -> frozenset[str]:
    return frozenset(statuses)


ACTIONS = {
    "start": Action(msg("Start"), {"os-start": None}, _in("SHUTOFF")),
    "stop": Action(msg("Stop"), {"os-stop": None}, _in("ACTIVE", "ERROR")),
    "reboot": Action(msg("Restart"), {"reboot": {"type": "SOFT"}}, _in("ACTIVE")),
    "reboot-hard": Action(
        msg("Restart hard"),
        {"reboot": {"type": "HARD"}},
        _in("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "ERROR"),
    ),
    "pause": Action(msg("Pause"), {"pause": None}, _in("ACTIVE")),
    "unpause": Action(msg("Go on after pause"), {"unpause": None}, _in("PAUSED")),
    "suspend": Action(msg("Suspend to disk"), {"suspend": None}, _in("ACTIVE")),
    "resume": Action(msg("Resume from disk"), {"resume": None}, _in("SUSPENDED")),
    "shelve": Action(msg("Shelve"), {"shelve": None}, _in("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED")),
    "unshelve": Action(msg("Unshelve"), {"unshelve": None}, _in("SHELVED", "SHELVED_OFFLOADED")),
    "confirm": Action(msg("Confirm the new size"), {"confirmResize": None}, _in("VERIFY_RESIZE")),
    "revert": Action(msg("Go back to the old size"), {"revertResize": None}, _in("VERIFY_RESIZE")),
    "rescue": Action(msg("Rescue"), {"rescue": {}}, _in("ACTIVE", "SHUTOFF", "ERROR")),
    "unrescue": Action(msg("End rescue"), {"unrescue": None}, _in("RESCUE")),
    "lock": Action(msg("Lock"), {"lock": None}, frozenset()),
    "unlock": Action(msg("Unlock"), {"unlock": None}, frozenset()),
}
FORMS = (
    ("resize", msg("Change size"), _in("ACTIVE", "SHUTOFF"), False),
    ("rebuild", msg("Rebuild"), _in("ACTIVE", "SHUTOFF", "ERROR", "PAUSED", "SUSPENDED"), True),
    ("snapshot", msg("Make an image"), _in("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED"), False),
    ("edit", msg("Rename"), frozenset[str](), False),
    ("metadata", msg("Metadata"), frozenset[str](), False),
    ("delete", msg("Delete"), frozenset[str](), True),
)
"""Those that ask for something first: name, title, statuses (none: any), whether they destroy."""
TABS = (
    ("", msg("Summary")),
    ("/console", msg("Console")),
    ("/log", msg("Log")),
    ("/interfaces", msg("Network")),
    ("/volumes", msg("Volumes")),
    ("/history", msg("History")),
    ("/why", msg("Why here")),
)


def choices(visit: Visit, server: dict[str, Any]) -> tuple[list[Button], list[Button]]:
    """(what can be done now, what cannot and why)"""
    status, task, is_locked = server["status"], server["OS-EXT-STS:task_state"], server["locked"]
    legal, illegal = [], []
    every = [(n, a.title, a.statuses, a.is_dangerous, False) for n, a in ACTIONS.items()]
    every += [(n, title, statuses, danger, True) for n, title, statuses, danger in FORMS]
    for name, title, statuses, is_dangerous, asks in every:
        if name in ("lock", "unlock") and is_locked == (name == "lock"):
            continue
        why = ""
        if statuses and status not in statuses:
            why = visit.t("not while it is {status}", status=status)
        elif task and name not in ("delete", "edit", "metadata", "lock", "unlock"):
            why = visit.t("not during {task}", task=task)
        elif is_locked and name not in ("unlock",) and not visit.oversees:
            why = visit.t("not while it is locked")
        href = f"{HOME}/servers/{server['id']}/{name}" if asks else name
        button = Button(title, href, "form" if asks else "post", is_dangerous, why)
        (illegal if why else legal).append(button)
    return legal, illegal


async def _server(visit: Visit, id: str) -> dict[str, Any]:
    server: dict[str, Any] = (await visit.api.get("compute", f"/servers/{id}"))["server"]
    return server


def _page(visit: Visit, server: dict[str, Any], tab: str, template: str, **values: Any) -> Page:
    legal, illegal = choices(visit, server)
    task = server["OS-EXT-STS:task_state"]
    frame = {
        "server": server,
        "tabs": TABS if visit.api.has("haneul") else TABS[:-1],
        "tab": tab,
        "legal": legal if visit.may_change else [],
        "illegal": illegal if visit.may_change else [],
        "task": task,
        "is_busy": bool(task) or server["status"] == "BUILD",
        "stamp": f"{server['status']}-{task}-{server['updated']}",
    }
    return Page(template, frame | values)


@pages.get("/servers/{id}")
async def show_server(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    if (
        visit.is_fragment
        and visit.query.get("seen")
        == f"{server['status']}-{server['OS-EXT-STS:task_state']}-{server['updated']}"
    ):
        return NothingNew()
    image_id = (server.get("image") or {}).get("id") if isinstance(server.get("image"), dict) else ""
    image, operations = await together(
        visit.api.get("image", f"/v2/images/{image_id}") if image_id else _none(),
        visit.api.get("haneul", "/operations", resource=id, limit=1) if visit.api.has("haneul") else _none(),
    )
    listed = part(operations, "operations", [])
    running = None
    if listed:
        running = part(
            await _or_none(visit.api.get("haneul", f"/operations/{listed[0]['id']}")), "operation", None
        )
    template = "server_state.html" if visit.is_fragment else "server.html"
    return _page(
        visit, server, "", template, facts=_facts(server, part(image, "name", image_id)), operation=running
    )


async def _none() -> None:
    return None


async def _or_none(call: Any) -> Any:
    return (await together(call))[0]


def _facts(server: dict[str, Any], image: str) -> list[tuple[str, Cell]]:
    flavor = server["flavor"]
    image_id = (server.get("image") or {}).get("id") if isinstance(server.get("image"), dict) else ""
    groups = sorted({g["name"] for g in server.get("security_groups", ())})
    facts = [
        (msg("Addresses"), tables.many([tables.code(a) for a in addresses(server)])),
        (msg("Flavor"), tables.text(flavor.get("original_name"))),
        (msg("vCPUs"), tables.number(flavor.get("vcpus"))),
        (msg("Memory"), tables.size(flavor.get("ram"))),
        (msg("Disk"), tables.text(f"{flavor.get('disk')} GiB")),
        (
            msg("Image"),
            tables.link(image or image_id, f"{HOME}/images/{image_id}") if image_id else tables.text(None),
        ),
        (msg("Key pair"), tables.text(server.get("key_name"))),
        (msg("Security groups"), tables.text(", ".join(groups))),
        (msg("Zone"), tables.text(server.get("OS-EXT-AZ:availability_zone"))),
        (msg("Created"), tables.time(server["created"])),
        (msg("Changed"), tables.time(server["updated"])),
        (msg("Locked"), tables.truth(server["locked"])),
        (msg("Description"), tables.text(server.get("description"))),
        (msg("Id"), tables.code(server["id"])),
    ]
    if host := server.get("OS-EXT-SRV-ATTR:host"):
        facts.insert(9, (msg("Host"), tables.text(host)))
    facts += [(key, tables.text(value)) for key, value in sorted(server.get("metadata", {}).items())]
    return facts


@pages.get("/servers/{id}/console")
async def show_console(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    url, why = "", ""
    if visit.may_change and server["status"] == "ACTIVE":
        wish = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        try:
            answer = await visit.api.post("compute", f"/servers/{id}/remote-consoles", wish)
            url = _here(answer["remote_console"]["url"])
        except Refused as refusal:
            why = refusal.message
    else:
        why = visit.t("A console is there while the server runs, for who may change it.")
    return _page(visit, server, "/console", "server_console.html", url=url, why=why)


def _here(url: str) -> str:
    """The same address without its host: the page's own is the right one, however the browser came here."""
    _, _, rest = url.partition("://")
    return "/" + rest.partition("/")[2]


@pages.get("/servers/{id}/log")
async def show_log(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    wish = {"os-getConsoleOutput": {"length": LOG_LINES}}
    try:
        text = (await visit.api.post("compute", f"/servers/{id}/action", wish))["output"]
        why = ""
    except Refused as refusal:
        text, why = "", refusal.message
    template = "server_log_text.html" if visit.is_fragment else "server_log.html"
    return _page(visit, server, "/log", template, text=text, why=why, lines=LOG_LINES)


@pages.get("/servers/{id}/interfaces")
async def show_interfaces(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    interfaces, floating, networks = await together(
        visit.api.get("compute", f"/servers/{id}/os-interface"),
        visit.api.get("network", "/v2.0/floatingips", limit=500),
        visit.api.get("network", "/v2.0/networks", limit=500),
    )
    names = {n["id"]: n["name"] or n["id"] for n in part(networks, "networks", [])}
    outer = {
        f["port_id"]: f["floating_ip_address"] for f in part(floating, "floatingips", []) if f["port_id"]
    }
    rows = []
    for each in part(interfaces, "interfaceAttachments", []):
        port = each["port_id"]
        inner = [tables.code(ip["ip_address"]) for ip in each["fixed_ips"]]
        buttons = []
        if visit.may_change:
            base = f"{HOME}/servers/{id}/interfaces/{port}"
            buttons = [Button(msg("Detach"), f"{base}/detach", is_dangerous=True)]
            if port not in outer:
                buttons.insert(0, Button(msg("Give it an outer address"), f"{base}/float"))
        rows.append(
            Row(
                port,
                port[:8],
                [
                    tables.link(
                        names.get(each["net_id"], each["net_id"][:8]), f"{HOME}/networks/{each['net_id']}"
                    ),
                    tables.many(inner),
                    tables.code(outer.get(port)),
                    tables.code(each["mac_addr"]),
                    tables.status(each["port_state"]),
                ],
                buttons,
            )
        )
    table = Table(
        columns=[
            Column(msg("Network")),
            Column(msg("Addresses")),
            Column(msg("Outer address")),
            Column(msg("MAC")),
            Column(msg("State")),
        ],
        rows=rows,
        empty=Empty(msg("It is on no network."), msg("Attach it to one, and it gets an address there.")),
        has_buttons=any(r.buttons for r in rows),
    )
    return _page(
        visit,
        server,
        "/interfaces",
        "server_table.html",
        table=table,
        more=(msg("Attach to a network"), f"{HOME}/servers/{id}/interfaces/new"),
    )


@pages.get("/servers/{id}/volumes")
async def show_volumes(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    attached = part(
        await visit.api.get("compute", f"/servers/{id}/os-volume_attachments"), "volumeAttachments", []
    )
    volumes = await together(*(visit.api.get("block-storage", f"/volumes/{a['volumeId']}") for a in attached))
    rows = []
    for each, answer in zip(attached, volumes, strict=True):
        volume = part(answer, "volume", {})
        name = volume.get("name") or each["volumeId"][:8]
        buttons = [
            Button(msg("Detach"), f"{HOME}/servers/{id}/volumes/{each['volumeId']}/detach", is_dangerous=True)
        ]
        rows.append(
            Row(
                each["volumeId"],
                name,
                [
                    tables.link(name, f"{HOME}/volumes/{each['volumeId']}"),
                    tables.text(f"{volume['size']} GiB" if "size" in volume else ""),
                    tables.code(each["device"]),
                    tables.truth(each.get("delete_on_termination")),
                ],
                buttons if visit.may_change else (),
            )
        )
    table = Table(
        columns=[
            Column(msg("Volume")),
            Column(msg("Size")),
            Column(msg("Device")),
            Column(msg("Goes with the server")),
        ],
        rows=rows,
        empty=Empty(msg("No volume is attached."), msg("A volume keeps its data when the server is gone.")),
        has_buttons=bool(rows and visit.may_change),
    )
    return _page(
        visit,
        server,
        "/volumes",
        "server_table.html",
        table=table,
        more=(msg("Attach a volume"), f"{HOME}/servers/{id}/volumes/new"),
    )


@pages.get("/servers/{id}/history")
async def show_history(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    actions, operations = await together(
        visit.api.get("compute", f"/servers/{id}/os-instance-actions"),
        visit.api.get("haneul", "/operations", resource=id, limit=OPERATIONS)
        if visit.api.has("haneul")
        else _none(),
    )
    rows = [
        Row(
            a["request_id"],
            a["action"],
            [
                tables.text(a["action"]),
                tables.time(a["start_time"]),
                tables.text(a["message"]),
                tables.code(a["request_id"]),
            ],
        )
        for a in part(actions, "instanceActions", [])
    ]
    table = Table(
        title=msg("What was asked for"),
        columns=[Column(msg("Action")), Column(msg("When")), Column(msg("Result")), Column(msg("Request"))],
        rows=rows,
        empty=Empty(msg("Nothing was asked for yet."), ""),
    )
    steps = operations_table(part(operations, "operations", []), msg("How it went"))
    return _page(visit, server, "/history", "server_table.html", table=table, second=steps, more=None)


@pages.get("/servers/{id}/why")
async def show_why(visit: Visit, id: str) -> Answer:
    server = await _server(visit, id)
    answer = await _or_none(visit.api.get("haneul", f"/servers/{id}/explain"))
    decision = part(answer, "decision", None)
    why = answer.message if isinstance(answer, Refused) else ""
    return _page(visit, server, "/why", "server_why.html", decision=decision, why=why)


@pages.post("/servers/{id}/act")
async def act(visit: Visit, id: str) -> Answer:
    action = ACTIONS.get(visit.entered("action"))
    if action is None:
        return Redirect(f"/servers/{id}")
    try:
        await visit.api.post("compute", f"/servers/{id}/action", action.body)
    except Refused as refusal:
        return Redirect(f"/servers/{id}", refusal.message, is_bad=True)
    return Redirect(f"/servers/{id}", visit.t("Accepted: {action}.", action=visit.t(action.title)))


async def _form(visit: Visit, id: str, name: str) -> Form:
    """What that action asks for."""
    server = await _server(visit, id)
    path, back = f"{HOME}/servers/{id}/{name}", f"{HOME}/servers/{id}"
    label = server["name"]
    if name == "resize":
        flavors = (await visit.api.get("compute", "/flavors/detail", sort_key="memory_mb"))["flavors"]
        options = [
            (f["id"], f"{f['name']}: {f['vcpus']} vCPU, {f['ram']} MiB, {f['disk']} GiB") for f in flavors
        ]
        text = visit.t("The server restarts with the new size; then confirm it, or go back.")
        return Form(path, msg("Change size"), [Field("flavor", msg("Flavor"), "select", "", options, is_required=True)],
                    visit.t("Change the size of {name}", name=label), text, back)  # fmt: skip
    if name == "rebuild":
        images = (await visit.api.get("image", "/v2/images", status="active", limit=200))["images"]
        current = (server.get("image") or {}).get("id", "") if isinstance(server.get("image"), dict) else ""
        fields = [
            Field(
                "image",
                msg("Image"),
                "select",
                current,
                [(i["id"], i["name"] or i["id"]) for i in images],
                is_required=True,
            )
        ]
        text = visit.t(
            "The root disk is made anew from the image: what was on it is lost. Addresses and volumes stay."
        )
        return Form(
            path, msg("Rebuild"), fields, visit.t("Rebuild {name}", name=label), text, back, is_dangerous=True
        )
    if name == "snapshot":
        fields = [Field("name", msg("Name"), value=f"{label}-image", is_required=True)]
        return Form(
            path, msg("Make an image"), fields, visit.t("Make an image of {name}", name=label), "", back
        )
    if name == "edit":
        fields = [Field("name", msg("Name"), value=label, is_required=True),
                  Field("description", msg("Description"), value=server.get("description") or "")]  # fmt: skip
        return Form(path, msg("Save"), fields, visit.t("Rename {name}", name=label), "", back)
    if name == "metadata":
        text = "\n".join(f"{k}={v}" for k, v in sorted(server.get("metadata", {}).items()))
        fields = [
            Field("metadata", msg("Metadata"), "area", text, longest=20000, help=msg("One a line: key=value"))
        ]
        return Form(path, msg("Save"), fields, visit.t("Metadata of {name}", name=label), "", back)
    return await _delete_form(visit, server, path, back)


async def _delete_form(visit: Visit, server: dict[str, Any], path: str, back: str) -> Form:
    attached = server.get("os-extended-volumes:volumes_attached", ())
    going = [v["id"] for v in attached if v.get("delete_on_termination")]
    along = [visit.t("its disk, and everything on it"), *(visit.t("volume {id}", id=v) for v in going)]
    if inner := addresses(server):
        along.append(visit.t("its addresses: {addresses}", addresses=", ".join(inner)))
    title = visit.t("Delete {name}?", name=server["name"])
    text = visit.t("Nothing brings it back.")
    return Form(path, msg("Delete"), [], title, text, back, is_dangerous=True, takes_along=along)


@pages.get("/servers/{id}/{name}")
async def show_form(visit: Visit, id: str, name: str) -> Answer:
    if name not in {each for each, *_ in FORMS}:
        return Redirect(f"/servers/{id}")
    return form_page(await _form(visit, id, name))


@pages.post("/servers/{id}/{name}")
async def submit_form(visit: Visit, id: str, name: str) -> Answer:
    if name not in {each for each, *_ in FORMS}:
        return Redirect(f"/servers/{id}")
    try:
        await _do(visit, id, name)
    except Refused as refusal:
        return refused(visit, await _form(visit, id, name), refusal)
    if name == "delete":
        return Redirect("/servers", visit.t("It is being deleted."))
    return Redirect(f"/servers/{id}", visit.t("Accepted."))


async def _do(visit: Visit, id: str, name: str) -> None:
    api, entered = visit.api, visit.entered
    if name == "delete":
        await api.delete("compute", f"/servers/{id}")
    elif name == "edit":
        change = {"name": entered("name"), "description": entered("description") or None}
        await api.put("compute", f"/servers/{id}", {"server": change})
    elif name == "metadata":
        pairs = [line.partition("=") for line in entered("metadata").splitlines() if line.strip()]
        metadata = {key.strip(): value.strip() for key, _, value in pairs}
        await api.put("compute", f"/servers/{id}/metadata", {"metadata": metadata})
    else:
        bodies = {
            "resize": {"resize": {"flavorRef": entered("flavor")}},
            "rebuild": {"rebuild": {"imageRef": entered("image")}},
            "snapshot": {"createImage": {"name": entered("name")}},
        }
        await api.post("compute", f"/servers/{id}/action", bodies[name])
