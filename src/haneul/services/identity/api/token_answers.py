"""What identity answers of tokens: who somebody is, where, and what may be called."""

from __future__ import annotations

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType
from haneul.services.identity.api.answers import DomainName, Everything, Links, RuleOfCredential


class Id(Answer):
    id: str


class IdAndName(Answer):
    id: str
    name: str


class Federation(Answer):
    groups: list[Id]
    identity_provider: Id
    protocol: Id


class UserOfToken(Answer):
    domain: DomainName
    id: str
    name: str
    password_expires_at: str | UnsetType | None = UNSET
    federation: Federation | UnsetType = field(name="OS-FEDERATION", default=UNSET)


class ProjectOfToken(Answer):
    domain: DomainName
    id: str
    name: str


class EndpointOfCatalog(Answer):
    id: str
    interface: str
    region_id: str | None
    url: str
    region: str | None


class ServiceOfCatalog(Answer):
    endpoints: list[EndpointOfCatalog]
    id: str
    type: str
    name: str


class Catalog(Answer):
    catalog: list[ServiceOfCatalog]
    links: Links


class SystemScopes(Answer):
    system: list[Everything]
    links: Links


class ServiceProviderOfToken(Answer):
    auth_url: str
    id: str
    sp_url: str


class TrustOfToken(Answer):
    id: str
    trustor_user: Id
    trustee_user: Id
    impersonation: bool


class AccessTokenOfToken(Answer):
    access_token_id: str
    consumer_id: str


class CertificateOfToken(Answer):
    thumbprint: str = field(name="x5t#S256")


class CredentialOfToken(Answer):
    id: str
    name: str
    restricted: bool
    access_rules: list[RuleOfCredential] | UnsetType = UNSET


class Token(Answer):
    """Its scope is a project, a domain, the system, or nothing."""

    methods: list[str]
    user: UserOfToken
    audit_ids: list[str]
    expires_at: str
    issued_at: str
    project: ProjectOfToken | UnsetType = UNSET
    is_domain: bool | UnsetType = UNSET
    domain: DomainName | UnsetType = UNSET
    system: Everything | UnsetType = UNSET
    roles: list[IdAndName] | UnsetType = UNSET
    catalog: list[ServiceOfCatalog] | UnsetType = UNSET
    service_providers: list[ServiceProviderOfToken] | UnsetType = UNSET
    trust: TrustOfToken | UnsetType = field(name="OS-TRUST:trust", default=UNSET)
    oauth1: AccessTokenOfToken | UnsetType = field(name="OS-OAUTH1", default=UNSET)
    oauth2_credential: CertificateOfToken | UnsetType = UNSET
    application_credential: CredentialOfToken | UnsetType = UNSET


class OneToken(Answer):
    token: Token


class ReceiptUser(Answer):
    id: str
    name: str
    domain: DomainName


class Receipt(Answer):
    methods: list[str]
    user: ReceiptUser
    issued_at: str
    expires_at: str


class OneReceipt(Answer):
    """What was proven, and the sets of methods that would prove enough."""

    receipt: Receipt
    required_auth_methods: list[list[str]]
