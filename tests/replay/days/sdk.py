"""A day's work with openstacksdk: its cloud layer, which programs and Ansible's modules call, and its proxies."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack

warnings.simplefilter("ignore")
HOST = os.environ["REPLAY_HOST"]
HERE = Path(__file__).parent


def tried(call: Callable[..., Any], *words: Any, **options: Any) -> Any:
    """What comes of a call; a refusal is told, and the day goes on."""
    try:
        made = call(*words, **options)
        return list(made) if hasattr(made, "__next__") else made
    except Exception as refusal:
        print(call.__qualname__, words, "->", str(refusal)[:200], file=sys.stderr)
        return None


def people(admin: openstack.connection.Connection) -> None:
    domain = tried(admin.create_domain, "s-domain", description="first")
    tried(admin.update_domain, domain.id, description="second")
    project = tried(admin.create_project, "s-project", domain_id="default", description="first")
    tried(admin.update_project, "s-project", enabled=False, description="second")
    tried(admin.update_project, "s-project", enabled=True)
    tried(admin.create_user, name="s-user", password="secret-1", email="a@example.org", domain_id="default")
    tried(admin.update_user, "s-user", email="b@example.org", description="second")
    tried(admin.create_group, "s-group", "first", domain="default")
    tried(admin.add_user_to_group, "s-user", "s-group")
    tried(admin.is_user_in_group, "s-user", "s-group")
    tried(admin.remove_user_from_group, "s-user", "s-group")
    tried(admin.create_role, "s-role", domain_id=domain.id)
    role = tried(admin.create_role, "s-role")
    tried(admin.grant_role, "s-role", user="s-user", project="s-project")
    tried(admin.grant_role, "s-role", group="s-group", domain="s-domain")
    tried(admin.list_role_assignments, filters={"user": "s-user"})
    tried(admin.revoke_role, "s-role", user="s-user", project="s-project")
    service = tried(admin.create_service, "s-service", type="s-type", description="first")
    tried(admin.update_service, "s-service", enabled=False)
    tried(
        admin.create_endpoint,
        "s-service",
        public_url="http://127.0.0.1:1/",
        internal_url="http://127.0.0.1:2/",
    )
    for listing in (
        admin.search_domains, admin.list_projects, admin.list_users, admin.search_groups, admin.list_roles,
        admin.list_services, admin.list_endpoints,
    ):  # fmt: skip
        tried(listing)
    for proxy in (
        "regions", "credentials", "policies", "registered_limits", "limits", "identity_providers", "mappings",
        "role_assignments", "service_providers",
    ):  # fmt: skip
        tried(getattr(admin.identity, proxy))
    tried(
        admin.identity.create_registered_limit,
        service_id=service.id,
        resource_name="s-things",
        default_limit=3,
    )
    tried(admin.identity.create_credential, type="cert", blob="x", user_id=admin.current_user_id)
    tried(admin.identity.validate_user_has_project_role, project, admin.current_user_id, role)
    tried(admin.identity.user_projects, admin.current_user_id)
    tried(admin.identity.create_application_credential, admin.current_user_id, "s-credential")
    tried(admin.identity.application_credentials, admin.current_user_id)
    tried(admin.identity.access_rules, admin.current_user_id)


def networks(admin: openstack.connection.Connection, member: openstack.connection.Connection) -> None:
    tried(admin.create_network, "s-external", external=True)
    tried(
        admin.create_subnet, "s-external", cidr="198.51.100.0/24", subnet_name="s-external", enable_dhcp=False
    )
    network = tried(member.create_network, "s-net", mtu_size=1400)
    tried(
        member.create_subnet, "s-net", cidr="10.71.0.0/24", subnet_name="s-sub", dns_nameservers=["192.0.2.1"],
        allocation_pools=[{"start": "10.71.0.10", "end": "10.71.0.99"}],
    )  # fmt: skip
    tried(member.update_subnet, "s-sub", dns_nameservers=["192.0.2.2"], enable_dhcp=True)
    router = tried(
        member.create_router, "s-router", ext_gateway_net_id=tried(member.get_network, "s-external").id
    )
    tried(member.add_router_interface, router, subnet_id=tried(member.get_subnet, "s-sub").id)
    tried(member.list_router_interfaces, router)
    tried(
        member.update_router,
        "s-router",
        name="s-router",
        routes=[{"destination": "10.97.0.0/24", "nexthop": "10.71.0.9"}],
    )
    group = tried(member.create_security_group, "s-group", "first")
    tried(member.create_security_group_rule, "s-group", 22, 22, "tcp", "192.0.2.0/24")
    tried(member.create_security_group_rule, "s-group", protocol="icmp", remote_group_id=group.id)
    tried(member.update_security_group, "s-group", description="second")
    port = tried(member.create_port, network.id, name="s-port", fixed_ips=[{"ip_address": "10.71.0.77"}])
    tried(member.update_port, "s-port", name="s-port", admin_state_up=False)
    tried(member.network.set_tags, port, ["red"])
    tried(member.network.add_tag, port, "blue") if hasattr(member.network, "add_tag") else None
    tried(member.network.update_network, network, description="second", if_revision=1)
    address = tried(member.network.create_ip, floating_network_id=tried(member.get_network, "s-external").id)
    tried(member.network.update_ip, address, port_id=port.id)
    tried(member.network.update_ip, address, port_id=None)
    for each in (
        "networks", "subnets", "ports", "routers", "ips", "security_groups", "security_group_rules", "subnet_pools",
        "address_scopes", "address_groups", "extensions", "rbac_policies", "quotas", "availability_zones",
        "agents", "trunks", "qos_policies", "segments", "flavors", "service_profiles", "metering_labels",
        "default_security_group_rules", "network_ip_availabilities", "service_providers", "pools", "load_balancers",
    ):  # fmt: skip
        tried(getattr(member.network, each))
    tried(member.network.get_quota, member.current_project_id, details=True)
    tried(member.network.validate_auto_allocated_topology)


def images(member: openstack.connection.Connection) -> None:
    tried(
        member.create_image, "s-image", filename=str(HERE / "image"), disk_format="raw", container_format="bare",
        wait=True, os_distro="debian", tags=["red"], min_disk=1,
    )  # fmt: skip
    image = tried(member.get_image, "s-image")
    tried(member.update_image_properties, "s-image", hw_video_ram="4")
    tried(member.image.add_tag, image, "blue")
    tried(member.image.remove_tag, image, "blue")
    tried(member.image.update_image, image, visibility="shared", min_ram=64)
    tried(member.image.add_member, image, member_id=member.current_project_id)
    tried(member.image.members, image)
    tried(member.image.deactivate_image, image)
    tried(member.image.reactivate_image, image)
    tried(member.download_image, "s-image", output_path="/dev/null")
    tried(member.image.get_import_info)
    for each in (
        "images", "stores", "tasks", "metadef_namespaces", "metadef_resource_types", "cache_delete_image",
        "get_images_schema", "get_image_schema", "get_members_schema", "get_member_schema", "get_tasks_schema",
        "get_task_schema", "get_metadef_namespace_schema", "get_metadef_namespaces_schema",
        "get_metadef_resource_type_schema", "get_metadef_resource_types_schema", "get_metadef_object_schema",
        "get_metadef_objects_schema", "get_metadef_property_schema", "get_metadef_properties_schema",
        "get_metadef_tag_schema", "get_metadef_tags_schema", "get_image_cache",
    ):  # fmt: skip
        if hasattr(member.image, each) and each != "cache_delete_image":
            tried(getattr(member.image, each))


def volumes(admin: openstack.connection.Connection, member: openstack.connection.Connection) -> None:
    volume = tried(
        member.create_volume, 1, name="s-volume", description="first", metadata={"colour": "red"}, wait=True
    )
    tried(member.update_volume, "s-volume", description="second")
    tried(member.set_volume_bootable, "s-volume", True)
    tried(member.create_volume, 1, bootable=True, name="s-root", wait=True)
    snapshot = tried(member.create_volume_snapshot, volume.id, name="s-snapshot", wait=True)
    store = member.block_storage
    tried(store.extend_volume, volume, 2)
    tried(store.set_volume_metadata, volume, size="big")
    tried(store.delete_volume_metadata, volume, ["size"])
    tried(store.update_snapshot, snapshot, description="second")
    tried(store.set_snapshot_metadata, snapshot, colour="red")
    for each in (
        "volumes", "snapshots", "backups", "types", "limits", "get_limits", "attachments", "transfers", "groups",
        "group_types", "group_snapshots", "messages", "extensions", "availability_zones", "resource_filters",
        "summary",
    ):  # fmt: skip
        if hasattr(store, each):
            tried(getattr(store, each), *((True,) if each == "summary" else ()))
    tried(store.set_volume_readonly, volume, True)
    tried(store.set_volume_readonly, volume, False)
    transfer = tried(store.create_transfer, volume_id=volume.id, name="s-transfer")
    if transfer:
        tried(admin.block_storage.accept_transfer, transfer.id, transfer.auth_key)
    tried(admin.block_storage.reset_volume_status, volume, "error", None, None)
    tried(admin.block_storage.reset_volume_status, volume, "available", None, None)
    tried(admin.block_storage.backend_pools)
    tried(admin.block_storage.services)
    tried(admin.block_storage.get_capabilities, HOST)
    tried(admin.block_storage.get_quota_set, member.current_project_id)
    tried(admin.block_storage.get_quota_set_defaults, member.current_project_id)
    kind = tried(admin.block_storage.create_type, name="s-type", extra_specs={"colour": "red"})
    tried(admin.block_storage.update_type_extra_specs, kind, size="big")
    tried(admin.block_storage.get_type_access, kind)
    tried(admin.block_storage.get_type_encryption, kind)
    tried(
        admin.block_storage.create_type_encryption,
        kind,
        provider="luks",
        control_location="front-end",
        cipher="aes-xts-plain64",
        key_size=256,
    )
    tried(admin.block_storage.delete_type, kind)
    tried(admin.list_volume_types)


def servers(admin: openstack.connection.Connection, member: openstack.connection.Connection) -> None:
    flavor = tried(admin.create_flavor, "s-small", 64, 1, 1)
    tried(admin.set_flavor_specs, flavor.id, {"a": "b"})
    tried(admin.unset_flavor_specs, flavor.id, ["a"])
    larger = tried(admin.create_flavor, "s-large", 128, 1, 2, is_public=False)
    tried(admin.add_flavor_access, larger.id, member.current_project_id)
    tried(admin.list_flavor_access, larger.id)
    tried(admin.set_compute_quotas, member.current_project_id, cores=40, ram=60000, instances=20)
    tried(admin.get_compute_quotas, member.current_project_id)
    tried(admin.get_compute_usage, member.current_project_id)
    tried(member.create_keypair, "s-key")
    tried(member.create_server_group, "s-servers", ["soft-affinity"])
    server = tried(
        member.create_server, "s-server", image="s-image", flavor="s-small", network="s-net", key_name="s-key",
        security_groups=["s-group"], meta={"colour": "red"}, userdata="#!/bin/sh", config_drive=True, wait=True, timeout=60,
    )  # fmt: skip
    tried(
        member.create_server,
        "s-second",
        flavor="s-small",
        boot_volume="s-root",
        nics=[{"port-id": tried(member.get_port, "s-port").id}],
        wait=True,
        auto_ip=False,
    )
    tried(
        member.create_server,
        "s-third",
        flavor="s-small",
        image="s-image",
        network="s-net",
        wait=True,
        auto_ip=False,
    )
    server = server or tried(member.get_server, "s-server")
    tried(member.list_servers, detailed=True)
    tried(member.get_server_console, "s-server")
    tried(member.update_server, "s-server", name="s-renamed")
    tried(member.set_server_metadata, server.id, {"size": "big"})
    tried(member.delete_server_metadata, server.id, ["size"])
    tried(member.attach_volume, server, tried(member.get_volume, "s-volume"), wait=True)
    tried(member.list_volumes, cache=False)
    tried(member.detach_volume, server, tried(member.get_volume, "s-volume"), wait=True)
    tried(member.add_server_security_groups, server, ["default"])
    tried(member.remove_server_security_groups, server, ["default"])
    tried(member.list_server_security_groups, server)
    tried(member.create_image_snapshot, "s-made", server, wait=False)
    tried(member.rebuild_server, server.id, tried(member.get_image, "s-image").id, wait=True)
    tried(member.available_floating_ip)
    for each in (
        "servers", "flavors", "keypairs", "limits", "get_limits", "images", "server_groups", "availability_zones",
        "extensions", "usages", "volume_attachments", "aggregates", "hypervisors", "services", "migrations",
    ):  # fmt: skip
        if hasattr(member.compute, each) and each != "volume_attachments":
            tried(getattr(member.compute, each))
    compute = member.compute
    for each in ("server_interfaces", "server_ips", "volume_attachments", "server_actions", "fetch_server_security_groups",
                 "get_server_diagnostics", "get_server_password", "get_server_tags", "server_migrations",
                 "get_server_metadata", "get_server_console_output"):  # fmt: skip
        if hasattr(compute, each):
            tried(getattr(compute, each), server)
    for each in ("stop_server", "start_server", "pause_server", "unpause_server", "suspend_server", "resume_server",
                 "lock_server", "unlock_server", "rescue_server", "unrescue_server", "shelve_server",
                 "unshelve_server"):  # fmt: skip
        tried(getattr(compute, each), server)
    tried(compute.reboot_server, server, "SOFT")
    tried(compute.resize_server, server, larger.id)
    tried(compute.confirm_server_resize, server)
    tried(compute.create_console, server, "novnc") if hasattr(compute, "create_console") else None
    tried(compute.change_server_password, server, "secret")
    tried(compute.create_server_interface, server, net_id=tried(member.get_network, "s-net").id)
    for each in ("aggregates", "hypervisors", "services", "migrations", "usages"):
        if hasattr(admin.compute, each):
            tried(getattr(admin.compute, each))
    tried(admin.compute.hypervisors, details=True)
    aggregate = tried(admin.create_aggregate, "s-aggregate", availability_zone="s-zone")
    tried(admin.set_aggregate_metadata, aggregate.id, {"a": "b"})
    tried(admin.add_host_to_aggregate, aggregate.id, HOST)
    tried(admin.remove_host_from_aggregate, aggregate.id, HOST)
    tried(admin.delete_aggregate, aggregate.id)
    for each in ("resource_providers", "resource_classes", "traits"):
        tried(getattr(admin.placement, each))
    for provider in tried(admin.placement.resource_providers)[:1]:
        tried(admin.placement.resource_provider_inventories, provider)
        tried(admin.placement.fetch_resource_provider_aggregates, provider)
    for name in ("s-renamed", "s-second", "s-third"):
        tried(member.delete_server, name, wait=True, delete_ips=True)


def ended(admin: openstack.connection.Connection, member: openstack.connection.Connection) -> None:
    """Nothing is left of it."""
    for each in tried(member.network.ips) or ():
        tried(member.delete_floating_ip, each.id)
    tried(member.delete_keypair, "s-key")
    tried(member.delete_server_group, "s-servers")
    tried(member.delete_volume_snapshot, "s-snapshot", wait=True)
    for name in ("s-volume", "s-root"):
        tried(admin.delete_volume, name, wait=True)
        tried(member.delete_volume, name, wait=True)
    for name in ("s-made", "s-image"):
        tried(member.delete_image, name)
    tried(member.update_router, "s-router", routes=[])
    router = tried(member.get_router, "s-router")
    tried(member.remove_router_interface, router, subnet_id=tried(member.get_subnet, "s-sub").id)
    tried(member.delete_router, "s-router")
    tried(member.delete_port, "s-port")
    tried(member.delete_security_group, "s-group")
    tried(member.delete_network, "s-net")
    tried(admin.delete_network, "s-external")
    for name in ("s-small", "s-large"):
        tried(admin.delete_flavor, name)
    for kind in ("endpoint", "service", "role", "group", "user", "project"):
        tried(getattr(admin, f"delete_{kind}"), f"s-{kind}")
    domain = tried(admin.get_domain, name_or_id="s-domain")
    tried(admin.delete_domain, domain.id)


def main() -> None:
    with openstack.connect(cloud="admin") as admin, openstack.connect(cloud="member") as member:
        people(admin)
        networks(admin, member)
        images(member)
        volumes(admin, member)
        servers(admin, member)
        ended(admin, member)


if __name__ == "__main__":
    main()
