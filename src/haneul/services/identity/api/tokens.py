"""/auth/tokens"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound, Unauthorized
from haneul.kernel.http.bounds import MANY, Document, Text
from haneul.kernel.http.routes import Query, Reply, Request, Routes, encode
from haneul.kernel.http.schema import Schema
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import token_answers
from haneul.services.identity.api.bodies import read
from haneul.services.identity.api.lists import base
from haneul.services.identity.api.views import moment
from haneul.services.identity.model.proofs import Method, Named, Scope
from haneul.services.identity.operations import (
    application_credentials,
    authentication,
    receipts,
    token_contents,
    tokens,
)
from haneul.services.identity.operations.methods import method
from haneul.services.identity.operations.references import DomainReference, Reference, named, named_domain

routes = Routes("/v3")


class IdentityProof(Schema):
    """Beside `methods` a part for each of them, under its name."""

    methods: Annotated[list[Text], MANY]


class SystemScope(Schema):
    all: bool = False


class TrustReference(Schema):
    id: Text | None = None


class ScopeAsked(Schema):
    project: Reference | None = None
    domain: DomainReference | None = None
    system: SystemScope | None = None
    unscoped: Document | None = None
    trust: TrustReference | None = msgspec.field(default=None, name="OS-TRUST:trust")


class AuthRequest(Schema):
    identity: Document
    scope: ScopeAsked | Text | None = None


class CreateToken(Schema):
    auth: AuthRequest


@routes.post(
    "/auth/tokens",
    status=201,
    auth=False,
    transaction=False,
    answer=token_answers.OneToken,
    other_answers={401: token_answers.OneReceipt},
    errors=(
        errors.DirectoryUnreachable,
        errors.PasswordExpired,
        errors.ThingNotFound,
        errors.TokenNotFound,
        errors.UnknownMethod,
    ),
)
async def create_token(ctx: Context, body: CreateToken, query: Query, request: Request) -> Reply:
    """Log in: a token for whoever proves who they are, in the scope asked for."""
    parts = _parts(body.auth.identity)
    scope = _scope(body.auth.scope)
    proof = await authentication.prove(ctx, parts, request)
    try:
        proof = await receipts.enough(ctx, proof, request.header("Openstack-Auth-Receipt"))
    except errors.MoreProofNeeded as needed:
        return _receipt(ctx, needed)
    return await issued(ctx, await authentication.authorize(ctx, proof, scope), query)


def _receipt(ctx: Context, needed: errors.MoreProofNeeded) -> Reply:
    """Not a token yet: what was proved, and which methods together would be enough."""
    receipt, proof = needed.details["receipt"], needed.details["proof"]
    content = {
        "receipt": {
            "methods": receipt.methods,
            "user": {
                "id": proof.user.id,
                "name": proof.user.name,
                "domain": {"id": proof.domain.id, "name": proof.domain.name},
            },
            "issued_at": receipt.issued_at,
            "expires_at": receipt.expires_at,
        },
        "required_auth_methods": needed.details["rules"],
    }
    headers = {
        "Openstack-Auth-Receipt": needed.details["signed"],
        "WWW-Authenticate": f'Keystone uri="{base(ctx)}"',
    }
    return Reply(encode(content), status=401, headers=headers)


async def issued(ctx: Context, auth: Auth, query: Query) -> Reply:
    """A new token of this authorisation, and what it stands for."""
    token = tokens.mint(ctx.platform, auth)
    async with ctx.in_reading() as c:
        content = await _body(c, auth, with_catalog="nocatalog" not in query)
    return Reply(content, headers={"X-Subject-Token": token})


ACCESS_RULES = "OpenStack-Identity-Access-Rules"
"""By this header a service says that it minds what a token is restricted to."""


@routes.get(
    "/auth/tokens",
    policy=policy.VALIDATE_TOKEN,
    asks_late=True,
    ignores_access_rules=True,
    answer=token_answers.OneToken,
    errors=(NotFound, errors.TokenNotFound),
)
async def show_token(ctx: Context, request: Request, query: Query) -> Reply:
    """Show what a token (`X-Subject-Token`) stands for."""
    token, auth = await _subject(ctx, policy.VALIDATE_TOKEN, request, query)
    # Any value counts, even an empty one.
    with_catalog = "nocatalog" not in query
    bodies = tokens.bodies(ctx.platform)
    content = bodies.get((token, with_catalog))
    if content is None:
        content = bodies[token, with_catalog] = await _body(ctx, auth, with_catalog=with_catalog)
    return Reply(content, headers={"X-Subject-Token": token})


@routes.route(
    "HEAD",
    "/auth/tokens",
    policy=policy.CHECK_TOKEN,
    asks_late=True,
    answer=None,
    errors=(NotFound, errors.TokenNotFound),
)
async def check_token(ctx: Context, request: Request, query: Query) -> Reply:
    """Whether a token holds."""
    token, _ = await _subject(ctx, policy.CHECK_TOKEN, request, query)
    return Reply(headers={"X-Subject-Token": token})


@routes.delete("/auth/tokens", policy=policy.REVOKE_TOKEN, asks_late=True, errors=(NotFound,))
async def revoke_token(ctx: Context, request: Request) -> None:
    """End a token before its time."""
    _, auth = await _subject(ctx, policy.REVOKE_TOKEN, request, None)
    if auth.user_id == ctx.auth.user_id and auth.delegation != ctx.auth.delegation:
        await application_credentials.require_unrestricted(ctx, "ending sessions")
    await tokens.end(ctx, auth)


async def _subject(ctx: Context, rule: Rule, request: Request, query: Query | None) -> tuple[str, Auth]:
    """The token asked about, if the asker may; one that has expired if `allow_expired` asks for it."""
    token = request.header("X-Subject-Token")
    if not token:
        raise NotFound("No token in the request")
    try:
        allow_expired = query is not None and "allow_expired" in query and query.truth("allow_expired")
        auth = await tokens.authenticate(ctx.platform, token, allow_expired=bool(allow_expired))
    except Unauthorized:
        raise errors.TokenNotFound from None
    ctx.authorize(rule, {"target": {"token": {"user_id": auth.user_id}}})
    if auth.access_rules and query is not None and not request.header(ACCESS_RULES):
        raise errors.TokenNotFound  # who asks would let the token do everything
    return token, auth


def _parts(identity: dict[str, Any]) -> list[tuple[Method, Any]]:
    """Every method named, with what is given for it."""
    known, parts = read(IdentityProof, identity, of="auth.identity")
    return [_part(method(name), parts) for name in dict.fromkeys(known.methods)]


def _part(method: Method, parts: dict[str, Any]) -> tuple[Method, Any]:
    part = parts.get(method.name)
    if not isinstance(part, dict):
        raise BadRequest(
            f"Expecting to find {method.name} in identity. The server could not comply with the request since "
            "it is either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return method, read(method.shape, part, of=f"auth.identity.{method.name}")[0]


def _scope(wanted: ScopeAsked | str | None) -> Scope | None:
    if wanted is None:
        return None
    # Upstream takes this one word where else an object stands.
    if isinstance(wanted, str):
        if wanted != "unscoped":
            raise BadRequest(f"Invalid input for field auth.scope: {wanted!r} is not one of ['unscoped']")
        return Scope("unscoped")
    kinds = [
        kind
        for kind in ("project", "domain", "system", "trust", "unscoped")
        if getattr(wanted, kind) is not None
    ]
    if len(kinds) != 1:
        raise BadRequest("Expecting to find exactly one of project, domain, system or unscoped in scope.")
    if wanted.project:
        return Scope("project", named(wanted.project, "project"))
    if wanted.domain:
        return Scope("domain", named_domain(wanted.domain))
    if wanted.trust:
        if not wanted.trust.id:
            raise BadRequest("Expecting to find trust_id in trust.")
        return Scope("trust", Named(id=wanted.trust.id))
    if wanted.system and not wanted.system.all:
        raise BadRequest("Expecting to find all in system.")
    return Scope(kinds[0])


async def _body(ctx: Context, auth: Auth, *, with_catalog: bool) -> bytes:
    contents = await token_contents.of(ctx, auth, with_catalog=with_catalog)
    token: dict[str, Any] = {
        "methods": auth.methods,
        "user": {
            "domain": {"id": auth.user_domain_id, "name": auth.user_domain_name},
            "id": auth.user_id,
            "name": auth.user_name,
            "password_expires_at": moment(contents.password_expires_at),
        },
        "audit_ids": auth.audit_ids,
        "expires_at": auth.expires_at,
        "issued_at": auth.issued_at,
    }
    if auth.project_id:
        token["project"] = {
            "domain": {"id": auth.project_domain_id, "name": auth.project_domain_name},
            "id": auth.project_id,
            "name": auth.project_name,
        }
        if auth.trust_id is None:
            token["is_domain"] = False
    if auth.domain_id:
        token["domain"] = {"id": auth.domain_id, "name": auth.domain_name}
    if auth.system:
        token["system"] = {"all": True}
    if contents.roles:
        token["roles"] = [{"id": id, "name": name} for id, name in contents.roles]
    if contents.catalog is not None:
        token["catalog"] = contents.catalog
    if auth.identity_provider_id:
        del token["user"]["password_expires_at"]
        token["user"]["OS-FEDERATION"] = {
            "groups": [{"id": id} for id in auth.group_ids],
            "identity_provider": {"id": auth.identity_provider_id},
            "protocol": {"id": auth.protocol_id},
        }
    if contents.service_providers:
        token["service_providers"] = [
            {"auth_url": each.auth_url, "id": each.id, "sp_url": each.sp_url}
            for each in contents.service_providers
        ]
    if auth.trust_id:
        token["OS-TRUST:trust"] = {
            "id": auth.trust_id,
            "trustor_user": {"id": auth.trustor_id},
            "trustee_user": {"id": auth.trustee_id},
            "impersonation": auth.user_id == auth.trustor_id,
        }
    if auth.access_token_id:
        token["OS-OAUTH1"] = {"access_token_id": auth.access_token_id, "consumer_id": auth.consumer_id}
    if auth.certificate_thumbprint:
        token["oauth2_credential"] = {"x5t#S256": auth.certificate_thumbprint}
    if credential := contents.application_credential:
        token["application_credential"] = {
            "id": credential.id,
            "name": credential.name,
            "restricted": not credential.unrestricted,
            **({"access_rules": credential.access_rules} if credential.access_rules else {}),
        }
    return encode({"token": token})
