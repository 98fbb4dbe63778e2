"""What compute answers of quotas, limits and use, as every version of it shows it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since, until


class Quotas(Answer):
    instances: int
    cores: int
    ram: int
    metadata_items: int
    key_pairs: int
    server_groups: int
    server_group_members: int
    injected_files: Annotated[int, until("2.56")]
    injected_file_content_bytes: Annotated[int, until("2.56")]
    injected_file_path_bytes: Annotated[int, until("2.56")]
    fixed_ips: Annotated[int, until("2.35")]
    floating_ips: Annotated[int, until("2.35")]
    security_groups: Annotated[int, until("2.35")]
    security_group_rules: Annotated[int, until("2.35")]


class QuotasOfProject(Quotas):
    id: str


class QuotaSet(Answer):
    quota_set: Quotas


class QuotaSetOfProject(Answer):
    quota_set: QuotasOfProject


class QuotaUse(Answer):
    limit: int
    in_use: int
    reserved: int


class QuotasInDetail(Answer):
    id: str
    instances: QuotaUse
    cores: QuotaUse
    ram: QuotaUse
    metadata_items: QuotaUse
    key_pairs: QuotaUse
    server_groups: QuotaUse
    server_group_members: QuotaUse
    injected_files: Annotated[QuotaUse, until("2.56")]
    injected_file_content_bytes: Annotated[QuotaUse, until("2.56")]
    injected_file_path_bytes: Annotated[QuotaUse, until("2.56")]
    fixed_ips: Annotated[QuotaUse, until("2.35")]
    floating_ips: Annotated[QuotaUse, until("2.35")]
    security_groups: Annotated[QuotaUse, until("2.35")]
    security_group_rules: Annotated[QuotaUse, until("2.35")]


class QuotaSetInDetail(Answer):
    quota_set: QuotasInDetail


class QuotasOfClass(Answer):
    """Classes kept the network's quotas, and went without those of server groups, longer than projects."""

    instances: int
    cores: int
    ram: int
    metadata_items: int
    key_pairs: int
    server_groups: Annotated[int, since("2.50")]
    server_group_members: Annotated[int, since("2.50")]
    injected_files: Annotated[int, until("2.56")]
    injected_file_content_bytes: Annotated[int, until("2.56")]
    injected_file_path_bytes: Annotated[int, until("2.56")]
    fixed_ips: Annotated[int, until("2.49")]
    floating_ips: Annotated[int, until("2.49")]
    security_groups: Annotated[int, until("2.49")]
    security_group_rules: Annotated[int, until("2.49")]


class QuotasOfNamedClass(QuotasOfClass):
    id: str


class QuotaClassSet(Answer):
    quota_class_set: QuotasOfClass


class NamedQuotaClassSet(Answer):
    quota_class_set: QuotasOfNamedClass


class AbsoluteLimits(Answer):
    max_instances: int = field(name="maxTotalInstances")
    max_cores: int = field(name="maxTotalCores")
    max_ram_mib: int = field(name="maxTotalRAMSize")
    max_metadata_items: int = field(name="maxServerMeta")
    max_keypairs: int = field(name="maxTotalKeypairs")
    max_server_groups: int = field(name="maxServerGroups")
    max_server_group_members: int = field(name="maxServerGroupMembers")
    instances_used: int = field(name="totalInstancesUsed")
    cores_used: int = field(name="totalCoresUsed")
    ram_used_mib: int = field(name="totalRAMUsed")
    server_groups_used: int = field(name="totalServerGroupsUsed")
    max_files: Annotated[int, until("2.56")] = field(name="maxPersonality")
    max_file_bytes: Annotated[int, until("2.56")] = field(name="maxPersonalitySize")
    max_image_metadata: Annotated[int, until("2.38")] = field(name="maxImageMeta")
    max_floating_ips: Annotated[int, until("2.35")] = field(name="maxTotalFloatingIps")
    max_security_groups: Annotated[int, until("2.35")] = field(name="maxSecurityGroups")
    max_security_group_rules: Annotated[int, until("2.35")] = field(name="maxSecurityGroupRules")
    floating_ips_used: Annotated[int, until("2.35")] = field(name="totalFloatingIpsUsed")
    security_groups_used: Annotated[int, until("2.35")] = field(name="totalSecurityGroupsUsed")


class Limits(Answer):
    """Nothing limits how often one may ask: `rate` is empty."""

    rate: list[Any]
    absolute: AbsoluteLimits


class LimitsAnswer(Answer):
    limits: Limits


class ServerUsage(Answer):
    instance_id: str
    name: str
    tenant_id: str
    flavor: str
    vcpus: int
    memory_mb: int
    local_gb: int
    hours: float
    uptime: int
    started_at: str
    ended_at: str | None
    state: str


class ProjectUsage(Answer):
    tenant_id: str
    total_hours: float
    total_vcpus_usage: float
    total_memory_mb_usage: float
    total_local_gb_usage: float
    start: str
    stop: str
    server_usages: list[ServerUsage] | UnsetType = UNSET


class NoUsage(Answer):
    """Of a project that had no servers."""


class Usages(Answer):
    usages: list[ProjectUsage] = field(name="tenant_usages")
    links: Annotated[list[Link] | UnsetType, since("2.40")] = field(name="tenant_usages_links", default=UNSET)


class Usage(Answer):
    usage: ProjectUsage = field(name="tenant_usage")
    links: Annotated[list[Link] | UnsetType, since("2.40")] = field(name="tenant_usage_links", default=UNSET)


class EmptyUsage(Answer):
    usage: NoUsage = field(name="tenant_usage")
