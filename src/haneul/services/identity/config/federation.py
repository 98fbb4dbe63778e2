"""The options of federation, read from `federation` in the section `identity` of the installation's options."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

import msgspec

NonNegative = Annotated[int, msgspec.Meta(ge=0)]
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class _Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class OpenIdProvider(_Options, frozen=True):
    """How to talk to an OpenID Connect provider, and what of it to believe."""

    issuer: str
    """Exactly as in its tokens; where it says more of itself is found below this URL."""
    client_id: str
    """Our name there."""
    client_secret: str | None = None
    """Needed for logins in a browser and for introspection."""
    audiences: tuple[str, ...] = ()
    """Whom bearer tokens may be for; by default our `client_id`."""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    """How tokens may be signed."""
    jwks_uri: str | None = None
    """Where its keys are, if it does not say so itself."""
    introspect: bool = False
    """Ask the provider about tokens that are not JWTs."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    leeway_s: NonNegative = 30
    """By how much its clock may differ from ours."""

    def __post_init__(self) -> None:
        if odd := [each for each in self.algorithms if each not in ASYMMETRIC]:
            raise ValueError(f"tokens cannot be signed with {odd[0]!r}; with one of {', '.join(ASYMMETRIC)}")


class SamlProvider(_Options, frozen=True):
    """A SAML 2.0 identity provider."""

    entity_id: str
    metadata_file: str
    """What it says of itself, as XML: its addresses and the certificate that it signs with."""
    key_file: str | None = None
    """Our key, if requests are to be signed and assertions may be encrypted..."""
    cert_file: str | None = None
    """...and its certificate."""
    leeway_s: NonNegative = 30
    allow_unsolicited: bool = False
    """Believe assertions that nobody asked for, as other clouds send them (keystone-to-keystone)."""


class OurIdentityProvider(_Options, frozen=True):
    """This cloud as a SAML 2.0 identity provider, for other clouds. Upstream's options, without their `idp_`."""

    entity_id: str
    sso_endpoint: str
    key_file: str
    """Assertions are signed with it..."""
    cert_file: str
    """...and its certificate is in our metadata."""
    assertion_expiration_time: Annotated[int, msgspec.Meta(ge=1)] = 3600
    """Seconds for which an assertion is good."""
    lang: str = "en"
    organization_name: str | None = None
    organization_display_name: str | None = None
    organization_url: str | None = None
    contact_company: str | None = None
    contact_name: str | None = None
    contact_surname: str | None = None
    contact_email: str | None = None
    contact_telephone: str | None = None
    contact_type: Literal["technical", "support", "administrative", "billing", "other"] = "other"


class TrustedProxy(_Options, frozen=True):
    """A web server in front of us that has checked who somebody is, and says so in headers."""

    addresses: tuple[str, ...]
    """From where it connects; networks in CIDR notation, or addresses."""
    idp_id: str = ""
    protocol_id: str = ""
    headers: dict[str, str] = {}
    """Header by attribute: the only ones that are read. It must remove them from what others send."""
    remote_user_header: str | None = None
    """The header with the name of a user that exists here, for the method `external`."""
    client_certificate_header: str | None = None
    """The header with the certificate by which it knows the sender, for OAuth 2.0."""

    def __post_init__(self) -> None:
        if self.headers and not (self.idp_id and self.protocol_id):
            raise ValueError("headers are of an identity provider: idp_id and protocol_id are needed")
        for each in self.addresses:
            ip_network(each, strict=False)  # ValueError if it is none


class Federation(_Options, frozen=True):
    default_authorization_ttl: NonNegative = 0
    """Minutes for which groups of a login count beyond its tokens, where the provider says nothing."""
    trusted_dashboards: tuple[str, ...] = ()
    """URLs to which a browser may be sent back with a token."""
    openid: dict[str, OpenIdProvider] = {}
    """By the id of the identity provider."""
    saml: dict[str, SamlProvider] = {}
    """By the id of the identity provider."""
    identity_provider: OurIdentityProvider | None = None
    proxies: tuple[TrustedProxy, ...] = ()
