"""What is asked of each list: by every attribute that is shown, and by every filter that upstream knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.filters.world import KINDS, Things


class Question(NamedTuple):
    who: str
    kind: str
    version: str
    query: str


SERVERS = (
    "user_id={server_a.user_id}", "user_id=nobody", "project_id={server_a.tenant_id}", "project_id=none",
    "tenant_id=none", "all_tenants=1&tenant_id={server_a.tenant_id}", "all_tenants=1&project_id=none",
    "launch_index=0", "launch_index=7", "image={image_a.id}", "image=nothing", "image_ref={image_a.id}",
    "image_ref=nothing", "kernel_id=x", "ramdisk_id=x", "hostname=server-a", "hostname=^server-b$",
    "key_name=filters-key", "key_name=nothing", "power_state=1", "power_state=4", "vm_state=active",
    "vm_state=stopped", "vm_state=nothing", "task_state=spawning", "host={server_a.host}", "host=nothing",
    "node=nothing", "flavor=filters-a", "flavor=filters-b", "flavor=nothing",
    "reservation_id={server_a.reservation_id}", "reservation_id=r-nothing", "launched_at=20", "launched_at=1999",
    "terminated_at=20", "availability_zone=nova", "availability_zone=nothing", "name=server-a", "name=^server-.$",
    "name=^server$", "display_name=server-b", "description=first", "description=nothing",
    "display_description=first", "locked_by=owner", "locked_by=admin", "uuid={server_a.id}", "uuid=nothing",
    "root_device_name=/dev/vda", "root_device_name=/dev/sda", "config_drive=True", "config_drive=1",
    "config_drive=nothing", "access_ip_v4=192.0.2.7", "access_ip_v4=192.0.2.8", "access_ip_v6=2001:db8::7",
    "auto_disk_config=1", "progress=0", "progress=50", "soft_deleted=True", "deleted=False", "status=ACTIVE",
    "status=SHUTOFF", "status=nothing", "status=active&status=shutoff", "changes-since=2000-01-01T00:00:00Z",
    "changes-since=2100-01-01T00:00:00Z", "changes-before=2000-01-01T00:00:00Z", "ip=10.71.0.71", "ip=10.71",
    "ip=10.72", "ip6=fd71", "created_at=20", "created_at=1999", "tags=red", "tags=red,blue", "tags-any=red,blue",
    "not-tags=red", "not-tags-any=red,blue", "locked=True", "locked=False", "locked=nothing", "nothing=1",
    "_nothing=1", "metadata=colour", "security_groups=x", "services=x", "block_device_mapping=x",
    "limit=0", "limit=-1", "limit=x", "limit=1&sort_key=created_at&sort_dir=asc", "marker=nothing",
    "sort_key=nothing", "sort_key=host", "sort_key=vcpus", "sort_dir=nothing",
)  # fmt: skip
VERSIONS = ("compute 2.1", "compute 2.74", "compute 2.75", "compute 2.96")
OTHERS = {
    "network": ("tags=red", "tags=red,blue", "tags=green", "tags-any=green,red", "not-tags=red", "not-tags-any=red",
                "shared=True", "shared=False", "router:external=True", "is_default=True",
                "name=net-a&name=net-b", "provider:network_type=nothing", "status=ACTIVE", "status=DOWN", "name=",
                "description=", "limit=-1", "limit=x", "sort_key=nothing", "sort_key=name&sort_dir=x"),
    "subnet": ("tags=red", "not-tags-any=red,blue", "ip_version=4", "ip_version=6", "shared=True", "cidr=10.71.0.0/24",
               "cidr=fd71::/64", "service_types=x", "segmentation_id=1", "segment_id=x", "router:external=True"),
    "port": ("tags=red", "tags-any=green,blue", "fixed_ips=ip_address=10.71.0.71", "fixed_ips=ip_address=10.71.0.72",
             "fixed_ips=subnet_id={subnet_a.id}", "fixed_ips=ip_address_substr=10.71", "fixed_ips=nothing",
             "fixed_ips=ip_address=10.71.0.71&fixed_ips=subnet_id={subnet_b.id}",
             "security_groups={security_group_a.id}", "security_groups=nothing", "network_id={network_b.id}",
             "mac_address=FA:16:3E:71:00:0A", "admin_state_up=False", "ip_allocation=immediate", "device_owner=",
             "binding:vif_type=unbound"),
    "router": ("tags=red", "not-tags=red", "admin_state_up=False", "external_gateway_info=x", "ha=False",
               "distributed=False", "flavor_id=x", "availability_zone=nova"),
    "security_group": ("tags=red", "name=default", "stateful=False", "shared=True", "not-tags-any=red"),
    "security_group_rule": ("protocol=tcp", "protocol=TCP", "protocol=udp", "port_range_min=22", "direction=egress",
                            "remote_group_id={security_group_a.id}", "ethertype=IPv6",
                            "remote_ip_prefix=10.0.0.0/8"),
    "floatingip": ("tags=red", "status=DOWN", "floating_network_id={network_s.id}", "port_id=x", "router_id=x"),
    "subnetpool": ("tags=red", "is_default=True", "shared=False", "ip_version=4", "address_scope_id=x"),
    "address_scope": ("shared=False", "ip_version=6"),
    "flavor": ("minRam=65", "minDisk=2", "minRam=x", "minDisk=x", "is_public=True", "is_public=False", "is_public=None",
               "is_public=x", "sort_key=nothing", "sort_dir=x"),
    "volume": ("status=available", "status=nothing", "metadata={'colour': 'red'}", "metadata={'colour': 'blue'}",
               "metadata=x", "bootable=true", "bootable=false", "bootable=x", "migration_status=x",
               "availability_zone=nova", "availability_zone=x", "group_id=x", "size=2", "size=x", "name~=volume",
               "name~=me-a", "created_at=gt:2000-01-01", "created_at=lt:2000-01-01", "created_at=x",
               "updated_at=gt:2000-01-01", "consumes_quota=true", "consumes_quota=x", "host=x", "project_id=x",
               "glance_metadata={'x': 'y'}", "all_tenants=1", "all_tenants=1&name=volume-a",
               "all_tenants=1&project_id=x", "display_name=volume-b", "volume_type=x", "sort=name:x", "sort=x",
               "limit=-1", "limit=x", "offset=x", "offset=1&sort=name:asc", "marker=x"),
    "snapshot": ("status=available", "status=x", "volume_id={volume_a.id}", "volume_id=x",
                 "metadata={'colour': 'red'}", "availability_zone=nova", "availability_zone=x", "name~=shot-b",
                 "consumes_quota=true", "created_at=lt:2000-01-01", "all_tenants=1&project_id=x", "sort=x"),
    "type": ("is_public=True", "is_public=False", "is_public=None", "is_public=x",
             "extra_specs={'multiattach': 'x'}", "name=type-a"),
    "image": ("status=active", "status=queued", "status=in:active,queued", "name=image-a", "name=in:image-a,image-b",
              "disk_format=raw", "container_format=bare", "visibility=private", "visibility=shared", "visibility=all",
              "visibility=x", "os_distro=first", "os_distro=x", "tag=red", "tag=x", "size_min=1", "size_max=1",
              "size_min=x", "min_ram=1", "min_disk=0", "protected=true", "protected=false", "protected=x",
              "owner={image_a.owner}", "owner=x", "member_status=all", "member_status=x", "os_hidden=true",
              "os_hidden=false", "created_at=gt:2000-01-01T00:00:00Z", "created_at=lt:2000-01-01T00:00:00Z",
              "created_at=x", "id=in:{image_a.id}", "sort_key=x", "sort_dir=x", "sort=name:asc,x", "limit=x",
              "limit=-1", "marker=x", "nothing=1", "checksum={image_a.checksum}"),
    "user": ("enabled=true", "enabled=false", "enabled=0", "name__contains=filters", "name__startswith=filters-b",
             "name__icontains=TERS-A", "domain_id=default", "password_expires_at=lt:2000-01-01T00:00:00Z", "idp_id=x",
             "name__nothing=x", "unique_id=x"),
    "project": ("enabled=false", "is_domain=true", "parent_id={domain_a.id}", "tags=red", "name__contains=filters",
                "domain_id={domain_a.id}"),
    "group": ("name__endswith=-a", "domain_id={domain_a.id}"),
    "domain": ("enabled=false",),
    "role": ("domain_id=x", "name__startswith=filters"),
    "region": ("parent_region_id=filters-a",),
    "service": ("type=second",),
    "endpoint": ("interface=internal", "service_id={service_a.id}", "region_id=filters-a", "interface=x",
                 "enabled=false"),
    "credential": ("type=second", "user_id={user_a.id}"),
}  # fmt: skip
UNSTABLE = {"links", "self", "file", "schema", "location"}
TELLING = {"created_at", "updated_at", "password_expires_at"}
"""Times: two things made in one second may share them."""


def questions(things: Things) -> Iterator[Question]:
    """Everything that is asked; `things` are shown by the cloud that is recorded."""
    for who in ("admin", "member"):
        for version in VERSIONS:
            for query in SERVERS:
                yield Question(who, "server", version, query)
    for kind, (service, _, _) in KINDS.items():
        if kind == "server":
            continue
        people = ("admin", "member") if service != "identity" else ("admin",)
        versions = {"volume": ("volume 3.0", "volume 3.70"), "compute": ("compute 2.1", "compute 2.90")}
        for who in people:
            for version in versions.get(service, ("",)):
                for query in (*by_attribute(kind, things), *OTHERS.get(kind, ()), "nothing=1"):
                    yield Question(who, kind, version, query)


def by_attribute(kind: str, things: Things) -> Iterator[str]:
    """Each plain attribute of the first thing: its value, and one that nothing has."""
    for name, value in sorted(things[f"{kind}_a"].items()):
        if name in UNSTABLE | TELLING or not is_plain(value):
            continue
        if value is not None and value != "":
            yield f"{name}={{{kind}_a.{name}}}"
        if not isinstance(value, (bool, int)):
            yield f"{name}=nothing-like-it"


def is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, bool))
