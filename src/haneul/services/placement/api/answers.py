"""What placement answers, as every version of it shows it."""

from __future__ import annotations

from typing import Annotated

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since, until


class Provider(Answer):
    uuid: str
    name: str
    generation: int
    links: list[Link]
    parent_provider_uuid: Annotated[str | None, since("1.14")]
    root_provider_uuid: Annotated[str, since("1.14")]


class Providers(Answer):
    resource_providers: list[Provider]


class Traits(Answer):
    traits: list[str]


class ProviderTraits(Traits):
    resource_provider_generation: int


class ProviderAggregates(Answer):
    aggregates: list[str]
    resource_provider_generation: Annotated[int, since("1.19")]


class ResourceClass(Answer):
    name: str
    links: list[Link]


class ResourceClasses(Answer):
    resource_classes: list[ResourceClass]


class Inventory(Answer):
    total: int
    reserved: int
    min_unit: int
    max_unit: int
    step_size: int
    allocation_ratio: float


class OneInventory(Inventory):
    resource_provider_generation: int


class Inventories(Answer):
    """The inventories by resource class."""

    resource_provider_generation: int
    inventories: dict[str, Inventory]


class Resources(Answer):
    """Amounts by resource class."""

    resources: dict[str, int]


class ProviderUsages(Answer):
    resource_provider_generation: int
    usages: dict[str, int]


class HeldOfProvider(Resources):
    consumer_generation: Annotated[int | UnsetType, since("1.28")] = UNSET


class ProviderAllocations(Answer):
    """What each consumer holds of the provider, by the consumer's id."""

    allocations: dict[str, HeldOfProvider]
    resource_provider_generation: int


class HeldByConsumer(Resources):
    generation: int


class ConsumerAllocations(Answer):
    """What the consumer holds, by the provider's id; whose it is, if it holds anything."""

    allocations: dict[str, HeldByConsumer]
    project_id: Annotated[str | UnsetType, since("1.12")] = UNSET
    user_id: Annotated[str | UnsetType, since("1.12")] = UNSET
    consumer_generation: Annotated[int | UnsetType, since("1.28")] = UNSET
    consumer_type: Annotated[str | UnsetType, since("1.38")] = UNSET


class ProviderId(Answer):
    uuid: str


class AllocationOfList(Resources):
    resource_provider: ProviderId


class AllocationRequest(Answer):
    """Ready to be put: what to hold, by the provider's id."""

    allocations: (
        Annotated[dict[str, Resources], since("1.12")] | Annotated[list[AllocationOfList], until("1.11")]
    )
    mappings: Annotated[dict[str, list[str]], since("1.34")]


class Capacity(Answer):
    capacity: int
    used: int


class ProviderSummary(Answer):
    resources: dict[str, Capacity]
    traits: Annotated[list[str], since("1.17")]
    parent_provider_uuid: Annotated[str | None, since("1.29")]
    root_provider_uuid: Annotated[str, since("1.29")]


class AllocationCandidates(Answer):
    allocation_requests: list[AllocationRequest]
    provider_summaries: dict[str, ProviderSummary]


class Usages(Answer):
    """What a project holds by resource class; from 1.38 on in groups of consumers' types."""

    usages: Annotated[dict[str, int], until("1.37")] | Annotated[dict[str, dict[str, int]], since("1.38")]
