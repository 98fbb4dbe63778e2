"""Providers of resources, what they have, and who holds how much of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

STANDARD_CLASSES = (
    "VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE", "SRIOV_NET_VF", "NUMA_SOCKET", "NUMA_CORE",
    "NUMA_THREAD", "NUMA_MEMORY_MB", "IPV4_ADDRESS", "VGPU", "VGPU_DISPLAY_HEAD",
    "NET_BW_EGR_KILOBIT_PER_SEC", "NET_BW_IGR_KILOBIT_PER_SEC", "PCPU", "MEM_ENCRYPTION_CONTEXT", "FPGA",
    "PGPU", "NET_PACKET_RATE_KILOPACKET_PER_SEC", "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
    "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
)  # fmt: skip
MAX_INT = 2**31 - 1


class Provider(msgspec.Struct, frozen=True):
    id: str
    name: str
    parent_id: str | None
    root_id: str
    traits: list[str]
    aggregates: list[str]
    created_at: datetime
    updated_at: datetime
    generation: int = 0


class Inventory(msgspec.Struct, frozen=True, gc=False):
    """`used` is the sum of the allocations, kept in the same transaction as they are."""

    provider_id: str
    resource_class: str
    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int = MAX_INT
    step_size: int = 1
    allocation_ratio: float = 1.0
    used: int = 0

    @property
    def capacity(self) -> int:
        """How much can be given away in all."""
        return int((self.total - self.reserved) * self.allocation_ratio)

    @property
    def free(self) -> int:
        return self.capacity - self.used

    def fits(self, amount: int) -> bool:
        return (
            amount <= self.free and self.min_unit <= amount <= self.max_unit and amount % self.step_size == 0
        )


class Allocation(msgspec.Struct, frozen=True, gc=False):
    consumer_id: str
    provider_id: str
    resource_class: str
    used: int


class Consumer(msgspec.Struct, frozen=True):
    """Who holds allocations: a server, usually."""

    id: str
    project_id: str
    user_id: str
    kind: str | None
    generation: int = 0


class Usage(msgspec.Struct):
    """What some consumers hold together."""

    consumers: set[str] = msgspec.field(default_factory=set)
    used: dict[str, int] = msgspec.field(default_factory=dict)
    """By resource class."""


class Name(msgspec.Struct, frozen=True):
    """A custom trait or resource class."""

    kind: str
    name: str


class UpHost(msgspec.Struct, frozen=True, gc=False):
    """A host that can be called, without its report."""

    name: str
    zone: str
    is_enabled: bool


class Host(msgspec.Struct, frozen=True):
    """A host that runs an agent, as it last reported; its provider has the same name."""

    name: str
    id: str
    provider_id: str
    zone: str
    is_enabled: bool
    disabled_reason: str | None
    is_forced_down: bool
    last_seen_at: datetime
    updated_at: datetime
    report: dict
    generation: int = 0

    def has(self, interface: str) -> bool:
        """Whether it can be called for that."""
        return interface in self.report.get("drivers", ())

    def facts(self, interface: str) -> dict[str, Any]:
        """What its driver says of it; {} until an agent of this version has reported."""
        facts: dict[str, Any] = self.report.get("interfaces", {}).get(interface, {})
        return facts
