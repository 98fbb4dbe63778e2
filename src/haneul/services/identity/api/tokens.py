"""/auth/tokens"""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Auth, Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import BadRequest, Unauthorized
from haneul.kernel.http.routes import Query, Reply, Request, Routes, encode
from haneul.kernel.http.schema import Schema
from haneul.services.identity import errors, policy
from haneul.services.identity.operations import authentication, catalog, tokens
from haneul.services.identity.operations.authentication import Named, Proof, Scope
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.roles import ROLES

routes = Routes("/v3")


class DomainReference(Schema):
    id: str | None = None
    name: str | None = None


class UserReference(Schema):
    id: str | None = None
    name: str | None = None
    domain: DomainReference | None = None
    password: str | None = None


class ProjectReference(Schema):
    id: str | None = None
    name: str | None = None
    domain: DomainReference | None = None


class PasswordProof(Schema):
    user: UserReference


class TokenProof(Schema):
    id: str


class ApplicationCredentialProof(Schema):
    secret: str
    id: str | None = None
    name: str | None = None
    user: UserReference | None = None


class IdentityProof(Schema):
    methods: list[str]
    password: PasswordProof | None = None
    token: TokenProof | None = None
    application_credential: ApplicationCredentialProof | None = None


class SystemScope(Schema):
    all: bool = False


class ScopeAsked(Schema):
    project: ProjectReference | None = None
    domain: DomainReference | None = None
    system: SystemScope | None = None
    unscoped: dict[str, Any] | None = None
    trust: dict[str, Any] | None = msgspec.field(default=None, name="OS-TRUST:trust")


class AuthRequest(Schema):
    identity: IdentityProof
    scope: ScopeAsked | str | None = None


class CreateToken(Schema):
    auth: AuthRequest


@routes.post("/auth/tokens", status=201, auth=False, transaction=False)
async def create_token(ctx: Context, body: CreateToken, query: Query) -> Reply:
    """Log in: a token for whoever proves who they are, in the scope asked for."""
    identity = body.auth.identity
    scope = _scope(body.auth.scope)
    proof = await _proof(ctx, identity)
    auth = await authentication.authorize(ctx, proof, identity.methods, scope)
    token = tokens.mint(ctx.platform, auth)
    async with ctx.in_reading() as c:
        content = await _body(c.tx, auth, with_catalog="nocatalog" not in query)
    return Reply(content, headers={"X-Subject-Token": token, "Vary": "X-Auth-Token"})


@routes.get("/auth/tokens", policy=policy.VALIDATE_TOKEN)
async def show_token(ctx: Context, request: Request, query: Query) -> Reply:
    """Show what a token (`X-Subject-Token`) stands for."""
    token, auth = await _subject(ctx, request)
    with_catalog = "nocatalog" not in query
    bodies = tokens.bodies(ctx.platform)
    content = bodies.get((token, with_catalog))
    if content is None:
        content = bodies[token, with_catalog] = await _body(ctx.tx, auth, with_catalog=with_catalog)
    return Reply(content, headers={"X-Subject-Token": token, "Vary": "X-Auth-Token"})


@routes.route("HEAD", "/auth/tokens", policy=policy.CHECK_TOKEN)
async def check_token(ctx: Context, request: Request) -> Reply:
    """Whether a token holds."""
    token, _ = await _subject(ctx, request)
    return Reply(headers={"X-Subject-Token": token, "Vary": "X-Auth-Token"})


@routes.delete("/auth/tokens", policy=policy.REVOKE_TOKEN)
async def revoke_token(ctx: Context, request: Request) -> None:
    """End a token before its time."""
    _, auth = await _subject(ctx, request)
    await tokens.end(ctx, auth)


async def _subject(ctx: Context, request: Request) -> tuple[str, Auth]:
    """The token asked about, if the asker may."""
    token = request.header("X-Subject-Token")
    if not token:
        raise BadRequest("X-Subject-Token header is required")
    try:
        auth = await tokens.authenticate(ctx.platform, token)
    except Unauthorized:
        ctx.authorize({})
        raise errors.TokenNotFound from None
    ctx.authorize({"target": {"token": {"user_id": auth.user_id}}})
    return token, auth


async def _proof(ctx: Context, identity: IdentityProof) -> Proof:
    """Who they are, by every method named; all must agree on the user."""
    if not identity.methods:
        raise Unauthorized
    proofs = [await _by_method(ctx, identity, method) for method in identity.methods]
    if len({proof.user.id for proof in proofs}) > 1:
        raise Unauthorized
    first = proofs[0]
    for proof in proofs[1:]:
        first = first._replace(
            credential=first.credential or proof.credential, earlier=first.earlier or proof.earlier
        )
    return first


async def _by_method(ctx: Context, identity: IdentityProof, method: str) -> Proof:
    if method == "password":
        user = _given(identity.password, "password").user
        return await authentication.by_password(ctx, _user(user), _given(user.password, "password"))
    if method == "token":
        return await authentication.by_token(ctx, _given(identity.token, "token").id)
    if method == "application_credential":
        proof = _given(identity.application_credential, "application_credential")
        owner = _user(proof.user) if proof.user else Named()
        if not proof.id and not (proof.name and proof.user):
            raise BadRequest("Expecting to find id or name with user in application_credential.")
        who = Named(id=proof.id, name=proof.name)
        return await authentication.by_application_credential(ctx, who, owner, proof.secret)
    raise errors.UnknownMethod


def _given(value: Any, name: str) -> Any:
    if value is None:
        raise BadRequest(
            f"Expecting to find {name} in identity. The server could not comply with the request since it is "
            "either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return value


def _user(user: UserReference) -> Named:
    return _reference(user.id, user.name, user.domain, "user")


def _reference(id: str | None, name: str | None, domain: DomainReference | None, kind: str) -> Named:
    """By id, or by name within a domain; 400 if neither is there."""
    if id:
        return Named(id=id)
    if not name:
        raise BadRequest(f"Expecting to find id or name in {kind}.")
    if domain is None or not (domain.id or domain.name):
        raise BadRequest(f"Expecting to find domain in {kind}.")
    return Named(name=name, domain_id=domain.id, domain_name=domain.name)


def _scope(asked: ScopeAsked | str | None) -> Scope | None:
    if asked is None:
        return None
    if isinstance(asked, str):
        if asked != "unscoped":
            raise BadRequest(f"Invalid input for field auth.scope: {asked!r} is not one of ['unscoped']")
        return Scope("unscoped")
    kinds = [
        kind
        for kind in ("project", "domain", "system", "trust", "unscoped")
        if getattr(asked, kind) is not None
    ]
    if len(kinds) != 1:
        raise BadRequest("Expecting to find exactly one of project, domain, system or unscoped in scope.")
    if asked.project:
        return Scope(
            "project", _reference(asked.project.id, asked.project.name, asked.project.domain, "project")
        )
    if asked.domain:
        if not (asked.domain.id or asked.domain.name):
            raise BadRequest("Expecting to find id or name in domain.")
        return Scope("domain", Named(id=asked.domain.id, name=asked.domain.name))
    if asked.trust is not None:
        raise Unauthorized("Trusts are not supported.")
    if asked.system and not asked.system.all:
        raise BadRequest("Expecting to find all in system.")
    return Scope(kinds[0])


async def _body(tx: Tx, auth: Auth, *, with_catalog: bool) -> bytes:
    token: dict[str, Any] = {
        "methods": auth.methods,
        "user": {
            "domain": {"id": auth.user_domain_id, "name": auth.user_domain_name},
            "id": auth.user_id,
            "name": auth.user_name,
            "password_expires_at": None,
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
        token["is_domain"] = False
    if auth.domain_id:
        token["domain"] = {"id": auth.domain_id, "name": auth.domain_name}
    if auth.system:
        token["system"] = {"all": True}
    if auth.roles:
        token["roles"] = await _roles(tx, auth)
        if with_catalog:
            token["catalog"] = await catalog.of(tx, auth)
    if auth.app_credential_id:
        found = await APPLICATION_CREDENTIALS.get(tx, auth.app_credential_id)
        if found is not None:
            token["application_credential"] = {
                "id": found.id,
                "name": found.name,
                "restricted": not found.unrestricted,
            }
    return encode({"token": token})


async def _roles(tx: Tx, auth: Auth) -> list[dict[str, str]]:
    """The roles, named as they are written now."""
    names = {role.id: role.name for role in await ROLES.among(tx, "id", auth.role_ids)}
    return [
        {"id": id, "name": names.get(id, name)} for id, name in zip(auth.role_ids, auth.roles, strict=False)
    ]
