"""A drawing of what is: networks, routers and servers, with the ways between them. Each is a link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from haneul.services.dashboard.api.calls import part, together
from haneul.services.dashboard.api.visits import Answer, NothingNew, Page, Pages, Visit
from haneul.services.dashboard.pages.lists import MOST
from haneul.services.dashboard.pages.networks import NET, label

pages = Pages(needs="network")
WIDTH, GAP, LINE, TOP = 168, 24, 76, 40
MOST_DRAWN = 60
"""Servers; with more of them a drawing says less than a list."""


@dataclass
class Lane:
    """A network: a bar across the drawing."""

    id: str
    name: str
    ranges: str
    is_outside: bool
    y: int = 0


@dataclass
class Box:
    """A router or a server, and the lanes that it is on."""

    kind: str
    id: str
    name: str
    state: str
    on: list[tuple[str, str]] = field(default_factory=list)
    """(network, address there)"""
    x: int = 0
    y: int = 0
    wires: list[tuple[int, int, str]] = field(default_factory=list)
    """(x, y of the lane, address)"""


@pages.get("/topology")
async def show_topology(visit: Visit) -> Answer:
    networks, subnets, routers, ports, servers = await together(
        visit.api.get(NET, "/v2.0/networks", limit=MOST),
        visit.api.get(NET, "/v2.0/subnets", limit=MOST),
        visit.api.get(NET, "/v2.0/routers", limit=MOST),
        visit.api.get(NET, "/v2.0/ports", limit=MOST),
        visit.api.get("compute", "/servers/detail", limit=MOST_DRAWN),
    )
    lanes = _lanes(part(networks, "networks", []), part(subnets, "subnets", []))
    boxes = _boxes(part(routers, "routers", []), part(servers, "servers", []), part(ports, "ports", []))
    values = drawing(lanes, boxes)
    seen = "-".join(f"{b.id[:4]}{b.state[:3]}{len(b.on)}" for b in boxes)[:400]
    if visit.is_fragment and visit.query.get("seen") == seen:
        return NothingNew()
    return Page("topology_drawing.html" if visit.is_fragment else "topology.html", {**values, "seen": seen})


def _lanes(networks: list[dict[str, Any]], subnets: list[dict[str, Any]]) -> list[Lane]:
    ranges: dict[str, list[str]] = {}
    for each in subnets:
        ranges.setdefault(each["network_id"], []).append(each["cidr"])
    lanes = [
        Lane(n["id"], label(n), ", ".join(ranges.get(n["id"], ())), bool(n["router:external"]))
        for n in networks
    ]
    return sorted(lanes, key=lambda lane: (not lane.is_outside, lane.name))


def _boxes(
    routers: list[dict[str, Any]], servers: list[dict[str, Any]], ports: list[dict[str, Any]]
) -> list[Box]:
    boxes = {r["id"]: Box("router", r["id"], label(r), r["status"]) for r in routers}
    boxes |= {s["id"]: Box("server", s["id"], s["name"], s["status"]) for s in servers}
    for router in routers:
        gateway = router.get("external_gateway_info") or {}
        for ip in gateway.get("external_fixed_ips", ())[:1]:
            boxes[router["id"]].on.append((gateway["network_id"], ip["ip_address"]))
    for port in ports:
        box = boxes.get(port["device_id"])
        if (
            box is not None
            and port["fixed_ips"]
            and not port["device_owner"].startswith("network:router_gateway")
        ):
            box.on.append((port["network_id"], port["fixed_ips"][0]["ip_address"]))
    return list(boxes.values())


def drawing(lanes: list[Lane], boxes: list[Box]) -> dict[str, Any]:
    """Where everything is: a lane for each network, and below it what hangs on it first."""
    below: dict[str, list[Box]] = {lane.id: [] for lane in lanes}
    loose = []
    order = {lane.id: number for number, lane in enumerate(lanes)}
    for box in boxes:
        box.on = sorted((o for o in box.on if o[0] in order), key=lambda o: order[o[0]])
        first = box.on[0][0] if box.on else None
        (below[first] if first else loose).append(box)
    y = TOP
    widest = 3
    column = 0
    for lane in lanes:
        lane.y = y
        y += LINE
        row = sorted(below[lane.id], key=lambda b: (b.kind, b.name))
        for number, box in enumerate(row):
            box.x = GAP + (column + number) * (WIDTH + GAP)
            box.y = lane.y + 24
        widest = max(widest, column + len(row))
        column += sum(box.kind == "router" for box in row)
        if row:
            y += 16
    for number, box in enumerate(loose):
        box.x, box.y = GAP + number * (WIDTH + GAP), y
    lanes_by_id = {lane.id: lane for lane in lanes}
    for box in boxes:
        for number, (network, address) in enumerate(box.on):
            box.wires.append((box.x + 24 + number * 40, lanes_by_id[network].y, address))
    height = max([y, *(b.y + 64 for b in boxes)]) + 8
    return {
        "lanes": lanes,
        "boxes": boxes,
        "width": GAP + max(widest, len(loose)) * (WIDTH + GAP),
        "height": height,
    }
