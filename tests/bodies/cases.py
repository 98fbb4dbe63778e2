"""The right bodies that are spoilt: what makes and changes things, with every field that upstream documents."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    who: str
    method: str
    path: str
    body: Any
    undo: str = ""
    """What is deleted when it was made: a path with `{made}` for its id; nothing, if nothing is made."""
    versions: tuple[str, ...] = ()
    """Other than the lowest and the highest."""


VERSIONS = {"compute": ("compute 2.1", "compute 2.104"), "volume": ("volume 3.0", "volume 3.71")}
NEW = ("compute 2.104",)
OLD = ("compute 2.1",)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl someone@example.org"

COMPUTE = (
    Case(
        "member", "POST", "/servers",
        {
            "server": {
                "name": "spoilt", "imageRef": "{image_a.id}", "flavorRef": "filters-a",
                "networks": [{"uuid": "{network_a.id}"}], "metadata": {"colour": "red"}, "user_data": "eA==",
                "key_name": "filters-key", "availability_zone": "nova", "config_drive": True,
                "security_groups": [{"name": "default"}], "min_count": 1, "max_count": 1,
                "accessIPv4": "192.0.2.7", "accessIPv6": "2001:db8::7", "adminPass": "secret",
                "OS-DCF:diskConfig": "AUTO", "return_reservation_id": False,
                "personality": [{"path": "/etc/x", "contents": "eA=="}],
            },
            "os:scheduler_hints": {"different_host": ["{server_a.id}"]},
        },
        "/servers/{made}", OLD,
    ),
    Case(
        "member", "POST", "/servers",
        {
            "server": {
                "name": "spoilt", "imageRef": "{image_a.id}", "flavorRef": "filters-a",
                "networks": [{"uuid": "{network_a.id}", "fixed_ip": "10.71.0.99", "tag": "first"}],
                "metadata": {"colour": "red"}, "user_data": "eA==", "key_name": "filters-key",
                "availability_zone": "nova", "config_drive": True, "security_groups": [{"name": "default"}],
                "min_count": 1, "max_count": 1, "accessIPv4": "192.0.2.7", "adminPass": "secret",
                "OS-DCF:diskConfig": "MANUAL", "description": "first", "tags": ["red"], "hostname": "first",
                "trusted_image_certificates": None,
            },
            "OS-SCH-HNT:scheduler_hints": {"same_host": "{server_a.id}"},
        },
        "/servers/{made}", NEW,
    ),
    Case(
        "member", "POST", "/servers",
        {
            "server": {
                "name": "spoilt", "flavorRef": "filters-a", "networks": "none", "imageRef": "{image_a.id}",
                "block_device_mapping_v2": [
                    {
                        "boot_index": 0, "uuid": "{image_a.id}", "source_type": "image",
                        "destination_type": "local", "delete_on_termination": True, "device_name": "/dev/vda",
                        "tag": "first", "disk_bus": "virtio", "device_type": "disk",
                    }
                ],
            }
        },
        "/servers/{made}", NEW,
    ),
    Case(
        "member", "PUT", "/servers/{server_b.id}",
        {"server": {"name": "server-b", "accessIPv4": "192.0.2.9", "accessIPv6": "2001:db8::9",
                    "OS-DCF:diskConfig": "MANUAL"}},
    ),
    Case(
        "member", "PUT", "/servers/{server_b.id}",
        {"server": {"name": "server-b", "description": "second", "hostname": "second"}}, "", NEW,
    ),
    Case("member", "POST", "/servers/{server_b.id}/metadata", {"metadata": {"colour": "red"}}),
    Case("member", "PUT", "/servers/{server_b.id}/metadata", {"metadata": {"colour": "red"}}),
    Case("member", "PUT", "/servers/{server_b.id}/metadata/colour", {"meta": {"colour": "red"}}),
    Case("member", "PUT", "/servers/{server_b.id}/tags", {"tags": ["red"]}, "", NEW),
    Case("member", "POST", "/servers/{server_b.id}/action", {"lock": {"locked_reason": "first"}}, "", NEW),
    Case("admin", "POST", "/servers/{server_b.id}/action", {"unlock": None}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"os-getConsoleOutput": {"length": 5}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"os-getVNCConsole": {"type": "novnc"}}, "", OLD),
    Case("member", "POST", "/servers/{server_b.id}/action", {"reboot": {"type": "SOFT"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"addSecurityGroup": {"name": "nobodys"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"removeSecurityGroup": {"name": "nobodys"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"resize": {"flavorRef": "nothing",
                                                                        "OS-DCF:diskConfig": "AUTO"}}),
    Case(
        "member", "POST", "/servers/{server_b.id}/action",
        {"rebuild": {"imageRef": "nothing", "name": "server-b", "adminPass": "secret", "metadata": {"a": "b"},
                     "accessIPv4": "192.0.2.9", "OS-DCF:diskConfig": "AUTO", "preserve_ephemeral": False}},
    ),
    Case("member", "POST", "/servers/{server_b.id}/action",
         {"rescue": {"adminPass": "secret", "rescue_image_ref": "nothing"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"addFloatingIp": {"address": "192.0.2.1"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"addFixedIp": {"networkId": "nothing"}}),
    Case("member", "POST", "/servers/{server_b.id}/action", {"removeFixedIp": {"address": "192.0.2.1"}}),
    Case("admin", "POST", "/servers/{server_b.id}/action", {"os-resetState": {"state": "active"}}),
    Case("member", "POST", "/servers/{server_b.id}/remote-consoles",
         {"remote_console": {"protocol": "vnc", "type": "novnc"}}, "", NEW),
    Case("member", "POST", "/servers/{server_b.id}/os-volume_attachments",
         {"volumeAttachment": {"volumeId": "nothing", "device": "/dev/vdq", "tag": "first",
                               "delete_on_termination": False}}),
    Case("member", "POST", "/servers/{server_b.id}/os-interface",
         {"interfaceAttachment": {"net_id": "nothing", "fixed_ips": [{"ip_address": "192.0.2.1"}], "tag": "a"}}),
    Case(
        "admin", "POST", "/flavors",
        {"flavor": {"name": "spoilt", "ram": 64, "vcpus": 1, "disk": 1, "id": "spoilt", "swap": 1,
                    "OS-FLV-EXT-DATA:ephemeral": 1, "rxtx_factor": 1, "os-flavor-access:is_public": True}},
        "/flavors/{made}",
    ),
    Case("admin", "POST", "/flavors",
         {"flavor": {"name": "spoilt", "ram": 64, "vcpus": 1, "disk": 1, "description": "first"}},
         "/flavors/{made}", NEW),
    Case("admin", "PUT", "/flavors/filters-b", {"flavor": {"description": "second"}}),
    Case("admin", "POST", "/flavors/filters-b/os-extra_specs", {"extra_specs": {"colour": "red"}}),
    Case("admin", "PUT", "/flavors/filters-b/os-extra_specs/colour", {"colour": "red"}),
    Case("admin", "POST", "/flavors/filters-b/action", {"addTenantAccess": {"tenant": "{server_a.tenant_id}"}}),
    Case("admin", "POST", "/flavors/filters-b/action", {"removeTenantAccess": {"tenant": "nothing"}}),
    Case("admin", "POST", "/os-keypairs",
         {"keypair": {"name": "spoilt", "public_key": KEY, "type": "ssh", "user_id": "{server_a.user_id}"}},
         "/os-keypairs/spoilt?user_id={server_a.user_id}"),
    Case("member", "POST", "/os-keypairs", {"keypair": {"name": "spoilt", "public_key": KEY}},
         "/os-keypairs/spoilt"),
    Case("member", "POST", "/os-server-groups",
         {"server_group": {"name": "spoilt", "policies": ["affinity"]}}, "/os-server-groups/{made}"),
    Case("member", "POST", "/os-server-groups",
         {"server_group": {"name": "spoilt", "policy": "anti-affinity", "rules": {"max_server_per_host": 3}}},
         "/os-server-groups/{made}", NEW),
    Case("admin", "POST", "/os-aggregates", {"aggregate": {"name": "spoilt", "availability_zone": "elsewhere"}},
         "/os-aggregates/{made}"),
    Case("admin", "PUT", "/os-aggregates/999999", {"aggregate": {"name": "x", "availability_zone": "there"}}),
    Case("admin", "POST", "/os-aggregates/999999/action", {"add_host": {"host": "nothing"}}),
    Case("admin", "POST", "/os-aggregates/999999/action", {"set_metadata": {"metadata": {"a": "b"}}}),
    Case(
        "admin", "PUT", "/os-quota-sets/{server_a.tenant_id}",
        {"quota_set": {"instances": -1, "cores": -1, "ram": -1, "metadata_items": 128, "key_pairs": 100,
                       "server_groups": 100, "server_group_members": 10, "force": False}},
    ),
    Case("admin", "PUT", "/os-services/disable", {"host": "nothing", "binary": "nova-compute"}, "", OLD),
    Case("admin", "PUT", "/os-services/00000000-0000-0000-0000-000000000001",
         {"status": "disabled", "disabled_reason": "first", "forced_down": False}, "", NEW),
)  # fmt: skip

VOLUME = (
    Case(
        "member", "POST", "/volumes",
        {
            "volume": {"size": 1, "name": "spoilt", "description": "first", "metadata": {"colour": "red"},
                       "availability_zone": "nova", "volume_type": "type-b", "imageRef": None,
                       "snapshot_id": None, "source_volid": None, "consistencygroup_id": None},
            "OS-SCH-HNT:scheduler_hints": {"same_host": ["{volume_a.id}"]},
        },
        "/volumes/{made}",
    ),
    Case("member", "PUT", "/volumes/{volume_b.id}",
         {"volume": {"name": "volume-b", "description": "second", "metadata": {"colour": "blue"}}}),
    Case("member", "POST", "/volumes/{volume_b.id}/metadata", {"metadata": {"colour": "red"}}),
    Case("member", "PUT", "/volumes/{volume_b.id}/metadata", {"metadata": {"colour": "red"}}),
    Case("member", "PUT", "/volumes/{volume_b.id}/metadata/colour", {"meta": {"colour": "red"}}),
    Case("member", "POST", "/snapshots",
         {"snapshot": {"volume_id": "{volume_b.id}", "name": "spoilt", "description": "first",
                       "metadata": {"colour": "red"}, "force": False}},
         "/snapshots/{made}"),
    Case("member", "PUT", "/snapshots/{snapshot_b.id}", {"snapshot": {"name": "x", "description": "second"}}),
    Case("member", "POST", "/snapshots/{snapshot_b.id}/metadata", {"metadata": {"colour": "red"}}),
    Case("member", "PUT", "/snapshots/{snapshot_b.id}/metadata/colour", {"meta": {"colour": "red"}}),
    Case("admin", "POST", "/types",
         {"volume_type": {"name": "spoilt", "description": "first", "os-volume-type-access:is_public": True,
                          "extra_specs": {"colour": "red"}}},
         "/types/{made}"),
    Case("admin", "PUT", "/types/{type_b.id}",
         {"volume_type": {"name": "type-b", "description": "second", "is_public": True}}),
    Case("admin", "POST", "/types/{type_b.id}/extra_specs", {"extra_specs": {"colour": "red"}}),
    Case("admin", "PUT", "/types/{type_b.id}/extra_specs/colour", {"colour": "red"}),
    Case("admin", "POST", "/types/{type_a.id}/action", {"addProjectAccess": {"project": "{server_a.tenant_id}"}},
         "", ("volume 3.0",)),
    Case("admin", "POST", "/types/{type_a.id}/action", {"removeProjectAccess": {"project": "nothing"}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action", {"os-set_bootable": {"bootable": True}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action", {"os-update_readonly_flag": {"readonly": False}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action", {"os-extend": {"new_size": 1}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action",
         {"os-set_image_metadata": {"metadata": {"colour": "red"}}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action", {"os-unset_image_metadata": {"key": "colour"}}),
    Case("member", "POST", "/volumes/{volume_b.id}/action",
         {"os-retype": {"new_type": "nothing", "migration_policy": "never"}}),
    Case("admin", "POST", "/volumes/{volume_b.id}/action",
         {"os-reset_status": {"status": "available", "attach_status": "detached", "migration_status": "none"}}),
    Case("admin", "POST", "/snapshots/{snapshot_b.id}/action", {"os-reset_status": {"status": "available"}}),
    Case("admin", "PUT", "/os-quota-sets/{server_a.tenant_id}",
         {"quota_set": {"volumes": -1, "snapshots": -1, "gigabytes": -1, "per_volume_gigabytes": -1}}),
    Case("member", "POST", "/os-volume-transfer", {"transfer": {"volume_id": "nothing", "name": "spoilt"}}),
    Case("member", "POST", "/volume-transfers",
         {"transfer": {"volume_id": "nothing", "name": "spoilt", "no_snapshots": True}}, "", ("volume 3.71",)),
    Case("member", "POST", "/os-volume-transfer/00000000-0000-0000-0000-000000000001/accept",
         {"accept": {"auth_key": "secret"}}),
    Case("member", "POST", "/attachments",
         {"attachment": {"volume_uuid": "nothing", "instance_uuid": "{server_b.id}", "connector": {"host": "x"},
                         "mode": "rw"}}, "", ("volume 3.71",)),
)  # fmt: skip

IMAGE = (
    Case("member", "POST", "/images",
         {"name": "spoilt", "disk_format": "raw", "container_format": "bare", "visibility": "private",
          "min_disk": 1, "min_ram": 1, "protected": False, "tags": ["red"], "os_hidden": False,
          "os_distro": "first"}, "/images/{made}"),
    Case("member", "PATCH", "/images/{image_b.id}", [{"op": "replace", "path": "/name", "value": "image-b"}]),
    *(Case("member", "PATCH", "/images/{image_b.id}", [{"op": "add", "path": f"/{name}", "value": value}])
      for name, value in (("colour", "red"), ("min_disk", 1), ("protected", False), ("tags", ["red"]),
                          ("visibility", "shared"), ("disk_format", "qcow2"), ("os_hidden", False))),
    Case("member", "PATCH", "/images/{image_b.id}", [{"op": "remove", "path": "/colour"}]),
    Case("member", "POST", "/images/{image_b.id}/members", {"member": "somebody"},
         "/images/{image_b.id}/members/somebody"),
    Case("member", "POST", "/images/{image_b.id}/import",
         {"method": {"name": "glance-direct"}, "all_stores": False, "all_stores_must_succeed": True}),
    Case("admin", "POST", "/metadefs/namespaces",
         {"namespace": "spoilt", "display_name": "first", "description": "first", "visibility": "private",
          "protected": False}, "/metadefs/namespaces/spoilt"),
)  # fmt: skip
