"""What ends a token before its time: an event per reason, matched against what the token stands for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from haneul.kernel.auth import Auth

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def time_text(moment: datetime) -> str:
    """A time as tokens and revocations say it; such texts compare as their times do."""
    return moment.strftime(_FORMAT)


def moment(text: str) -> datetime:
    """What `time_text` made a text of."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


class Revocation(msgspec.Struct, frozen=True):
    """Tokens that match `key` and were issued up to `issued_until` no longer hold."""

    key: str
    issued_until: str


class Counted(msgspec.Struct, frozen=True):
    """How often something was revoked, ever: whoever knows this number knows all revocations."""

    kind: str
    count: int


def of_token(audit_id: str) -> str:
    return f"token:{audit_id}"


def of_user(user_id: str) -> str:
    return f"user:{user_id}"


def of_project(project_id: str) -> str:
    return f"project:{project_id}"


def of_domain(domain_id: str) -> str:
    return f"domain:{domain_id}"


def of_role(role_id: str) -> str:
    return f"role:{role_id}"


def of_application_credential(credential_id: str) -> str:
    return f"application_credential:{credential_id}"


def of_group(group_id: str) -> str:
    """Tokens whose user is in the group for as long as they last."""
    return f"group:{group_id}"


def of_identity_provider(idp_id: str) -> str:
    return f"identity_provider:{idp_id}"


def of_protocol(idp_id: str, protocol_id: str) -> str:
    return f"protocol:{idp_id}/{protocol_id}"


def of_provider_session(name: str) -> str:
    """Tokens that came of a login which the provider has ended."""
    return f"provider_session:{name}"


def of_trust(trust_id: str) -> str:
    return f"trust:{trust_id}"


def of_access_token(access_token_id: str) -> str:
    return f"access_token:{access_token_id}"


def of_grant(user_id: str, target_id: str) -> str:
    """The user has lost a role on that project, domain or the system."""
    return f"grant:{user_id}:{target_id}"


_SAID = {
    "token": "audit_id",
    "trust": "OS-TRUST:trust_id",
    "access_token": "OS-OAUTH1:access_token_id",
}
"""Kinds of keys whose field in an event is not their own name and `_id`."""


def described(key: str) -> dict[str, str]:
    """The fields that an event has for this key; together, they are what a token must match."""
    kind, _, id = key.partition(":")
    if kind == "grant":
        user_id, _, target_id = id.partition(":")
        target = {"system": "all"} if target_id == "system" else {"project_id": target_id}
        return {"user_id": user_id, **target}
    if kind == "protocol":
        provider_id, _, protocol_id = id.partition("/")
        return {"identity_provider_id": provider_id, "protocol_id": protocol_id}
    return {_SAID.get(kind, f"{kind}_id"): id}


def reasons(auth: Auth) -> Iterator[str]:
    """Every key whose revocation would end a token of this authorisation."""
    if auth.audit_ids:
        yield of_token(auth.audit_ids[0])
    for user_id in {auth.user_id, auth.trustor_id, auth.trustee_id}:
        if user_id:
            yield of_user(user_id)
    holder = auth.trustor_id or auth.user_id
    for target in (auth.project_id, auth.domain_id, "system" if auth.system else None):
        if holder and target:
            yield of_grant(holder, target)
    if auth.project_id:
        yield of_project(auth.project_id)
    for domain_id in {auth.user_domain_id, auth.project_domain_id, auth.domain_id}:
        if domain_id:
            yield of_domain(domain_id)
    for role_id in auth.role_ids:
        yield of_role(role_id)
    if auth.app_credential_id:
        yield of_application_credential(auth.app_credential_id)
    for group_id in auth.group_ids:
        yield of_group(group_id)
    if auth.identity_provider_id:
        yield of_identity_provider(auth.identity_provider_id)
        yield of_protocol(auth.identity_provider_id, auth.protocol_id or "")
    for name in auth.provider_sessions:
        yield of_provider_session(name)
    if auth.trust_id:
        yield of_trust(auth.trust_id)
    if auth.access_token_id:
        yield of_access_token(auth.access_token_id)
