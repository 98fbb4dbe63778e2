"""Credentials such as EC2 keys, kept sealed: encrypted with a key that is not in the store."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.ids import new_hex
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.credentials import Credential
from haneul.services.identity.operations import access, collections
from haneul.services.identity.operations.keys import FIRST, SEALING
from haneul.services.identity.store import credentials
from haneul.services.identity.store.credentials import CREDENTIALS

EC2 = "ec2"
DELEGATIONS = ("trust_id", "app_cred_id", "access_token_id", "access_id")
"""What the blob of an EC2 credential may name that its secret would act by.

Only the token that makes a credential could lend that, and a token that was lent makes none: so no blob is taken
that names one, and none is believed.
"""
BATCH = 100


def require_own_token(ctx: Context) -> None:
    """Raise if one's token was lent: what credentials hold would outlast what was lent."""
    if ctx.auth.is_delegated:
        raise Forbidden(
            "You are not authorized to perform the requested action: Delegated tokens cannot access "
            "credentials directly."
        )


def sealed(ctx: Context, blob: str) -> str:
    """The blob as it is stored: which key sealed it, and what came out."""
    name, key = SEALING.newest(ctx.platform.folder)
    return f"{name}:{key.encrypt(blob.encode()).decode()}"


def unsealed(ctx: Context, text: str) -> str:
    """What was sealed, in clear."""
    return _opened(ctx.platform.folder, text)


def is_sealed_by_newest(ctx: Context, text: str) -> bool:
    """Whether the text needs no sealing anew: the key in use now made it."""
    return text.startswith(f"{SEALING.newest(ctx.platform.folder)[0]}:")


def opened(ctx: Context, credential: Credential) -> str:
    """The blob in clear."""
    return unsealed(ctx, credential.blob)


def _opened(folder: Path, blob: str) -> str:
    name, colon, text = blob.rpartition(":")
    key = SEALING.find(folder, name if colon else FIRST)
    if key is None:
        raise RuntimeError(f"the key {name or FIRST} that sealed a credential is gone")
    return key.decrypt(text.encode()).decode()


async def seal_anew(ctx: Context) -> int:
    """Some of what older keys sealed is sealed with the newest; how many."""
    name, _ = SEALING.newest(ctx.platform.folder)
    old = await credentials.not_sealed_by(ctx.tx, name, limit=BATCH)
    for credential in old:
        await credentials.seal(ctx.tx, credential, sealed(ctx, opened(ctx, credential)))
    return len(old)


def ec2_id(access_key: str) -> str:
    """EC2 credentials are found by their access key."""
    return sha256(access_key.encode()).hexdigest()


def credential_id(type: str, blob: str) -> str:
    """Of an EC2 credential it follows from the access key in its blob."""
    return ec2_id(access_key(blob)) if type == EC2 else new_hex()


def require_no_delegation(blob: dict[str, Any], verb: str) -> None:
    """Raise if the blob says that it acts by what somebody lent."""
    for name in DELEGATIONS:
        if blob.get(name) is not None:
            raise Invalid(why=f"{name} can not be {verb} for credential")


def access_key(blob: str, verb: str = "set") -> str:
    """The access key in the blob of an EC2 credential; 400 if it is not there, or if the blob is lent power."""
    try:
        fields: Any = msgspec.json.decode(blob)
    except msgspec.DecodeError:
        raise Invalid(why="Invalid blob in credential") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("access"), str):
        raise Invalid(
            why="Expecting to find access in credential. The server could not comply with the request since "
            "it is either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    require_no_delegation(fields, verb)
    key: str = fields["access"]
    return key


async def require_room(ctx: Context, user_id: str) -> None:
    """Raise if the user has as many credentials as a user may have."""
    most = ctx.options(IdentityOptions).credential.user_limit
    await access.require_fewer(ctx, collections.CREDENTIALS, most, "credentials", user_id=user_id)


async def create_ec2(ctx: Context, user_id: str, project_id: str) -> Credential:
    """The user has one more pair of keys for the project, both made here; Forbidden if they have too many."""
    await require_room(ctx, user_id)
    key, secret = new_hex(), new_hex()
    blob = msgspec.json.encode({"access": key, "secret": secret, "trust_id": None}).decode()
    new = Credential(ec2_id(key), user_id, EC2, sealed(ctx, blob), project_id)
    return await CREDENTIALS.add(ctx.tx, new)


async def update(ctx: Context, credential: Credential) -> Credential:
    """The credential as changed."""
    return await CREDENTIALS.update(ctx.tx, credential)


async def delete(ctx: Context, credential: Credential) -> None:
    """Nobody logs in with the credential any more."""
    await CREDENTIALS.remove(ctx.tx, id=credential.id)
