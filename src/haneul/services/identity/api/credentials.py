"""/credentials and /users/ID/credentials/OS-EC2"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import Name, Text, read, sent
from haneul.services.identity.api.lists import links, listing, whole
from haneul.services.identity.errors import ImmutableId, Invalid
from haneul.services.identity.model.credentials import Credential
from haneul.services.identity.operations import access, credentials
from haneul.services.identity.operations.collections import CREDENTIALS, PROJECTS, USERS
from haneul.services.identity.operations.credentials import EC2

routes = Routes("/v3")


Owner = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")]


class NewCredential(Schema):
    type: Name
    blob: Text
    user_id: Owner | UnsetType = UNSET
    project_id: Owner | None = None


class ChangedCredential(Schema):
    type: Name | UnsetType = UNSET
    blob: Text | UnsetType = UNSET
    user_id: Owner | UnsetType = UNSET
    project_id: Owner | UnsetType | None = UNSET


class CredentialBody(Schema):
    credential: Document


class NewEc2(Schema):
    tenant_id: Text


def view(ctx: Context, credential: Credential) -> dict[str, Any]:
    return {
        **credential.extra,
        "id": credential.id,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "type": credential.type,
        "blob": credentials.opened(ctx, credential),
        "links": links(ctx, f"credentials/{credential.id}"),
    }


@routes.get("/credentials", policy=policy.LIST_CREDENTIALS, answer=answers.Credentials, errors=(NotFound,))
async def list_credentials(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List credentials: all that the asker may see, which is none by a token that was lent."""
    if ctx.auth.is_delegated:
        return whole(ctx, request, "credentials", [])
    wanted = []
    if not ctx.may(policy.LIST_CREDENTIALS, {}):
        wanted.append(Filter("user_id", "eq", ctx.user_id))
    return await listing(
        ctx, request, query, CREDENTIALS, "credentials", view, texts=("user_id", "type"), fixed=wanted
    )


@routes.post(
    "/credentials",
    status=201,
    policy=policy.CREATE_CREDENTIAL,
    answer=answers.OneCredential,
    errors=(
        errors.Invalid,
        errors.TooManyThings,
    ),
)
async def create_credential(ctx: Context, body: CredentialBody) -> dict[str, Any]:
    """Create a credential."""
    credentials.require_own_token(ctx)
    new, extra = read(NewCredential, body.credential, of="credential")
    user_id = new.user_id or ctx.user_id
    ctx.authorize(policy.CREATE_CREDENTIAL, access.target(credential={"user_id": user_id}))
    if new.type == EC2 and new.project_id is None:
        raise Invalid(why="Expecting to find project_id in credential of type ec2.")
    await credentials.require_room(ctx, user_id)
    # One of type ec2 is found by its access key, so its id is made of that; others have any.
    id = credentials.credential_id(new.type, new.blob)
    sealed = credentials.sealed(ctx, new.blob)
    credential = Credential(id, user_id, new.type, sealed, new.project_id, extra)
    return {"credential": view(ctx, await access.add(ctx, CREDENTIALS, credential))}


@routes.get(
    "/credentials/{credential_id}",
    policy=policy.GET_CREDENTIAL,
    answer=answers.OneCredential,
    errors=(errors.ThingNotFound,),
)
async def show_credential(ctx: Context, credential_id: str) -> dict[str, Any]:
    """Show a credential."""
    credentials.require_own_token(ctx)
    return {
        "credential": view(ctx, await access.find(ctx, policy.GET_CREDENTIAL, CREDENTIALS, credential_id))
    }


@routes.patch(
    "/credentials/{credential_id}",
    policy=policy.UPDATE_CREDENTIAL,
    answer=answers.OneCredential,
    errors=(errors.Invalid, errors.ThingNotFound, errors.ImmutableId),
)
async def update_credential(ctx: Context, credential_id: str, body: CredentialBody) -> dict[str, Any]:
    """Change a credential. One of type ec2 is found by the access key that it was made with."""
    credentials.require_own_token(ctx)
    changed, extra = read(ChangedCredential, body.credential, of="credential", may_be_empty=False)
    credential = await access.find(ctx, policy.UPDATE_CREDENTIAL, CREDENTIALS, credential_id)
    if extra.pop("id", credential_id) != credential_id:
        raise ImmutableId(kind="credential")
    changes = sent(changed)
    if "blob" in changes:
        changes["blob"] = credentials.sealed(ctx, changes["blob"])
    new = access.changed(credential, changes, extra)
    ctx.authorize(policy.UPDATE_CREDENTIAL, access.target(credential=new))
    if credential.type == EC2 or new.type == EC2:
        if new.project_id is None:
            raise Invalid(why="Expecting to find project_id in credential of type ec2.")
        credentials.access_key(credentials.opened(ctx, new), "updated")
    return {"credential": view(ctx, await credentials.update(ctx, new))}


@routes.delete(
    "/credentials/{credential_id}", policy=policy.DELETE_CREDENTIAL, errors=(errors.ThingNotFound,)
)
async def delete_credential(ctx: Context, credential_id: str) -> None:
    """Delete a credential."""
    credentials.require_own_token(ctx)
    credential = await access.find(ctx, policy.DELETE_CREDENTIAL, CREDENTIALS, credential_id)
    await credentials.delete(ctx, credential)


def ec2_view(ctx: Context, credential: Credential) -> dict[str, Any]:
    blob = msgspec.json.decode(credentials.opened(ctx, credential))
    path = f"users/{credential.user_id}/credentials/OS-EC2/{blob.get('access')}"
    return {
        "access": blob.get("access"),
        "secret": blob.get("secret"),
        "user_id": credential.user_id,
        "tenant_id": credential.project_id,
        "trust_id": blob.get("trust_id"),
        "links": links(ctx, path),
    }


_EC2 = "/users/{user_id}/credentials/OS-EC2"


@routes.get(
    _EC2, policy=policy.EC2_LIST_CREDENTIALS, answer=answers.Ec2Credentials, errors=(errors.ThingNotFound,)
)
async def list_ec2(ctx: Context, user_id: str, request: Request) -> dict[str, Any]:
    """List the EC2 keys of a user."""
    ctx.authorize(policy.EC2_LIST_CREDENTIALS, {"user_id": user_id})
    credentials.require_own_token(ctx)
    await access.exists(ctx, USERS, user_id)
    keys = await CREDENTIALS.find(ctx, user_id=user_id, type=EC2)
    return whole(ctx, request, "credentials", [ec2_view(ctx, each) for each in keys])


@routes.post(
    _EC2,
    status=201,
    policy=policy.EC2_CREATE_CREDENTIAL,
    answer=answers.OneEc2Credential,
    errors=(
        errors.ThingNotFound,
        errors.TooManyThings,
    ),
)
async def create_ec2(ctx: Context, user_id: str, body: NewEc2) -> dict[str, Any]:
    """Create EC2 keys for a user in a project."""
    ctx.authorize(policy.EC2_CREATE_CREDENTIAL, access.target(credential={"user_id": user_id}))
    credentials.require_own_token(ctx)
    await access.exists(ctx, USERS, user_id)
    await access.exists(ctx, PROJECTS, body.tenant_id)
    return {"credential": ec2_view(ctx, await credentials.create_ec2(ctx, user_id, body.tenant_id))}


async def _find_ec2(ctx: Context, rule: Rule, key: str) -> Credential:
    """The keys, whosever path they are looked for in: who may have them is said by whose they are."""
    id = credentials.ec2_id(key)
    credential = access.existing(await CREDENTIALS.first(ctx, id=id, type=EC2), "credential", id)
    ctx.authorize(rule, access.target(credential=credential))
    credentials.require_own_token(ctx)
    return credential


@routes.get(
    _EC2 + "/{credential_id}",
    policy=policy.EC2_GET_CREDENTIAL,
    asks_late=True,
    answer=answers.OneEc2Credential,
    errors=(errors.ThingNotFound,),
)
async def show_ec2(ctx: Context, user_id: str, credential_id: str) -> dict[str, Any]:
    """Show EC2 keys, found by the access key."""
    return {"credential": ec2_view(ctx, await _find_ec2(ctx, policy.EC2_GET_CREDENTIAL, credential_id))}


@routes.delete(
    _EC2 + "/{credential_id}",
    policy=policy.EC2_DELETE_CREDENTIAL,
    asks_late=True,
    errors=(errors.ThingNotFound,),
)
async def delete_ec2(ctx: Context, user_id: str, credential_id: str) -> None:
    """Delete EC2 keys."""
    credential = await _find_ec2(ctx, policy.EC2_DELETE_CREDENTIAL, credential_id)
    await credentials.delete(ctx, credential)
