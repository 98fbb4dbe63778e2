"""/os-keypairs"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.http import UNSET, InvalidField, Query, Reply, Routes, Strict, UnsetType, since
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.api.links import next_links, page_size
from haneul.services.compute.model.keypairs import Keypair
from haneul.services.compute.operations import keypairs
from haneul.services.compute.policy import keypairs as policy

routes = Routes("/v2.1")


class NewKeypair(Strict):
    name: values.Text
    public_key: Annotated[str, msgspec.Meta(max_length=65535)] | UnsetType = UNSET
    type: Annotated[Literal["ssh", "x509"] | UnsetType, since("2.2")] = UNSET
    user_id: Annotated[values.Text | UnsetType, since("2.10")] = UNSET


class CreateKeypair(Strict):
    keypair: NewKeypair


def view(ctx: Context, keypair: Keypair, *more: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": keypair.name,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
    if ctx.wants(versions.KEYPAIRS_HAVE_TYPES):
        document["type"] = keypair.kind
    if "user_id" in more:
        document["user_id"] = keypair.user_id
    if "times" in more:
        document |= {
            "id": keypair.number,
            "created_at": keypair.created_at.strftime("%Y-%m-%dT%H:%M:%S.000000"),
            "updated_at": None,
            "deleted": False,
            "deleted_at": None,
        }
    return document


def _user(ctx: Context, query: Query) -> str:
    """Whose key pairs are meant: from 2.10 on an administrator may name another user."""
    if not ctx.wants(versions.KEYPAIRS_HAVE_USERS):
        return ctx.user_id
    values.only(
        ctx, query, {"user_id", *(("limit", "marker") if ctx.wants(versions.KEYPAIRS_IN_PAGES) else ())}
    )
    return query.get("user_id") or ctx.user_id


@routes.get("/os-keypairs", policy=policy.LIST, answer=answers.Keypairs)
async def list_keypairs(ctx: Context, query: Query) -> dict[str, Any]:
    """The user's key pairs by name."""
    user = _user(ctx, query)
    if not ctx.wants(versions.KEYPAIRS_IN_PAGES):
        pairs = await keypairs.list(ctx, user)
        # Each one is wrapped once more, since the first version.
        return {"keypairs": [{"keypair": view(ctx, k)} for k in pairs]}
    size = page_size(query)
    pairs = await keypairs.list(ctx, user, marker=query.get("marker"), limit=size)
    more = next_links(ctx, "os-keypairs", query, pairs, size, pairs[-1].name if pairs else "")
    shown = {"keypairs": [{"keypair": view(ctx, k)} for k in pairs]}
    return {**shown, "keypairs_links": more} if more else shown


@routes.get(
    "/os-keypairs/{name}", policy=policy.SHOW, answer=answers.OneKeypair, errors=(errors.KeypairNotFound,)
)
async def show_keypair(ctx: Context, name: str, query: Query) -> dict[str, Any]:
    """One key pair."""
    return {"keypair": view(ctx, await keypairs.show(ctx, _user(ctx, query), name), "user_id", "times")}


@routes.post(
    "/os-keypairs",
    policy=policy.CREATE,
    answer=answers.OneNewKeypair,
    other_answers={201: answers.OneNewKeypair},
    errors=(errors.KeypairExists, errors.KeypairInvalid, errors.TooManyKeypairs),
)
async def create_keypair(ctx: Context, body: CreateKeypair) -> Reply:
    """Import a public key; before 2.92, without one, generate a pair and give the private key once."""
    new = body.keypair
    user, kind = new.user_id or ctx.user_id, new.type or "ssh"
    ctx.authorize(policy.CREATE, {"user_id": user})
    name = _name(ctx, new.name)
    private: dict[str, str] = {}
    if new.public_key is UNSET:
        if ctx.wants(versions.NO_GENERATED_KEYPAIRS):
            text = "'public_key' is a required property"
            raise InvalidField(
                f"Invalid input for field/attribute keypair. {text}",
                field="keypair.public_key",
                why=text,
                kind="missing",
            )
        made = await keypairs.generate(kind, user)
        public, private = made.public_key, {"private_key": made.private_key}
    else:
        public = new.public_key
    stored = await keypairs.create(ctx, user, name, kind, public)
    return Reply(
        {"keypair": {**view(ctx, stored, "user_id"), **private}},
        # The status came to say what happens in 2.2; so did that of a removal.
        status=201 if ctx.wants(versions.KEYPAIRS_HAVE_TYPES) else 200,
    )


def _name(ctx: Context, name: str) -> str:
    """Letters, digits, spaces, `_` and `-`; from 2.92 on `@` and `.` too."""
    name = values.name(name, "keypair.name")
    allowed = r"[A-Za-z0-9 _@.\-]+" if ctx.wants(versions.NO_GENERATED_KEYPAIRS) else r"[A-Za-z0-9 _\-]+"
    if not re.fullmatch(allowed, name):
        raise InvalidField(
            "Keypair data is invalid: Keypair name contains unsafe characters",
            field="keypair.name",
            why="it contains unsafe characters",
            kind="value",
        )
    return name


@routes.delete(
    "/os-keypairs/{name}",
    policy=policy.DELETE,
    answer=None,
    other_answers={202: None},
    errors=(errors.KeypairNotFound,),
)
async def delete_keypair(ctx: Context, name: str, query: Query) -> Reply:
    """Delete the key pair; servers keep the key they were made with."""
    await keypairs.delete(ctx, _user(ctx, query), name)
    return Reply(status=204 if ctx.wants(versions.KEYPAIRS_HAVE_TYPES) else 202)
