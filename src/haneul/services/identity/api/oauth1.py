"""/OS-OAUTH1, and /users/ID/OS-OAUTH1/access_tokens"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http import Content
from haneul.kernel.http.bounds import MANY, Document
from haneul.kernel.http.routes import Reply, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import Text, read, sent
from haneul.services.identity.api.lists import base, links, whole
from haneul.services.identity.api.views import role_view
from haneul.services.identity.errors import ImmutableId, Invalid, ThingNotFound
from haneul.services.identity.model.oauth1 import AccessToken, Consumer, RequestToken
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import access, oauth1
from haneul.services.identity.operations.collections import ACCESS_TOKENS, CONSUMERS
from haneul.services.identity.operations.oauth1_signatures import said_in

routes = Routes("/v3")
FORM = "application/x-www-form-urlencoded"


class ConsumerFields(Schema):
    description: Text | UnsetType | None = UNSET


class ConsumerBody(Schema):
    consumer: Document


class RoleReference(Schema):
    id: Text | None = None
    name: Text | None = None


class Agreement(Schema):
    roles: Annotated[list[RoleReference], MANY]


def consumer_view(ctx: Context, consumer: Consumer) -> dict[str, Any]:
    return {
        **consumer.extra,
        "id": consumer.id,
        "description": consumer.description,
        "links": links(ctx, f"OS-OAUTH1/consumers/{consumer.id}"),
    }


@routes.get("/OS-OAUTH1/consumers", policy=policy.LIST_CONSUMERS, answer=answers.Consumers)
async def list_consumers(ctx: Context, request: Request) -> dict[str, Any]:
    """List consumers."""
    consumers = await CONSUMERS.page(ctx)
    return whole(ctx, request, "consumers", [consumer_view(ctx, each) for each in consumers])


@routes.post("/OS-OAUTH1/consumers", status=201, policy=policy.CREATE_CONSUMER, answer=answers.OneNewConsumer)
async def create_consumer(ctx: Context, body: ConsumerBody) -> dict[str, Any]:
    """Register a consumer; its secret is shown only now."""
    new, extra = read(ConsumerFields, body.consumer, of="consumer")
    consumer = await oauth1.create_consumer(ctx, new.description or None, extra)
    return {"consumer": {**consumer_view(ctx, consumer), "secret": consumer.secret}}


@routes.get(
    "/OS-OAUTH1/consumers/{consumer_id}",
    policy=policy.GET_CONSUMER,
    answer=answers.OneConsumer,
    errors=(errors.ThingNotFound,),
)
async def show_consumer(ctx: Context, consumer_id: str) -> dict[str, Any]:
    """Show a consumer."""
    return {"consumer": consumer_view(ctx, await oauth1.find_consumer(ctx, consumer_id))}


@routes.patch(
    "/OS-OAUTH1/consumers/{consumer_id}",
    policy=policy.UPDATE_CONSUMER,
    answer=answers.OneConsumer,
    errors=(errors.Invalid, errors.ThingNotFound, errors.ImmutableId),
)
async def update_consumer(ctx: Context, consumer_id: str, body: ConsumerBody) -> dict[str, Any]:
    """Describe a consumer otherwise."""
    changed, extra = read(ConsumerFields, body.consumer, of="consumer")
    consumer = await oauth1.find_consumer(ctx, consumer_id)
    if "secret" in extra:
        raise Invalid(why="The secret of a consumer cannot be changed.")
    if extra.pop("id", consumer_id) != consumer_id:
        raise ImmutableId(kind="consumer")
    new = access.changed(consumer, sent(changed), extra)
    return {"consumer": consumer_view(ctx, await oauth1.update_consumer(ctx, new))}


@routes.delete(
    "/OS-OAUTH1/consumers/{consumer_id}", policy=policy.DELETE_CONSUMER, errors=(errors.ThingNotFound,)
)
async def delete_consumer(ctx: Context, consumer_id: str) -> None:
    """Delete a consumer; all that it was let ends."""
    await oauth1.delete_consumer(ctx, consumer_id)


@routes.post(
    "/OS-OAUTH1/request_token",
    status=201,
    auth=False,
    answer=Content((FORM,)),
    errors=(
        errors.ThingNotFound,
        errors.Invalid,
    ),
)
async def create_request_token(ctx: Context, request: Request) -> Reply:
    """A consumer asks to act in the project that `Requested-Project-Id` names."""
    project_id = request.header("Requested-Project-Id")
    if not project_id:
        raise Invalid(why="Expecting to find Requested-Project-Id in request.")
    return _form(await oauth1.ask(ctx, request, said_in(request), project_id))


@routes.put(
    "/OS-OAUTH1/authorize/{request_token_id}",
    policy=policy.AUTHORIZE_REQUEST_TOKEN,
    answer=answers.OneVerifier,
    errors=(
        errors.ThingNotFound,
        errors.Invalid,
    ),
)
async def authorize_request_token(ctx: Context, request_token_id: str, body: Agreement) -> dict[str, Any]:
    """Agree that the consumer acts with some of one's roles; it needs the verifier."""
    roles = [(role.id, role.name) for role in body.roles]
    if any(not (id or name) for id, name in roles):
        raise Invalid(why="A role needs its id or name.")
    return {"token": {"oauth_verifier": await oauth1.agree(ctx, request_token_id, roles)}}


@routes.post(
    "/OS-OAUTH1/access_token",
    status=201,
    auth=False,
    answer=Content((FORM,)),
    errors=(errors.Invalid, errors.ThingNotFound),
)
async def create_access_token(ctx: Context, request: Request) -> Reply:
    """The consumer gets what it logs in with, for a request token and its verifier."""
    return _form(await oauth1.redeem(ctx, request, said_in(request)))


def _form(token: RequestToken | AccessToken) -> Reply:
    pairs = {
        "oauth_token": token.id,
        "oauth_token_secret": token.secret,
        "oauth_expires_at": time_text(token.expires_at),
    }
    return Reply(urlencode(pairs, safe=":").encode(), content_type=FORM)


def view(ctx: Context, token: AccessToken) -> dict[str, Any]:
    path = f"users/{token.user_id}/OS-OAUTH1/access_tokens/{token.id}"
    return {
        "id": token.id,
        "consumer_id": token.consumer_id,
        "project_id": token.project_id,
        "authorizing_user_id": token.user_id,
        "expires_at": time_text(token.expires_at),
        "links": {**links(ctx, path), "roles": f"{base(ctx)}/{path}/roles"},
    }


_MINE = "/users/{user_id}/OS-OAUTH1/access_tokens"
_ONE = _MINE + "/{access_token_id}"


@routes.get(
    _MINE, policy=policy.LIST_ACCESS_TOKENS, answer=answers.AccessTokens, errors=(errors.ThingNotFound,)
)
async def list_access_tokens(ctx: Context, user_id: str, request: Request) -> dict[str, Any]:
    """List what a user let consumers do."""
    oauth1.require_own_token(ctx)
    tokens = await ACCESS_TOKENS.find(ctx, user_id=user_id)
    return whole(ctx, request, "access_tokens", [view(ctx, each) for each in tokens])


@routes.get(
    _ONE, policy=policy.GET_ACCESS_TOKEN, answer=answers.OneAccessToken, errors=(errors.ThingNotFound,)
)
async def show_access_token(ctx: Context, user_id: str, access_token_id: str) -> dict[str, Any]:
    """Show an access token."""
    return {"access_token": view(ctx, await oauth1.find_access_token(ctx, user_id, access_token_id))}


@routes.delete(_ONE, policy=policy.DELETE_ACCESS_TOKEN, errors=(errors.ThingNotFound,))
async def delete_access_token(ctx: Context, user_id: str, access_token_id: str) -> None:
    """Take back what a consumer was let."""
    await oauth1.find_access_token(ctx, user_id, access_token_id)
    await oauth1.end(ctx, id=access_token_id)


@routes.get(
    _ONE + "/roles",
    policy=policy.LIST_ACCESS_TOKEN_ROLES,
    answer=answers.Roles,
    errors=(errors.ThingNotFound,),
)
async def list_roles(ctx: Context, user_id: str, access_token_id: str, request: Request) -> dict[str, Any]:
    """List the roles of an access token."""
    roles = await oauth1.roles_of(ctx, await oauth1.find_access_token(ctx, user_id, access_token_id))
    return whole(ctx, request, "roles", [role_view(ctx, each) for each in roles])


@routes.get(
    _ONE + "/roles/{role_id}",
    policy=policy.GET_ACCESS_TOKEN_ROLE,
    answer=answers.OneRole,
    errors=(errors.ThingNotFound,),
)
async def show_role(ctx: Context, user_id: str, access_token_id: str, role_id: str) -> dict[str, Any]:
    """Show a role of an access token."""
    token = await oauth1.find_access_token(ctx, user_id, access_token_id)
    for role in await oauth1.roles_of(ctx, token):
        if role.id == role_id:
            return {"role": role_view(ctx, role)}
    raise ThingNotFound(kind="role", id=role_id)
