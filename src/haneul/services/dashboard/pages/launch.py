"""Launch: one page from which a valid server is three choices away, checked before it is sent."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass, field
from typing import Any

from haneul.services.dashboard.api.calls import Refused, part, together
from haneul.services.dashboard.api.rendering import size
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import Answer, Page, Pages, Redirect, Visit
from haneul.services.dashboard.pages.forms import number

pages = Pages(needs="compute")
MOST_LISTED = 200
MOST_SERVERS = 100
SSH = 22
EXAMPLES = (
    (msg("Install a web server"), "#cloud-config\npackages:\n  - nginx\n"),
    (msg("Run a script once"), "#!/bin/sh\necho hello > /etc/motd\n"),
)


@dataclass(frozen=True)
class Offer:
    """What there is to choose from."""

    images: list[dict[str, Any]]
    flavors: list[dict[str, Any]]
    networks: list[dict[str, Any]]
    keys: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    limits: dict[str, Any]
    routed: set[str]
    """Ids of networks with a router to the outside."""


@dataclass
class Wish:
    """What was chosen."""

    name: str = ""
    count: int = 1
    image: str = ""
    flavor: str = ""
    networks: list[str] = field(default_factory=list)
    key: str = ""
    new_key: str = ""
    groups: list[str] = field(default_factory=list)
    user_data: str = ""
    config_drive: bool = False
    volume: str = ""
    """GiB of a new volume to boot from; none: from the host's own disk."""


async def _offer(visit: Visit) -> Offer:
    api = visit.api
    images, flavors, networks, subnets, routers, ports, keys, groups, limits = await together(
        api.get("image", "/v2/images", status="active", sort="name:asc", limit=MOST_LISTED),
        api.get("compute", "/flavors/detail", sort_key="memory_mb", limit=MOST_LISTED),
        api.get("network", "/v2.0/networks", limit=MOST_LISTED),
        api.get("network", "/v2.0/subnets", fields=["id", "network_id"], limit=1000),
        api.get("network", "/v2.0/routers", limit=MOST_LISTED),
        api.get(
            "network",
            "/v2.0/ports",
            device_owner="network:router_interface",
            fields=["network_id", "device_id"],
        ),
        api.get("compute", "/os-keypairs"),
        api.get("network", "/v2.0/security-groups", project_id=visit.person.project_id, limit=MOST_LISTED),
        api.get("compute", "/limits"),
    )
    with_subnet = {s["network_id"] for s in part(subnets, "subnets", [])}
    leaving = {r["id"] for r in part(routers, "routers", []) if r.get("external_gateway_info")}
    usable = [
        n
        for n in part(networks, "networks", [])
        if n["id"] in with_subnet and (not n["router:external"] or n["shared"])
    ]
    mine = visit.person.project_id
    return Offer(
        images=part(images, "images", []),
        flavors=[f for f in part(flavors, "flavors", []) if not f.get("OS-FLV-DISABLED:disabled")],
        networks=sorted(usable, key=lambda n: (n["project_id"] != mine, n["name"])),
        keys=[k["keypair"] for k in part(keys, "keypairs", [])],
        groups=part(groups, "security_groups", []),
        limits=part(limits, "limits", {}).get("absolute", {}),
        routed={p["network_id"] for p in part(ports, "ports", []) if p["device_id"] in leaving},
    )


def _usual(offer: Offer, image: str) -> Wish:
    """Good for most: nothing has to be chosen but a name."""
    images = [i["id"] for i in offer.images]
    groups = [g["name"] for g in offer.groups if _lets_in(g, SSH)]
    return Wish(
        image=image if image in images else (images[0] if images else ""),
        flavor=offer.flavors[0]["id"] if offer.flavors else "",
        networks=[offer.networks[0]["id"]] if offer.networks else [],
        key=offer.keys[0]["name"] if offer.keys else "",
        groups=groups[:1] or ["default"],
    )


def _entered(visit: Visit) -> Wish:
    form = visit.form
    count = visit.entered("count", "1")
    return Wish(
        name=visit.entered("name"),
        count=min(int(count), MOST_SERVERS) if count.isascii() and count.isdigit() and len(count) < 6 else 0,
        image=visit.entered("image"),
        flavor=visit.entered("flavor"),
        networks=form.all("network"),
        key=visit.entered("key"),
        new_key=visit.entered("new_key"),
        groups=form.all("group"),
        user_data=(form.get("user_data") or "").replace("\r\n", "\n"),
        config_drive="config_drive" in form,
        volume=visit.entered("volume"),
    )


def _lets_in(group: dict[str, Any], port: int) -> bool:
    """Whether a rule of the group lets somebody from outside reach that TCP port."""
    return any(
        r["direction"] == "ingress"
        and r["protocol"] in (None, "tcp", "6", "any")
        and not r.get("remote_group_id")
        and (r["port_range_min"] is None or int(r["port_range_min"]) <= port <= int(r["port_range_max"]))
        for r in group["security_group_rules"]
    )


@dataclass(frozen=True)
class Check:
    """What can be said before anything is made."""

    problems: list[str]
    """It would be refused."""
    warnings: list[str]
    """It would work, but perhaps not as wished."""
    command: str
    request: str


def _check(visit: Visit, offer: Offer, wish: Wish) -> Check:
    t = visit.t
    problems, warnings = [], []
    flavor = next((f for f in offer.flavors if f["id"] == wish.flavor), None)
    image = next((i for i in offer.images if i["id"] == wish.image), None)
    if not wish.name:
        problems.append(t("Give it a name."))
    if not 1 <= wish.count <= MOST_SERVERS:
        problems.append(t("How many must be between 1 and {most}.", most=MOST_SERVERS))
    if image is None:
        problems.append(t("Choose an image. There is none yet? Create one first."))
    if flavor is None:
        problems.append(t("Choose a flavor."))
    else:
        problems += _beyond_quota(visit, offer.limits, flavor, wish.count)
        if image is not None:
            problems += _too_small(visit, flavor, image, wish.volume)
    if wish.volume and not (
        wish.volume.isascii() and wish.volume.isdigit() and 1 <= int(wish.volume[:9]) <= 16384
    ):
        problems.append(t("The size of the volume is a number of GiB."))
    if not wish.networks:
        warnings.append(t("No network is chosen: nothing will reach the server, and it reaches nothing."))
    elif not set(wish.networks) & offer.routed:
        warnings.append(
            t("No router leads from this network to the outside: the server reaches nothing beyond it.")
        )
    groups = [g for g in offer.groups if g["name"] in wish.groups]
    if not any(_lets_in(g, SSH) for g in groups):
        warnings.append(t("No rule of these groups lets you reach port 22: you cannot log in from outside."))
    if not wish.key and not wish.new_key:
        warnings.append(t("Without a key you may not be able to log in."))
    return Check(
        problems, warnings, _command(offer, wish), json.dumps(body(wish), indent=2, ensure_ascii=False)
    )


def _beyond_quota(visit: Visit, limits: dict[str, Any], flavor: dict[str, Any], count: int) -> list[str]:
    beyond = []
    for title, used, most, needed in (
        (msg("Servers"), "totalInstancesUsed", "maxTotalInstances", count),
        (msg("Virtual processors"), "totalCoresUsed", "maxTotalCores", count * flavor["vcpus"]),
        (msg("Memory"), "totalRAMUsed", "maxTotalRAMSize", count * flavor["ram"]),
    ):
        limit = limits.get(most, -1)
        if limit >= 0 and limits.get(used, 0) + needed > limit:
            left = limit - limits.get(used, 0)
            beyond.append(
                visit.t(
                    "The quota does not allow it: {what}: {left} left, {needed} needed.",
                    what=visit.t(title),
                    left=left,
                    needed=needed,
                )
            )
    return beyond


def _too_small(visit: Visit, flavor: dict[str, Any], image: dict[str, Any], volume: str) -> list[str]:
    lacking = []
    if (image.get("min_ram") or 0) > flavor["ram"]:
        lacking.append(visit.t("The image needs {memory} of memory.", memory=size(image["min_ram"])))
    if not volume and 0 < flavor["disk"] < (image.get("min_disk") or 0):
        lacking.append(visit.t("The image needs a disk of {gib} GiB.", gib=image["min_disk"]))
    return lacking


def body(wish: Wish) -> dict[str, Any]:
    """The request that makes it."""
    server: dict[str, Any] = {"name": wish.name, "flavorRef": wish.flavor}
    if wish.volume:
        server["block_device_mapping_v2"] = [
            {
                "source_type": "image",
                "uuid": wish.image,
                "destination_type": "volume",
                "volume_size": number(wish.volume),
                "boot_index": 0,
                "delete_on_termination": True,
            }
        ]
    else:
        server["imageRef"] = wish.image
    server["networks"] = [{"uuid": each} for each in wish.networks] or "none"
    if wish.key:
        server["key_name"] = wish.key
    if wish.groups:
        server["security_groups"] = [{"name": each} for each in wish.groups]
    if wish.user_data:
        server["user_data"] = base64.b64encode(wish.user_data.encode()).decode()
    if wish.config_drive:
        server["config_drive"] = True
    if wish.count > 1:
        server |= {"min_count": wish.count, "max_count": wish.count}
    return {"server": server}


def _command(offer: Offer, wish: Wish) -> str:
    """The same as a command of the stock client."""
    names = {n["id"]: n["name"] for n in offer.networks}
    image = next((i["name"] for i in offer.images if i["id"] == wish.image), wish.image)
    flavor = next((f["name"] for f in offer.flavors if f["id"] == wish.flavor), wish.flavor)
    words = [("--image", image), ("--flavor", flavor)]
    if wish.volume:
        words.append(("--boot-from-volume", wish.volume))
    words += [("--network", names.get(each) or each) for each in wish.networks or ("none",)]
    words += [("--security-group", each) for each in wish.groups]
    if wish.key:
        words.append(("--key-name", wish.key))
    if wish.user_data:
        words.append(("--user-data", "user-data.txt"))
    if wish.config_drive:
        words.append(("--config-drive", "True"))
    if wish.count > 1:
        words += [("--min", str(wish.count)), ("--max", str(wish.count))]
    options = [f"{name} {shlex.quote(value)}" for name, value in words]
    return " \\\n  ".join(["openstack server create", *options, shlex.quote(wish.name or "NAME")])


def _page(
    visit: Visit, offer: Offer, wish: Wish, *, problem: str = "", request_id: str = "", status: int = 200
) -> Page:
    values = {
        "offer": offer,
        "wish": wish,
        "check": _check(visit, offer, wish),
        "examples": EXAMPLES,
        "problem": problem,
        "request_id": request_id,
        "is_fresh": status == 200,
    }
    return Page("launch.html", values, status)


@pages.get("/launch")
async def show_launch(visit: Visit) -> Answer:
    offer = await _offer(visit)
    return _page(visit, offer, _usual(offer, visit.query.get("image") or ""))


@pages.post("/launch/check")
async def check_launch(visit: Visit) -> Answer:
    """What can be said of the form as it is now; nothing is made."""
    offer, wish = await _offer(visit), _entered(visit)
    if visit.is_fragment:
        values = {"check": _check(visit, offer, wish), "is_fresh": False}
        return Page("launch_check.html", values)
    return _page(visit, offer, wish)


@pages.post("/launch")
async def launch(visit: Visit) -> Answer:
    wish = _entered(visit)
    offer = await _offer(visit)
    if problems := _check(visit, offer, wish).problems:
        return _page(visit, offer, wish, problem=" ".join(problems), status=400)
    try:
        if wish.new_key:
            key = {"name": f"{wish.name[:200]}-key", "public_key": wish.new_key, "type": "ssh"}
            wish.key = (await visit.api.post("compute", "/os-keypairs", {"keypair": key}))["keypair"]["name"]
            wish.new_key = ""
        made = await visit.api.post("compute", "/servers", body(wish))
    except Refused as refusal:
        return _page(
            visit,
            offer,
            wish,
            problem=refusal.message,
            request_id=refusal.request_id,
            status=refusal.status or 400,
        )
    notice = visit.t("{name} was accepted and is being built.", name=wish.name)
    return Redirect("/servers" if wish.count > 1 else f"/servers/{made['server']['id']}", notice)
