"""What has to be known of each service to ask everything of it: names, bodies, actions, and rules of attributes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from haneul.services.block_storage.api.volume_actions import ACTIONS as VOLUME_ACTIONS
from haneul.services.compute.api.server_actions import ACTIONS
from tests.personas.matrix import Knowledge, Operation
from tests.security.kit import COMPUTE, KEY, NETWORK, VOLUME

Things = dict[str, str]
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def placement(t: Things) -> Knowledge:
    provider, consumer = t["provider"], t["server"]
    usable = {"total": 10}
    generation = {"resource_provider_generation": 0}
    allocations = {provider: {"resources": {"VCPU": 1}}}
    consumers = {
        "allocations": allocations,
        "project_id": t["project"],
        "user_id": t["user"],
        "consumer_generation": None,
        "consumer_type": "INSTANCE",
    }
    path = "/resource_providers/{id}"
    return Knowledge(
        names={
            "resource_providers": provider, "inventories": "VCPU", "allocations": consumer,
            "resource_classes": "CUSTOM_X", "traits": "CUSTOM_Y",
        },
        bodies={
            "POST /allocations": {UNKNOWN: consumers},
            "PUT /allocations/{consumer_id}": consumers,
            "POST /resource_classes": {"name": "CUSTOM_NEW"},
            "POST /resource_providers": {"name": "new"},
            f"PUT {path}": {"name": "other"},
            f"PUT {path}/aggregates": {"aggregates": [], **generation},
            f"POST {path}/inventories": {"resource_class": "CUSTOM_X", **usable},
            f"PUT {path}/inventories": {"inventories": {}, **generation},
            f"PUT {path}/inventories/{{resource_class}}": {**usable, **generation},
            f"PUT {path}/traits": {"traits": [], **generation},
        },
        more=(
            Operation("GET /usages?project_id", "GET", f"/placement/usages?project_id={t['project']}",
                      version="placement 1.38"),
        ),
    )  # fmt: skip


def oversight(t: Things) -> Knowledge:
    return Knowledge(
        names={"denials": t["denial"], "operations": t["operation"], "servers": t["server"]}, bodies={}
    )


def dashboard(t: Things) -> Knowledge:
    return Knowledge(names={}, bodies={})


def network(t: Things) -> Knowledge:
    return Knowledge(
        names={
            "address-groups": UNKNOWN, "address-scopes": t["address_scope"], "agents": t["agent"], "flavors": UNKNOWN,
            "auto-allocated-topology": t["project"], "extensions": "router", "floatingips": t["floatingip"],
            "network-ip-availabilities": t["network"], "networks": t["network"], "ports": t["port"],
            "quotas": t["project"], "rbac-policies": UNKNOWN, "routers": t["router"], "tags": "tag",
            "security-group-rules": t["security_group_rule"], "security-groups": t["security_group"],
            "service_profiles": UNKNOWN, "subnetpools": t["subnetpool"], "subnets": t["subnet"],
        },
        bodies=_of_networks(t),
        more=(*_attributes(t), *_shown(t)),
    )  # fmt: skip


def _of_networks(t: Things) -> dict[str, Any]:
    named = {"name": "new", "project_id": t["project"]}
    made = {
        "address-scopes": {"address_scope": {**named, "ip_version": 4}},
        "floatingips": {"floatingip": {"floating_network_id": t["external"], "project_id": t["project"]}},
        "networks": {"network": named},
        "ports": {"port": {**named, "network_id": t["network"]}},
        "routers": {"router": named},
        "security-group-rules": {
            "security_group_rule": {"security_group_id": t["security_group"], "direction": "egress",
                                    "ethertype": "IPv6", "protocol": "udp"}
        },
        "security-groups": {"security_group": named},
        "subnetpools": {"subnetpool": {**named, "prefixes": ["10.77.0.0/16"]}},
        "subnets": {"subnet": {"network_id": t["network"], "cidr": "10.78.0.0/24", "ip_version": 4}},
    }  # fmt: skip
    bodies: dict[str, Any] = {f"POST /v2.0/{kind}": body for kind, body in made.items()}
    for kind, body in made.items():
        (name,) = body
        bodies[f"PUT /v2.0/{kind}/{{id}}"] = {name: {"description": "x"}}
        bodies[f"PUT /v2.0/{kind}/{{id}}/tags"] = {"tags": ["a"]}
        bodies[f"POST /v2.0/{kind}/{{id}}/tags"] = {"tags": ["a"]}
    router = "PUT /v2.0/routers/{id}"
    extra = {"router": {"routes": [{"destination": "10.99.0.0/24", "nexthop": "10.1.0.99"}]}}
    return bodies | {
        "PUT /v2.0/quotas/{id}": {"quota": {"network": 5}},
        f"{router}/add_extraroutes": extra,
        f"{router}/remove_extraroutes": extra,
        f"{router}/add_router_interface": {"port_id": t["port"]},
        f"{router}/remove_router_interface": {"subnet_id": t["subnet"]},
    }


def _attributes(t: Things) -> Iterator[Operation]:
    """Attributes that have rules of their own, in what makes a thing or changes it."""
    own, common = t["network"], t["shared"]
    fixed = [{"subnet_id": t["subnet"]}]
    for kind, path, of, attributes in (
        ("network", "networks", {"name": "n"}, {
            "shared": True, "router:external": True, "is_default": True, "provider:network_type": "vxlan",
            "port_security_enabled": False, "project_id": "of-somebody-else",
        }),
        ("subnet", "subnets", {"network_id": own, "cidr": "10.79.0.0/24", "ip_version": 4}, {"service_types": ["compute:nova"]}),
        ("port", "ports", {"network_id": own}, {
            "mac_address": "fa:16:3e:00:00:99", "fixed_ips": fixed, "device_owner": "network:x", "binding:host_id": "h",
            "binding:profile": {"a": "b"}, "binding:vnic_type": "direct", "port_security_enabled": False,
            "allowed_address_pairs": [{"ip_address": "10.1.2.3"}],
        }),
        ("port", "ports", {"network_id": common}, {
            "network_id": common, "mac_address": "fa:16:3e:00:00:98", "device_owner": "network:x",
            "fixed_ips": [{"subnet_id": t["shared_subnet"]}],
        }),
        ("router", "routers", {"name": "r"}, {
            "distributed": True,
            "external_gateway_info": {"network_id": t["external"], "enable_snat": False},
        }),
        ("floatingip", "floatingips", {"floating_network_id": t["external"]}, {"floating_ip_address": "192.0.2.77"}),
        ("subnetpool", "subnetpools", {"name": "s", "prefixes": ["10.77.0.0/16"]}, {"shared": True, "is_default": True}),
        ("address_scope", "address-scopes", {"name": "s", "ip_version": 4}, {"shared": True}),
    ):  # fmt: skip
        where = " (on a shared network)" if common in of.values() else ""
        for name, value in attributes.items():
            body = {kind: {**of, name: value}}
            yield Operation(f"POST /v2.0/{path} {name}{where}", "POST", f"{NETWORK}/{path}", body)
    for kind, path, id, attributes in (
        ("network", "networks", own, {
            "shared": True, "router:external": True, "is_default": True, "port_security_enabled": False,
        }),
        ("subnet", "subnets", t["subnet"], {"service_types": ["compute:nova"]}),
        ("port", "ports", t["port"], {
            "mac_address": "fa:16:3e:00:00:97", "fixed_ips": fixed, "device_owner": "network:x", "binding:host_id": "h",
            "binding:profile": {"a": "b"}, "port_security_enabled": False, "allowed_address_pairs": [],
        }),
        ("router", "routers", t["router"], {"distributed": True}),
    ):  # fmt: skip
        for name, value in attributes.items():
            body = {kind: {name: value}}
            yield Operation(f"PUT /v2.0/{path}/{{id}} {name}", "PUT", f"{NETWORK}/{path}/{id}", body)
    for kind, id in (("networks", t["shared"]), ("networks", t["external"]), ("ports", t["interface"]),
                     ("subnets", t["shared_subnet"]), ("subnets", t["external_subnet"])):  # fmt: skip
        word = next(name for name, value in t.items() if value == id)
        for method in ("GET", "DELETE"):
            yield Operation(f"{method} /v2.0/{kind}/{{id}} ({word})", method, f"{NETWORK}/{kind}/{id}")


def _shown(t: Things) -> Iterator[Operation]:
    """Attributes that not everybody sees."""
    for path, id, names in (
        ("networks", t["network"], ("provider:network_type", "provider:segmentation_id")),
        ("ports", t["port"], ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vnic_type")),
        ("routers", t["router"], ("ha", "distributed")),
    ):
        for name in names:
            what = f"GET /v2.0/{path}/{{id}} shows {name}"
            yield Operation(what, "GET", f"{NETWORK}/{path}/{id}", shows=name)


def image(t: Things) -> Knowledge:
    spaces = "/v2/metadefs/namespaces/{namespace}"
    data = {"Content-Type": "application/octet-stream"}
    patch = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    images = "/v2/images"
    return Knowledge(
        names={
            "nodes": t["image"], "cache": t["image"], "images": t["image"], "members": t["member"], "tags": "tag",
            "namespaces": t["namespace"], "objects": "object", "properties": "property", "resource_types": "OS::A::B",
            "stores": "file", "stores/image_id": t["image"], "store": "file", "image_id": t["image"], "tasks": t["task"],
        },
        bodies={
            f"POST {images}": {"name": "new"},
            f"PATCH {images}/{{image_id}}": b'[{"op": "add", "path": "/a", "value": "b"}]',
            f"PUT {images}/{{image_id}}/file": b"data",
            f"PUT {images}/{{image_id}}/stage": b"data",
            f"POST {images}/{{image_id}}/import": {"method": {"name": "web-download", "uri": "http://127.0.0.1/"}},
            f"POST {images}/{{image_id}}/locations": {"url": "http://127.0.0.1/"},
            f"POST {images}/{{image_id}}/members": {"member": "of-somebody"},
            f"PUT {images}/{{image_id}}/members/{{member_id}}": {"status": "accepted"},
            "POST /v2/metadefs/namespaces": {"namespace": "new"},
            f"PUT {spaces}": {"namespace": t["namespace"]},
            f"POST {spaces}/objects": {"name": "new"},
            f"PUT {spaces}/objects/{{name}}": {"name": "object"},
            f"POST {spaces}/properties": {"name": "new", "title": "x", "type": "string"},
            f"PUT {spaces}/properties/{{name}}": {"name": "property", "title": "x", "type": "string"},
            f"POST {spaces}/resource_types": {"name": "OS::C::D"},
            f"POST {spaces}/tags": {"tags": [{"name": "new"}]},
            f"PUT {spaces}/tags/{{name}}": {"name": "tag"},
            "POST /v2/tasks": {"type": "import", "input": {"import_from": "http://127.0.0.1/", "import_from_format": "raw",
                                                           "image_properties": {}}},
        },
        headers={
            f"PATCH {images}/{{image_id}}": patch, f"PUT {images}/{{image_id}}/file": data,
            f"PUT {images}/{{image_id}}/stage": data,
        },
        more=tuple(_of_images(t, patch)),
        without=("/v2/schemas",),
    )  # fmt: skip


def _of_images(t: Things, patch: dict[str, str]) -> Iterator[Operation]:
    """What depends on who may see the image, and visibilities that have rules of their own."""
    for word in ("shared_image", "public_image", "community_image"):
        path = f"/image/v2/images/{t[word]}"
        yield Operation(f"GET /v2/images/{{image_id}} ({word})", "GET", path)
        yield Operation(f"DELETE /v2/images/{{image_id}} ({word})", "DELETE", path)
        yield Operation(f"GET /v2/images/{{image_id}}/members ({word})", "GET", f"{path}/members")
    for visibility in ("public", "community", "shared"):
        made = {"name": "new", "visibility": visibility}
        yield Operation(f"POST /v2/images visibility={visibility}", "POST", "/image/v2/images", made)
        change = f'[{{"op": "replace", "path": "/visibility", "value": "{visibility}"}}]'.encode()
        what = f"PATCH /v2/images/{{image_id}} visibility={visibility}"
        yield Operation(what, "PATCH", f"/image/v2/images/{t['image']}", change, headers=patch)
    change = b'[{"op": "replace", "path": "/owner", "value": "of-somebody"}]'
    yield Operation("PATCH /v2/images/{image_id} owner", "PATCH", f"/image/v2/images/{t['image']}", change,
                    headers=patch)  # fmt: skip


SERVICE = {"binary": "cinder-volume", "host": "host-1@file"}


def _record() -> dict[str, str]:
    """Of a backup that is not there."""
    url = base64.b64encode(b'{"id": "%s", "size": 1}' % UNKNOWN.encode()).decode()
    return {"backup_service": "cinder.backup.drivers.posix.PosixBackupDriver", "backup_url": url}


def block_storage(t: Things) -> Knowledge:
    special: dict[str, Any] = {
        "os-extend": {"new_size": 2}, "os-attach": {"instance_uuid": UNKNOWN, "mountpoint": "/dev/vdc"},
        "os-reset_status": {"status": "available"}, "os-set_bootable": {"bootable": True},
        "os-update_readonly_flag": {"readonly": True}, "os-volume_upload_image": {"image_name": "x"},
        "os-retype": {"new_type": "__DEFAULT__"}, "os-initialize_connection": {"connector": {"host": "h"}},
        "os-terminate_connection": {"connector": {"host": "h"}}, "os-set_image_metadata": {"metadata": {"a": "b"}},
        "os-unset_image_metadata": {"key": "a"}, "os-force_detach": {"attachment_id": UNKNOWN}, "revert": {"snapshot_id": t["snapshot"]},
        "os-reimage": {"image_id": t["image"]}, "os-migrate_volume": {"host": "h"},
        "os-migrate_volume_completion": {"new_volume": t["volume"]}, "os-extend_volume_completion": {"error": False},
    }  # fmt: skip
    backup = {"os-reset_status": {"status": "available"}, "os-force_delete": {}}
    snapshot = {
        **backup, "os-unmanage": {}, "os-update_snapshot_status": {"status": "available"},
    }  # fmt: skip
    meta = {"metadata": {"a": "b"}}
    return Knowledge(
        names={
            "attachments": t["attachment"], "backups": t["backup"], "cgsnapshots": UNKNOWN, "clusters": UNKNOWN,
            "consistencygroups": UNKNOWN, "default-types": UNKNOWN, "extensions": "os-quota-sets", "groups": t["group"],
            "group_snapshots": t["group_snapshot"], "group_types": t["group_type"], "group_specs": "key", "messages": UNKNOWN, "qos-specs": UNKNOWN,
            "os-hosts": "host-1@file", "capabilities": "host-1",
            "os-quota-class-sets": "default", "os-quota-sets": t["project"], "os-volume-transfer": t["transfer"],
            "volume-transfers": t["transfer"], "snapshots": t["snapshot"], "types": t["type"], "extra_specs": "key",
            "volumes": t["volume"], "metadata": "of", "encryption": "cipher",
        },
        bodies={
            "POST /v3/volumes": {"volume": {"size": 1}},
            "PUT /v3/volumes/{id}": {"volume": {"description": "x"}},
            "POST /v3/attachments": {"attachment": {"volume_uuid": t["free"], "instance_uuid": UNKNOWN}},
            "PUT /v3/attachments/{id}": {"attachment": {"connector": {"host": "h"}}},
            "POST /v3/backups": {"backup": {"volume_id": t["free"]}},
            "PUT /v3/backups/{id}": {"backup": {"description": "x"}},
            "POST /v3/backups/{id}/restore": {"restore": {}},
            "POST /v3/backups/import_record": {"backup-record": _record()},
            "POST /v3/qos-specs": {"qos_specs": {"name": "new"}},
            "PUT /v3/qos-specs/{id}": {"qos_specs": {"a": "b"}},
            "PUT /v3/qos-specs/{id}/delete_keys": {"keys": ["a"]},
            "POST /v3/types/{id}/encryption": {
                "encryption": {"provider": "luks", "control_location": "front-end"}
            },
            "PUT /v3/types/{id}/encryption/{key}": {"encryption": {"provider": "luks"}},
            "PUT /v3/default-types/{id}": {"default_type": {"volume_type": "__DEFAULT__"}},
            "PUT /v3/os-services/disable-log-reason": {**SERVICE, "disabled_reason": "x"},
            "PUT /v3/os-services/set-log": {"level": "info", "prefix": "of.nobody"},
            "PUT /v3/os-services/get-log": {"prefix": "of.nobody"},
            **{f"PUT /v3/os-services/{word}": SERVICE for word in ("enable", "disable")},
            **{
                f"PUT /v3/os-services/{word}": {"host": SERVICE["host"]}
                for word in ("freeze", "thaw", "failover", "failover_host")
            },
            "PUT /v3/os-hosts/{id}": {"status": "enable"},
            **{f"PUT /v3/clusters/{word}": {"name": "c"} for word in ("enable", "disable")},
            "POST /v3/workers/cleanup": {},
            **{
                f"POST /v3/{word}": {"volume": {"host": "host-1", "ref": {"source-name": "x"}}}
                for word in ("manageable_volumes", "os-volume-manage")
            },
            **{
                f"POST /v3/{word}": {"snapshot": {"volume_id": t["free"], "ref": {"source-name": "x"}}}
                for word in ("manageable_snapshots", "os-snapshot-manage")
            },
            "POST /v3/group_types": {"group_type": {"name": "new"}},
            "PUT /v3/group_types/{id}": {"group_type": {"description": "x"}},
            "POST /v3/group_types/{id}/group_specs": {"group_specs": {"a": "b"}},
            "PUT /v3/group_types/{id}/group_specs/{key}": {"key": "x"},
            "POST /v3/groups": {"group": {"group_type": t["group_type"], "volume_types": ["__DEFAULT__"]}},
            "PUT /v3/groups/{id}": {"group": {"description": "x"}},
            "POST /v3/groups/action": {"create-from-src": {"source_group_id": t["group"]}},
            "POST /v3/group_snapshots": {"group_snapshot": {"group_id": t["group"]}},
            "POST /v3/consistencygroups": {"consistencygroup": {"volume_types": "__DEFAULT__"}},
            "PUT /v3/consistencygroups/{id}": {"consistencygroup": {"name": "x"}},
            "PUT /v3/consistencygroups/{id}/update": {"consistencygroup": {"name": "x"}},
            "POST /v3/consistencygroups/{id}/delete": {"consistencygroup": {"force": True}},
            "POST /v3/consistencygroups/create_from_src": {"consistencygroup-from-src": {"source_cgid": UNKNOWN}},
            "POST /v3/cgsnapshots": {"cgsnapshot": {"consistencygroup_id": UNKNOWN}},
            "POST /v3/snapshots": {"snapshot": {"volume_id": t["free"], "force": True}},
            "PUT /v3/snapshots/{id}": {"snapshot": {"description": "x"}},
            "PUT /v3/os-quota-sets/{id}": {"quota_set": {"volumes": 5}},
            "PUT /v3/os-quota-class-sets/{id}": {"quota_class_set": {"volumes": 5}},
            "POST /v3/types": {"volume_type": {"name": "new"}},
            "PUT /v3/types/{id}": {"volume_type": {"description": "x"}},
            "POST /v3/types/{id}/extra_specs": {"extra_specs": {"a": "b"}},
            "PUT /v3/types/{id}/extra_specs/{key}": {"key": "x"},
            **{
                f"POST /v3/{word}": {"transfer": {"volume_id": t["free"]}}
                for word in ("volume-transfers", "os-volume-transfer")
            },
            **{
                f"{method} /v3/{kind}/{{id}}/metadata": meta
                for method in ("POST", "PUT")
                for kind in ("volumes", "snapshots")
            },
            **{
                f"PUT /v3/{kind}/{{id}}/metadata/{{key}}": {"meta": {"of": "b"}}
                for kind in ("volumes", "snapshots")
            },
        },
        actions={
            "/v3/volumes/{id}/action": {name: special.get(name, {}) for name in VOLUME_ACTIONS.table},
            "/v3/snapshots/{id}/action": snapshot,
            "/v3/backups/{id}/action": backup,
            "/v3/groups/{id}/action": {
                "delete": {"delete-volumes": True}, "reset_status": {"status": "available"},
                "enable_replication": {}, "disable_replication": {}, "failover_replication": {},
                "list_replication_targets": {},
            },
            "/v3/group_snapshots/{id}/action": {"reset_status": {"status": "available"}},
            "/v3/attachments/{id}/action": {"os-complete": {}},
            "/v3/types/{id}/action": {
                "addProjectAccess": {"project": "of-somebody"}, "removeProjectAccess": {"project": t["project"]},
            },
        },
        more=(
            Operation("GET /v3/volumes?all_tenants=1", "GET", f"{VOLUME}/volumes/detail?all_tenants=1"),
            Operation("GET /v3/volumes/{id} shows os-vol-host-attr:host", "GET", f"{VOLUME}/volumes/{t['volume']}",
                      shows="os-vol-host-attr:host"),
            Operation("GET /v3/limits?project_id", "GET", f"{VOLUME}/limits?project_id={t['project']}"),
        ),
        without=("/v3/{project_id}", "/v3/os-volume-transfer"),
    )  # fmt: skip


UNTIL_2_43 = {"addFixedIp": "networkId", "removeFixedIp": "address"}


def compute(t: Things) -> Knowledge:
    special: dict[str, Any] = {
        "reboot": {"type": "SOFT"}, "os-resetState": {"state": "active"}, "createImage": {"name": "x"},
        "addSecurityGroup": {"name": t["project"]}, "removeSecurityGroup": {"name": "default"},
        "os-getConsoleOutput": {}, "os-getVNCConsole": {"type": "novnc"}, "rebuild": {"imageRef": t["public"]},
        "resize": {"flavorRef": t["flavor"]}, "changePassword": {"adminPass": "x"},
    }  # fmt: skip
    named = {"name": "new"}
    server = {
        **named,
        "imageRef": t["public"],
        "flavorRef": t["flavor"],
        "networks": [{"uuid": t["network"]}],
    }
    servers, version = f"{COMPUTE}/servers", "compute 2.79"
    return Knowledge(
        names={
            "extensions": "servers", "flavors": t["flavor"], "os-extra_specs": "a:b", "images": t["image"],
            "metadata": "of", "os-aggregates": t["aggregate"], "os-hypervisors": t["hypervisor"],
            "os-keypairs": t["keypair"], "os-quota-class-sets": "default", "os-quota-sets": t["project"],
            "os-security-group-rules": t["security_group_rule"], "os-security-groups": t["security_group"],
            "os-server-groups": t["server_group"], "os-services": t["service"],
            "os-simple-tenant-usage": t["project"], "servers": t["server"], "ips": t["project_name"],
            "migrations": "1", "os-instance-actions": t["request"], "os-interface": t["interface"],
            "os-volume_attachments": t["volume"], "tags": "tag",
        },
        bodies={
            "POST /v2.1/flavors": {"flavor": {**named, "vcpus": 1, "ram": 64, "disk": 1}},
            "PUT /v2.1/flavors/{id}": {"flavor": {"description": "x"}},
            "POST /v2.1/flavors/{id}/os-extra_specs": {"extra_specs": {"c:d": "e"}},
            "PUT /v2.1/flavors/{id}/os-extra_specs/{key}": {"a:b": "d"},
            "POST /v2.1/os-aggregates": {"aggregate": named},
            "PUT /v2.1/os-aggregates/{id}": {"aggregate": named},
            "POST /v2.1/os-keypairs": {"keypair": {**named, "type": "ssh", "public_key": KEY}},
            "PUT /v2.1/os-quota-class-sets/{id}": {"quota_class_set": {"instances": 5}},
            "PUT /v2.1/os-quota-sets/{id}": {"quota_set": {"instances": 5}},
            "POST /v2.1/servers": {"server": server},
            "PUT /v2.1/servers/{id}": {"server": named},
            "POST /v2.1/servers/{id}/metadata": {"metadata": {"a": "b"}},
            "PUT /v2.1/servers/{id}/metadata": {"metadata": {"a": "b"}},
            "PUT /v2.1/servers/{id}/metadata/{key}": {"meta": {"of": "b"}},
            "PUT /v2.1/servers/{id}/tags": {"tags": ["a"]},
            "POST /v2.1/servers/{id}/remote-consoles": {"remote_console": {"protocol": "vnc", "type": "novnc"}},
            "POST /v2.1/servers/{id}/os-interface": {"interfaceAttachment": {"net_id": t["network"]}},
            "POST /v2.1/servers/{id}/os-volume_attachments": {"volumeAttachment": {"volumeId": t["free"]}},
        },
        actions={
            "/v2.1/servers/{id}/action": {name: special.get(name) for name in ACTIONS.table if name not in UNTIL_2_43},
            "/v2.1/flavors/{id}/action": {
                "addTenantAccess": {"tenant": "of-somebody"}, "removeTenantAccess": {"tenant": t["project"]},
            },
            "/v2.1/os-aggregates/{id}/action": {
                "add_host": {"host": t["host"]}, "remove_host": {"host": t["host"]}, "set_metadata": {"metadata": {}},
            },
        },
        versions={"PUT /v2.1/servers/{id}": version, "POST /v2.1/servers": version},
        more=(
            Operation("GET /v2.1/servers?all_tenants=1", "GET", f"{servers}?all_tenants=1", version=version),
            Operation("GET /v2.1/servers/detail?all_tenants=1", "GET", f"{servers}/detail?all_tenants=1", version=version),
            Operation("GET /v2.1/servers?status=DELETED", "GET", f"{servers}?status=DELETED", version=version),
            Operation("GET /v2.1/servers/{id} shows OS-EXT-SRV-ATTR:host", "GET", f"{servers}/{t['server']}",
                      version=version, shows="OS-EXT-SRV-ATTR:host"),
            Operation("POST /v2.1/servers availability_zone=zone:host", "POST", servers,
                      {"server": {**server, "availability_zone": f"nova:{t['host']}"}}, version),
            Operation("GET /v2.1/os-server-groups?all_projects", "GET", f"{COMPUTE}/os-server-groups?all_projects=1",
                      version=version),
            Operation("GET /v2.1/limits?tenant_id", "GET", f"{COMPUTE}/limits?tenant_id={t['project']}", version=version),
            Operation("GET /v2.1/os-keypairs?user_id", "GET", f"{COMPUTE}/os-keypairs?user_id={t['user']}",
                      version=version),
            *(
                Operation(f"POST /v2.1/servers/{{id}}/action {name}", "POST", f"{servers}/{t['server']}/action",
                          {name: {field: t["public"] if field == "networkId" else "192.0.2.7"}}, "compute 2.43")
                for name, field in UNTIL_2_43.items()
            ),
            Operation("GET /v2.1/flavors/{id} (of nobody)", "GET", f"{COMPUTE}/flavors/{t['hidden_flavor']}",
                      version=version),
        ),
    )  # fmt: skip


def object_storage(t: Things) -> Knowledge:
    thing = "/v1/{account}/{container}/{object_name:path}"
    return Knowledge(
        names={"account": f"AUTH_{t['project']}", "container": t["container"], "object_name": t["object"]},
        bodies={f"PUT {thing}": b"data"},
        headers={f"COPY {thing}": {"Destination": f"{t['container']}/copy"}},
    )


KNOWLEDGE = {
    "object_storage": object_storage,
    "dashboard": dashboard,
    "placement": placement,
    "oversight": oversight,
    "network": network,
    "image": image,
    "block_storage": block_storage,
    "compute": compute,
}
