"""What identity answers of the catalog, limits, policies, endpoint filters and federation."""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType
from haneul.kernel.http.discovery import VersionDocument
from haneul.services.identity.api.answers import Links, Open, Page


class Region(Open):
    id: str
    description: str
    parent_region_id: str | None
    links: Links


class OneRegion(Answer):
    region: Region


class Regions(Page):
    regions: list[Region]


class Service(Open):
    id: str
    type: str
    enabled: bool
    links: Links
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class OneService(Answer):
    service: Service


class Services(Page):
    services: list[Service]


class Endpoint(Open):
    id: str
    service_id: str
    interface: str
    url: str
    region: str | None
    region_id: str | None
    enabled: bool
    links: Links


class OneEndpoint(Answer):
    endpoint: Endpoint


class Endpoints(Page):
    endpoints: list[Endpoint]


class EndpointGroup(Answer):
    id: str
    name: str
    description: str | None
    filters: dict[str, Any]
    links: Links


class OneEndpointGroup(Answer):
    endpoint_group: EndpointGroup


class EndpointGroups(Page):
    endpoint_groups: list[EndpointGroup]


class ProjectEndpointGroup(Answer):
    endpoint_group_id: str
    project_id: str
    links: Links


class OneProjectEndpointGroup(Answer):
    project_endpoint_group: ProjectEndpointGroup


class Policy(Open):
    id: str
    type: str
    blob: str
    links: Links


class OnePolicy(Answer):
    policy: Policy


class Policies(Page):
    policies: list[Policy]


class RegisteredLimit(Answer):
    id: str
    service_id: str
    region_id: str | None
    resource_name: str
    default_limit: int
    description: str | None
    links: Links


class OneRegisteredLimit(Answer):
    registered_limit: RegisteredLimit


class NewRegisteredLimits(Answer):
    registered_limits: list[RegisteredLimit]


class RegisteredLimits(Page):
    registered_limits: list[RegisteredLimit]


class Limit(Answer):
    id: str
    service_id: str
    resource_name: str
    resource_limit: int
    region_id: str | None
    project_id: str | None
    domain_id: str | None
    description: str | None
    links: Links


class OneLimit(Answer):
    limit: Limit


class NewLimits(Answer):
    limits: list[Limit]


class Limits(Page):
    limits: list[Limit]


class LimitModel(Answer):
    name: str
    description: str


class OneLimitModel(Answer):
    model: LimitModel


class IdentityProviderLinks(Links):
    protocols: str


class IdentityProvider(Answer):
    id: str
    domain_id: str
    enabled: bool
    description: str | None
    remote_ids: list[str]
    authorization_ttl: int | None
    links: IdentityProviderLinks


class OneIdentityProvider(Answer):
    identity_provider: IdentityProvider


class IdentityProviders(Page):
    identity_providers: list[IdentityProvider]


class ProtocolLinks(Links):
    identity_provider: str


class Protocol(Answer):
    id: str
    mapping_id: str
    links: ProtocolLinks
    remote_id_attribute: str | UnsetType | None = UNSET


class ListedProtocol(Protocol):
    idp_id: str


class OneProtocol(Answer):
    protocol: Protocol


class Protocols(Page):
    protocols: list[ListedProtocol]


class Mapping(Answer):
    id: str
    rules: list[dict[str, Any]]
    schema_version: str
    links: Links


class OneMapping(Answer):
    mapping: Mapping


class Mappings(Page):
    mappings: list[Mapping]


class ServiceProvider(Answer):
    id: str
    auth_url: str
    sp_url: str
    enabled: bool
    description: str | None
    relay_state_prefix: str
    links: Links


class OneServiceProvider(Answer):
    service_provider: ServiceProvider


class ServiceProviders(Page):
    service_providers: list[ServiceProvider]


class VersionList(Answer):
    values: list[VersionDocument]


class Versions(Answer):
    versions: VersionList


class JsonHome(Answer):
    """Every resource by the address of its relation, for clients who find their way by links."""

    resources: dict[str, Any]


class OAuthToken(Answer):
    access_token: str
    expires_in: int
    token_type: str


class OAuthRefusal(Answer):
    """As RFC 6749 has it."""

    error: str
    error_description: str


class RevocationEvent(Answer):
    audit_id: str | UnsetType = UNSET
    issued_before: str
    revoked_at: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    project_id: str | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    trust_id: str | UnsetType = field(name="OS-TRUST:trust_id", default=UNSET)


class RevocationEvents(Page):
    events: list[RevocationEvent]
