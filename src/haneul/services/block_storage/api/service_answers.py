"""What block storage answers of its services, hosts and back ends."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType, since


class Service(Answer):
    binary: str
    host: str
    zone: str
    status: str
    state: str
    updated_at: str | None
    disabled_reason: str | None
    cluster: Annotated[str | None, since("3.7")]
    replication_status: str | UnsetType = UNSET
    """Of those that keep volumes, like the three below."""
    active_backend_id: str | UnsetType | None = UNSET
    frozen: bool | UnsetType = UNSET
    backend_state: Annotated[str | UnsetType, since("3.49")] = UNSET


class Services(Answer):
    services: list[Service]


class ChangedService(Answer):
    host: str
    service: str
    binary: str
    status: str
    disabled: bool
    disabled_reason: str | UnsetType = UNSET


class Levels(Answer):
    binary: str
    host: str
    levels: dict[str, str]


class LogLevels(Answer):
    log_levels: list[Levels]


class Host(Answer):
    host_name: str
    service: str
    zone: str
    service_status: str = field(name="service-status")
    service_state: str = field(name="service-state")
    last_update: str | None = field(name="last-update")


class Hosts(Answer):
    hosts: list[Host]


class Resource(Answer):
    host: str
    project: str
    volume_count: str
    total_volume_gb: str
    snapshot_count: str
    total_snapshot_gb: str


class HostResource(Answer):
    resource: Resource


class HostLoad(Answer):
    host: list[HostResource]


class ChangedHost(Answer):
    host: str
    status: str


class Clusters(Answer):
    """Always empty: each host answers for itself."""

    clusters: list[Any]


class CleanedUp(Answer):
    """Always empty: long work goes on by itself."""

    cleaning: list[Any]
    unavailable: list[Any]


class Capabilities(Answer):
    volume_backend_name: str
    vendor_name: str
    driver_version: str
    storage_protocol: str
    total_capacity_gb: float
    free_capacity_gb: float
    provisioned_capacity_gb: float
    thin_provisioning_support: bool
    multiattach: bool
    qos_support: bool = field(name="QoS_support")


class Pool(Answer):
    name: str
    capabilities: Capabilities | UnsetType = UNSET
    """With `detail`."""


class Pools(Answer):
    pools: list[Pool]


class BackEnd(Answer):
    """What a back end can do."""

    namespace: str
    vendor_name: str
    volume_backend_name: str
    pool_name: str | None
    driver_version: str
    storage_protocol: str
    display_name: str | None
    description: str | None
    visibility: str | None
    replication_targets: list[str]
    properties: dict[str, dict[str, str | bool]]


class ZoneState(Answer):
    available: bool


class Zone(Answer):
    zone_name: str = field(name="zoneName")
    zone_state: ZoneState = field(name="zoneState")


class Zones(Answer):
    zones: list[Zone] = field(name="availabilityZoneInfo")
