"""A day in the dashboard: everything is made through what its pages send, then every page is looked at.

Run with a Python where horizon is installed; the browser is Django's test client.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CLOUDS = json.loads(Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text())["clouds"]
HOST = os.environ["REPLAY_HOST"]
HERE = Path(__file__).parent
SETTINGS = f"""
from openstack_dashboard.settings import *
SECRET_KEY = "replay"
ALLOWED_HOSTS = ["*"]
OPENSTACK_KEYSTONE_URL = "{CLOUDS["admin"]["auth"]["auth_url"]}/v3"
OPENSTACK_KEYSTONE_DEFAULT_DOMAIN = "Default"
OPENSTACK_KEYSTONE_MULTIDOMAIN_SUPPORT = False
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {{"default": {{"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}}
COMPRESS_ENABLED = False
COMPRESS_PRECOMPILERS = ()
DEBUG = False
LOGGING = {{"version": 1, "disable_existing_loggers": True}}
"""
PAGES_LEFT_OUT = (
    "logout",
    "download",
    "serial",
    "login",
    "websso",
    "switch",
    "/i18n",
    "vnc",
    "spice",
    "rdp",
    "mks",
)


class Browser:
    """Somebody who is logged in."""

    def __init__(self, cloud: str) -> None:
        from django.test import Client

        auth = CLOUDS[cloud]["auth"]
        self.client = Client(raise_request_exception=False)
        form = {"username": auth["username"], "password": auth["password"], "region": "default"}
        answer = self.client.post("/auth/login/", form)
        print(cloud, "logs in:", answer.status_code, file=sys.stderr)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """What a page's script asks the dashboard."""
        text = "" if body is None else json.dumps(body)
        answer = self.client.generic(
            method,
            f"/api/{path}",
            text,
            content_type="application/json",
            HTTP_X_REQUESTED_WITH="XMLHttpRequest",
        )
        if answer.status_code >= 300:
            print(method, path, "->", answer.status_code, answer.content[:200], file=sys.stderr)
        return json.loads(answer.content) if answer.content.startswith((b"{", b"[")) else {}

    def acts(self, page: str, table: str, action: str, id: str) -> None:
        """A button in a row of a table."""
        answer = self.client.post(page, {"action": f"{table}__{action}__{id}"})
        if answer.status_code >= 400:
            print(page, action, "->", answer.status_code, file=sys.stderr)

    def fills(self, page: str, form: dict[str, Any]) -> None:
        answer = self.client.post(page, form, HTTP_X_REQUESTED_WITH="XMLHttpRequest")
        if answer.status_code >= 400 or b"has-error" in answer.content:
            print("form", page, "->", answer.status_code, _errors(answer.content), file=sys.stderr)

    def looks(self, pages: Iterator[str]) -> None:
        for page in pages:
            answer = self.client.get(page)
            if answer.status_code >= 400:
                print("page", page, "->", answer.status_code, file=sys.stderr)


def _errors(page: bytes) -> list[str]:
    return [e.strip() for e in re.findall(r'help-block alert alert-danger">\s*([^<]*)', page.decode())]


def pages(dashboards: tuple[str, ...], ids: dict[str, str]) -> Iterator[str]:
    """Every page of these dashboards; where it is a thing's, that of the thing that was made."""
    from django.urls import get_resolver

    seen = set()
    for path in _paths(get_resolver().url_patterns, ""):
        if not path.startswith(dashboards) or any(word in path for word in PAGES_LEFT_OUT):
            continue
        names = re.findall(r"\(\?P<(\w+)>", path)
        if not all(_known(name, path, ids) for name in names):
            continue
        page = path
        for name in names:
            page = re.sub(rf"\(\?P<{name}>(?:[^()]|\([^()]*\))*\)", _known(name, path, ids), page)
        page = "/" + re.sub(r"[\^$\\]|\(\?:.*?\)\?", "", page)
        if "(" not in page and page not in seen:
            seen.add(page)
            yield page


def _paths(patterns: Any, before: str) -> Iterator[str]:
    for each in patterns:
        path = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from _paths(each.url_patterns, path)
        else:
            yield path.replace("^", "")


def _known(name: str, path: str, ids: dict[str, str]) -> str:
    if name in ids:
        return ids[name]
    panel = path.split("/")[1]
    return ids.get(panel, "") if name in ("id", "pk") else ""


def a_members_day(member: Browser, admin: Browser) -> dict[str, str]:
    """What the pages' scripts and forms make; the ids of it by the names that pages give them."""
    ids: dict[str, str] = {}
    external = admin.api("POST", "neutron/networks/", {"name": "h-external", "router:external": True})
    admin.fills(
        f"/admin/networks/{external.get('id')}/subnets/create",
        {
            "subnet_name": "h-external",
            "cidr": "198.51.101.0/24",
            "ip_version": "4",
            "no_gateway": "",
            "address_source": "manual",
        },
    )
    network = member.api("POST", "neutron/networks/", {"name": "h-net", "admin_state_up": True})
    subnet = {"network_id": network.get("id"), "name": "h-sub", "cidr": "10.73.0.0/24", "ip_version": 4}
    ids["network_id"], ids["subnet_id"] = (
        network.get("id", ""),
        member.api("POST", "neutron/subnets/", subnet).get("id", ""),
    )
    member.fills("/project/networks/create", {
        "net_name": "h-second", "admin_state": "True", "with_subnet": "on", "subnet_name": "h-second", "cidr": "10.74.0.0/24",
        "ip_version": "4", "address_source": "manual", "enable_dhcp": "on",
    })  # fmt: skip
    member.fills(f"/project/networks/{ids['network_id']}/ports/create", {
        "network_id": ids["network_id"], "network_name": "h-net", "name": "h-port", "admin_state": "True",
        "specify_ip": "", "port_security_enabled": "on",
    })  # fmt: skip
    member.fills(
        "/project/routers/create/",
        {"name": "h-router", "admin_state_up": "on", "external_network": external.get("id", "")},
    )
    member.fills("/project/security_groups/create/", {"name": "h-group", "description": "first"})
    for port in member.api("GET", f"neutron/ports/?network_id={ids['network_id']}").get("items", []):
        ids["port_id"] = port["id"]
    for group in member.api("GET", "network/securitygroups/").get("items", []):
        ids["security_group_id"] = group["id"]
        if group["name"] == "h-group":
            break
    member.fills(f"/project/security_groups/{ids.get('security_group_id')}/add_rule/", {
        "id": ids.get("security_group_id"), "rule_menu": "tcp", "direction": "ingress", "port_or_range": "port", "port": "22",
        "remote": "cidr", "cidr": "0.0.0.0/0",
    })  # fmt: skip
    member.fills("/project/floating_ips/allocate/", {"pool": external.get("id", "")})
    image = member.api("PUT", "glance/images/", {
        "name": "h-image", "source_type": "file-direct", "disk_format": "raw", "container_format": "bare",
        "visibility": "private", "protected": False, "min_disk": 0, "min_ram": 0, "kernel": "", "data": "x.img",
    })  # fmt: skip
    ids["image_id"] = image.get("id", "")
    if image.get("upload_url"):
        import requests

        requests.put(
            image["upload_url"], data=(HERE / "image").read_bytes(), timeout=60,
            headers={"X-Auth-Token": image["token_id"], "Content-Type": "application/octet-stream"},
        )  # fmt: skip
    member.api(
        "PATCH",
        f"glance/images/{ids['image_id']}/properties/",
        {"updated": {"os_distro": "debian"}, "removed": []},
    )
    member.api(
        "PATCH",
        f"glance/images/{ids['image_id']}/",
        {
            "name": "h-image",
            "visibility": "private",
            "protected": False,
            "min_disk": 1,
            "min_ram": 0,
            "disk_format": "raw",
            "container_format": "bare",
        },
    )
    volume = member.api("POST", "cinder/volumes/", {
        "size": 1, "name": "h-volume", "description": "first", "volume_type": "__DEFAULT__", "availability_zone": "nova",
        "snapshot_id": None, "source_volid": None, "image_id": None, "metadata": {},
    })  # fmt: skip
    ids["volume_id"] = ids["volumes"] = volume.get("id", "")
    member.api(
        "PATCH", f"cinder/volumes/{ids['volume_id']}/metadata", {"updated": {"colour": "red"}, "removed": []}
    )
    member.fills(
        f"/project/volumes/{ids['volume_id']}/extend/",
        {"id": ids["volume_id"], "name": "h-volume", "orig_size": "1", "new_size": "2"},
    )
    member.fills(
        f"/project/volumes/{ids['volume_id']}/create_snapshot/",
        {"volume_id": ids["volume_id"], "name": "h-snapshot", "description": "first"},
    )
    member.fills(
        f"/project/volumes/{ids['volume_id']}/update/", {"name": "h-volume", "description": "second"}
    )
    for snapshot in member.api("GET", "cinder/volumesnapshots/").get("items", []):
        ids["snapshot_id"] = snapshot["id"]
    flavor = admin.api("POST", "nova/flavors/", {
        "name": "h-small", "ram": 64, "vcpus": 1, "disk": 1, "id": "auto", "OS-FLV-EXT-DATA:ephemeral": 0, "swap": 0,
        "rxtx_factor": 1, "flavor_access": [],
    })  # fmt: skip
    ids["flavor_id"] = ids["id"] = flavor.get("id", "")
    admin.api(
        "PATCH", f"nova/flavors/{ids['flavor_id']}/extra-specs/", {"updated": {"a": "b"}, "removed": []}
    )
    member.api("POST", "nova/keypairs/", {"name": "h-key", "key_type": "ssh"})
    ids["keypair_name"] = "h-key"
    group = member.api("POST", "nova/servergroups/", {"name": "h-servers", "policy": "soft-affinity"})
    ids["servergroup_id"] = group.get("id", "")
    member.api("POST", "nova/servers/", {
        "name": "h-server", "flavor_id": ids["flavor_id"], "source_id": ids["image_id"], "key_name": "h-key",
        "security_groups": [ids.get("security_group_id")], "user_data": "", "instance_count": 1, "availability_zone": "nova",
        "nics": [{"net-id": ids["network_id"], "v4-fixed-ip": ""}], "meta": {"colour": "red"}, "config_drive": True,
        "disk_config": "AUTO", "description": None, "scheduler_hints": {"group": ids["servergroup_id"]},
        "block_device_mapping": None, "block_device_mapping_v2": None,
    })  # fmt: skip
    for server in member.api("GET", "nova/servers/").get("items", []):
        ids["instance_id"] = ids["server_id"] = server["id"]
    return ids


def buttons(member: Browser, admin: Browser, ids: dict[str, str]) -> None:
    """What is done to the server and the volume."""
    server, page = ids.get("instance_id", ""), "/project/instances/"
    for operation in ("stop", "start", "pause", "unpause", "suspend", "resume", "soft_reboot", "hard_reboot"):
        member.api("POST", f"nova/servers/{server}/actions/", {"operation": operation})
    member.api(
        "PATCH", f"nova/servers/{server}/metadata", {"updated": {"size": "big"}, "removed": ["colour"]}
    )
    for operation in ("lock", "unlock", "shelve", "unshelve"):
        member.acts(page, "instances", operation, server)
    member.fills(
        f"/project/instances/{server}/rebuild",
        {"instance_id": server, "image": ids["image_id"], "disk_config": "AUTO"},
    )
    member.fills(
        f"/project/instances/{server}/attach_volume",
        {"instance_id": server, "volume": ids["volume_id"], "device": ""},
    )
    member.fills(
        f"/project/instances/{server}/detach_volume", {"instance_id": server, "volume": ids["volume_id"]}
    )
    member.fills(
        f"/project/instances/{server}/attach_interface",
        {"instance_id": server, "specification_method": "network", "network": ids["network_id"]},
    )
    member.api("POST", f"nova/servers/{server}/console-info/", {"console_type": "AUTO"})
    member.api("POST", f"nova/servers/{server}/console-output/", {"length": 35})
    member.fills(f"/project/images/{server}/create/", {"instance_id": server, "name": "h-made"})
    member.fills(
        f"/project/instances/{server}/rescue/",
        {"instance_id": server, "image": ids["image_id"], "password": ""},
    )
    member.acts(page, "instances", "unrescue", server)
    admin.fills("/admin/aggregates/create/", {"name": "h-aggregate", "availability_zone": "h-zone"})
    admin.api("PATCH", "nova/quota-sets/" + CLOUDS_PROJECT(member), {"instances": 20})
    admin.api("PATCH", "cinder/quota-sets/" + CLOUDS_PROJECT(member), {"volumes": 20})
    admin.fills(
        "/admin/volume_types/create_type",
        {"name": "h-type", "vol_type_description": "first", "is_public": "on"},
    )


def CLOUDS_PROJECT(member: Browser) -> str:
    return str(member.api("GET", "keystone/user-session/").get("project_id", ""))


SCRIPTS = (
    "cinder/volumes/", "cinder/volumetypes/", "cinder/volumetypes/default/", "cinder/volumesnapshots/", "cinder/extensions/",
    "cinder/tenantabsolutelimits/", "cinder/availzones/", "cinder/volumes/{volume_id}/",
    "cinder/volumes/{volume_id}/metadata", "cinder/services/", "cinder/qosspecs/", "cinder/quota-sets/defaults/",
    "cinder/quota-sets/{project_id}", "glance/version/", "glance/images/", "glance/images/{image_id}/",
    "glance/images/{image_id}/properties/", "glance/metadefs/namespaces/?resource_types=OS::Glance::Image",
    "glance/metadefs/resourcetypes/", "keystone/version/", "keystone/users/", "keystone/users/current", "keystone/roles/",
    "keystone/default_domain/", "keystone/domains/", "keystone/projects/", "keystone/projects/{project_id}",
    "keystone/svc-catalog/", "keystone/user-session/", "keystone/services/", "keystone/groups/", "network/securitygroups/",
    "network/floatingips/", "network/floatingippools/", "neutron/networks/", "neutron/subnets/?network_id={network_id}",
    "neutron/ports/?network_id={network_id}", "neutron/trunks/", "neutron/agents/", "neutron/extensions/",
    "neutron/quota-sets/defaults/", "neutron/quotas-sets/{project_id}", "neutron/qos_policies/", "nova/snapshots/",
    "nova/features/server_description/", "nova/features/locked_attribute/", "nova/keypairs/", "nova/keypairs/h-key",
    "nova/services/", "nova/availzones/", "nova/limits/", "nova/servers/{server_id}/security-groups/",
    "nova/servers/{server_id}/volumes/", "nova/servers/", "nova/servers/{server_id}", "nova/servergroups/",
    "nova/servergroups/{servergroup_id}/", "nova/servers/{server_id}/metadata", "nova/flavors/",
    "nova/flavors/{flavor_id}/", "nova/flavors/{flavor_id}/extra-specs/?get_extras=true", "nova/quota-sets/defaults/",
    "nova/quota-sets/editable/", "nova/quota-sets/{project_id}", "policy/",
)  # fmt: skip


def the_end(member: Browser, admin: Browser, ids: dict[str, str]) -> None:
    member.acts("/project/instances/", "instances", "delete", ids.get("instance_id", ""))
    member.acts("/project/snapshots/", "volume_snapshots", "delete", ids.get("snapshot_id", ""))
    member.acts("/project/volumes/", "volumes", "delete", ids["volume_id"])
    for image in member.api("GET", "glance/images/").get("items", []):
        if image["name"].startswith("h-"):
            member.api("DELETE", f"glance/images/{image['id']}/")
    member.api("DELETE", f"nova/servergroups/{ids['servergroup_id']}/")
    member.api("DELETE", "nova/keypairs/h-key")
    admin.api("DELETE", f"nova/flavors/{ids['flavor_id']}/")


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    (folder / "replay_settings.py").write_text(SETTINGS)
    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "replay_settings"
    import django

    django.setup()
    from openstack_dashboard.api.rest import utils

    for answer in (utils.CreatedResponse, utils.JSONResponse):
        answer.json = None  # a property there, which Django's test client wants to set
    member, admin = Browser("member"), Browser("admin")
    ids = a_members_day(member, admin)
    ids["project_id"] = ids["tenant_id"] = CLOUDS_PROJECT(member)
    session = member.api("GET", "keystone/user-session/")
    ids["user_id"] = str(session.get("id", session.get("user_id", "")))
    buttons(member, admin, ids)
    for person, dashboards in (
        (member, ("project/", "identity/", "settings/")),
        (admin, ("admin/", "identity/")),
    ):
        for path in SCRIPTS:
            person.api("GET", path.format_map({"server_id": "", **ids}))
        person.looks(pages(dashboards, ids))
    the_end(member, admin, ids)


if __name__ == "__main__":
    main()
