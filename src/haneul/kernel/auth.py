"""The authorisation that a token stands for, and those of who comes without one: nobody, and the cloud itself."""

from __future__ import annotations

from typing import Any

import msgspec


class Auth(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The authorisation that a token stands for. Everything is None or empty where it does not apply."""

    user_id: str | None = None
    user_name: str | None = None
    user_domain_id: str | None = None
    user_domain_name: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    project_domain_name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None
    system: bool = False
    roles: tuple[str, ...] = ()
    """Names, lower case, implied ones included."""
    role_ids: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    audit_ids: tuple[str, ...] = ()
    issued_at: str = ""
    expires_at: str = ""
    app_credential_id: str | None = None
    trust_id: str | None = None
    trustor_id: str | None = None
    trustee_id: str | None = None
    consumer_id: str | None = None
    access_token_id: str | None = None
    group_ids: tuple[str, ...] = ()
    """Groups that the user is in for as long as this token lasts, as a federation says."""
    identity_provider_id: str | None = None
    protocol_id: str | None = None
    access_rules: tuple[tuple[str, str, str], ...] = ()
    """(service type, method, path): where there are any, nothing else may be asked for."""

    certificate_thumbprint: str | None = None
    """Of the certificate that must come with the token, for one that was given for a certificate."""

    provider_sessions: tuple[str, ...] = ()
    """What the identity provider may end by logging somebody out, if this token came of it."""

    @property
    def is_delegated(self) -> bool:
        """Whether it is a program's: by an application credential, a trust, an OAuth access token or a
        certificate."""
        return bool(
            self.app_credential_id or self.trust_id or self.access_token_id or self.certificate_thumbprint
        )

    @property
    def delegation(self) -> tuple[str | None, ...]:
        """By what it was lent, if it was."""
        return self.app_credential_id, self.trust_id, self.access_token_id

    def credentials(self) -> dict[str, Any]:
        """What policy checks compare with."""
        return {
            "user_id": self.user_id,
            "project_id": self.project_id,
            "tenant_id": self.project_id,
            "domain_id": self.domain_id,
            "user_domain_id": self.user_domain_id,
            "project_domain_id": self.project_domain_id,
            "system_scope": "all" if self.system else None,
            "roles": self.roles,
            "is_admin": "admin" in self.roles,
            "token.domain.id": self.domain_id,
            "token.project.domain.id": self.project_domain_id,
            "trust.trustor_user_id": self.trustor_id,
            "is_internal": self is SYSTEM,
        }


ANONYMOUS = Auth()
SYSTEM = Auth(
    user_id="haneul", user_name="haneul", system=True, roles=("admin", "member", "reader", "service")
)
