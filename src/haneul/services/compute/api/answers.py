"""What compute answers of all but servers, as every version of it shows it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, TypedLink, UnsetType, between, since, until
from haneul.kernel.http.zones import ZoneState


class NewAggregate(Answer):
    id: int
    name: str
    availability_zone: str | None
    created_at: str
    updated_at: str | None
    deleted: bool
    deleted_at: str | None
    uuid: Annotated[str, since("2.41")]


class Aggregate(NewAggregate):
    hosts: list[str]
    metadata: dict[str, str]


class OneNewAggregate(Answer):
    aggregate: NewAggregate


class OneAggregate(Answer):
    aggregate: Aggregate


class Aggregates(Answer):
    aggregates: list[Aggregate]


class FlavorName(Answer):
    id: str
    name: str
    links: list[Link]
    description: Annotated[str | None, since("2.55")]


class Flavor(FlavorName):
    """Before 2.75 no swap is an empty text. Extra specs are for those who may list them."""

    ram: int
    disk: int
    swap: Annotated[int | str, until("2.74")] | Annotated[int, since("2.75")]
    ephemeral: int = field(name="OS-FLV-EXT-DATA:ephemeral")
    disabled: Annotated[bool | UnsetType, until("2.101")] = field(
        name="OS-FLV-DISABLED:disabled", default=UNSET
    )
    vcpus: int
    is_public: bool = field(name="os-flavor-access:is_public")
    rxtx_factor: Annotated[float | UnsetType, until("2.101")] = UNSET
    extra_specs: Annotated[dict[str, str] | UnsetType, since("2.61")] = UNSET


class OneFlavor(Answer):
    flavor: Flavor


class Flavors(Answer):
    flavors: list[FlavorName]
    flavors_links: list[Link] | UnsetType = UNSET


class FlavorsInDetail(Answer):
    flavors: list[Flavor]
    flavors_links: list[Link] | UnsetType = UNSET


class ExtraSpecs(Answer):
    extra_specs: dict[str, str]


OneExtraSpec = dict[str, str]
"""The one value, by its key."""


class FlavorAccess(Answer):
    flavor_id: str
    tenant_id: str


class FlavorAccessList(Answer):
    flavor_access: list[FlavorAccess]


class ServerOfHypervisor(Answer):
    uuid: str
    name: str


class HypervisorName(Answer):
    """A number names it; from 2.53 on a UUID."""

    id: Annotated[int, until("2.52")] | Annotated[str, since("2.53")]
    hypervisor_hostname: str
    state: str
    status: str
    servers: list[ServerOfHypervisor] | UnsetType = UNSET


class ServiceOfHypervisor(Answer):
    id: Annotated[int, until("2.52")] | Annotated[str, since("2.53")]
    host: str
    disabled_reason: str | None


class Cpu(Answer):
    model: str


class Hypervisor(HypervisorName):
    """Up to 2.87 with what it has; since then that is placement's to say."""

    hypervisor_type: str
    hypervisor_version: int
    host_ip: str
    service: ServiceOfHypervisor
    uptime: Annotated[str | None, since("2.88")]
    vcpus: Annotated[int, until("2.87")]
    vcpus_used: Annotated[int, until("2.87")]
    memory_mb: Annotated[int, until("2.87")]
    memory_mb_used: Annotated[int, until("2.87")]
    free_ram_mb: Annotated[int, until("2.87")]
    local_gb: Annotated[int, until("2.87")]
    local_gb_used: Annotated[int, until("2.87")]
    free_disk_gb: Annotated[int, until("2.87")]
    disk_available_least: Annotated[int, until("2.87")]
    running_vms: Annotated[int, until("2.87")]
    current_workload: Annotated[int, until("2.87")]
    cpu_info: Annotated[str, until("2.27")] | Annotated[Cpu, between("2.28", "2.87")]


class OneHypervisor(Answer):
    hypervisor: Hypervisor


class Hypervisors(Answer):
    hypervisors: list[HypervisorName]
    hypervisors_links: Annotated[list[Link] | UnsetType, since("2.33")] = UNSET


class HypervisorsInDetail(Answer):
    hypervisors: list[Hypervisor]
    hypervisors_links: Annotated[list[Link] | UnsetType, since("2.33")] = UNSET


class Statistics(Answer):
    count: int
    vcpus: int
    vcpus_used: int
    memory_mb: int
    memory_mb_used: int
    free_ram_mb: int
    local_gb: int
    local_gb_used: int
    free_disk_gb: int
    disk_available_least: int
    running_vms: int
    current_workload: int


class OneStatistics(Answer):
    hypervisor_statistics: Statistics


class ImageName(Answer):
    id: str
    name: str | None
    links: list[TypedLink]


class ServerOfImage(Answer):
    id: str
    links: list[Link]


class Image(ImageName):
    min_ram: int = field(name="minRam")
    min_disk: int = field(name="minDisk")
    metadata: dict[str, Any]
    created: str
    updated: str
    status: str
    progress: int
    size: int | None = field(name="OS-EXT-IMG-SIZE:size")
    server: ServerOfImage | UnsetType = UNSET
    """What it was made of."""


class OneImage(Answer):
    image: Image


class Images(Answer):
    images: list[ImageName]
    images_links: list[Link] | UnsetType = UNSET


class ImagesInDetail(Answer):
    images: list[Image]
    images_links: list[Link] | UnsetType = UNSET


class ImageMetadata(Answer):
    metadata: dict[str, Any]


class OneImageMetadata(Answer):
    meta: dict[str, Any]


class ListedKeypair(Answer):
    name: str
    public_key: str
    fingerprint: str
    type: Annotated[str, since("2.2")]


class NewKeypair(ListedKeypair):
    """With the private key, if the pair was generated: it is shown once."""

    user_id: str
    private_key: Annotated[str | UnsetType, until("2.91")] = UNSET


class Keypair(ListedKeypair):
    user_id: str
    id: int
    created_at: str
    updated_at: str | None
    deleted: bool
    deleted_at: str | None


class OneNewKeypair(Answer):
    keypair: NewKeypair


class OneKeypair(Answer):
    keypair: Keypair


class OneListedKeypair(Answer):
    keypair: ListedKeypair


class Keypairs(Answer):
    keypairs: list[OneListedKeypair]
    keypairs_links: Annotated[list[Link] | UnsetType, since("2.35")] = UNSET


class IpRange(Answer):
    cidr: str | UnsetType = UNSET


class RemoteGroup(Answer):
    name: str | UnsetType = UNSET
    tenant_id: str | UnsetType = UNSET


class SecurityGroupRule(Answer):
    id: str
    parent_group_id: str
    ip_protocol: str | None
    from_port: int | None
    to_port: int | None
    group: RemoteGroup
    ip_range: IpRange


class SecurityGroup(Answer):
    id: str
    name: str
    description: str
    tenant_id: str
    rules: list[SecurityGroupRule]


class OneSecurityGroup(Answer):
    security_group: SecurityGroup


class SecurityGroups(Answer):
    security_groups: list[SecurityGroup]


class OneSecurityGroupRule(Answer):
    security_group_rule: SecurityGroupRule


class Service(Answer):
    id: Annotated[int, until("2.52")] | Annotated[str, since("2.53")]
    binary: str
    host: str
    zone: str
    status: str
    state: str
    updated_at: str
    disabled_reason: str | None
    forced_down: Annotated[bool, since("2.11")]


class OneService(Answer):
    service: Service


class Services(Answer):
    services: list[Service]


class ChangedService(Answer):
    """What was changed of it."""

    host: str
    binary: str
    status: str | UnsetType = UNSET
    disabled_reason: str | UnsetType = UNSET
    forced_down: Annotated[bool | UnsetType, since("2.11")] = UNSET


class OneChangedService(Answer):
    service: ChangedService


class ServiceState(Answer):
    active: bool
    available: bool
    updated_at: str


class ZoneInDetail(Answer):
    """With its hosts, and each one's services by their names."""

    name: str = field(name="zoneName")
    state: ZoneState = field(name="zoneState")
    hosts: dict[str, dict[str, ServiceState]]


class ZonesInDetail(Answer):
    zones: list[ZoneInDetail] = field(name="availabilityZoneInfo")
