"""Application credentials, and credentials such as EC2 keys (kept encrypted)."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.ids import new_hex
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.credentials import ApplicationCredential, Credential
from haneul.services.identity.model.revocations import of_application_credential
from haneul.services.identity.model.roles import Role
from haneul.services.identity.operations import access, passwords
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS, CREDENTIALS
from haneul.services.identity.store.roles import ROLES

EC2 = "ec2"


class Wanted(msgspec.Struct):
    """An application credential as it is asked for; `roles` are (id, name) pairs of which one is there."""

    name: str
    description: str | None
    secret: str | None
    expires_at: datetime | None
    roles: list[tuple[str | None, str | None]] | None
    unrestricted: bool


async def create_application_credential(
    ctx: Context, user_id: str, wanted: Wanted
) -> tuple[ApplicationCredential, str]:
    """The new credential and its secret, which nobody can read later. No transaction may be open."""
    ctx.authorize(access.target(user={"id": user_id}))
    project_id = ctx.project_id
    if ctx.auth.app_credential_id:
        async with ctx.in_reading() as c:
            used = await APPLICATION_CREDENTIALS.get(c.tx, ctx.auth.app_credential_id)
        if used is None or not used.unrestricted:
            raise Forbidden(action="identity:create_application_credential")
    if wanted.expires_at is not None and wanted.expires_at <= ctx.now():
        raise Invalid(why="The application credential would have expired already.")
    secret = wanted.secret or secrets.token_urlsafe(64)
    hashed = await passwords.hashed(secret)
    async with ctx.in_transaction() as c:
        role_ids = await _chosen(c, wanted.roles)
        new = ApplicationCredential(
            new_hex(),
            user_id,
            project_id,
            wanted.name,
            wanted.description,
            hashed,
            role_ids,
            wanted.expires_at,
            wanted.unrestricted,
        )
        return await access.add(c, APPLICATION_CREDENTIALS, new, "application_credential"), secret


async def _chosen(ctx: Context, wanted: list[tuple[str | None, str | None]] | None) -> list[str]:
    """The ids of the roles wanted, which must be among those of the token; by default all of these."""
    if not wanted:
        return list(ctx.auth.role_ids)
    held = {role.id: role for role in await ROLES.among(ctx.tx, "id", ctx.auth.role_ids)}
    by_name = {role.name: role for role in held.values()}
    chosen = []
    for id, name in wanted:
        found = held.get(id) if id else by_name.get(name or "")
        if found is None:
            raise Invalid(
                why="Invalid application credential: Could not find role assignment with role: "
                f"{id or name}, user or group: {ctx.user_id}, project, domain, or system: "
                f"{ctx.auth.project_id}."
            )
        chosen.append(found.id)
    return list(dict.fromkeys(chosen))


async def delete_application_credential(ctx: Context, credential: ApplicationCredential) -> None:
    await revoke(ctx, of_application_credential(credential.id))
    await APPLICATION_CREDENTIALS.remove(ctx.tx, id=credential.id)


async def roles_of(ctx: Context, credentials: list[ApplicationCredential]) -> dict[str, Role]:
    """Every role that any of these carries, by id."""
    ids = {id for credential in credentials for id in credential.role_ids}
    return {role.id: role for role in await ROLES.among(ctx.tx, "id", ids)}


@lru_cache(maxsize=8)
def _key(folder: Path) -> Fernet:
    """What credentials are encrypted with; made at its first use, outside of the store."""
    path = folder / "keys" / "identity" / "credentials.fernet"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as f:
            f.write(Fernet.generate_key())
    return Fernet(path.read_bytes())


def sealed(ctx: Context, blob: str) -> str:
    return _key(ctx.platform.folder).encrypt(blob.encode()).decode()


def unsealed(ctx: Context, text: str) -> str:
    """What was sealed, in clear."""
    return _key(ctx.platform.folder).decrypt(text.encode()).decode()


def opened(ctx: Context, credential: Credential) -> str:
    """The blob in clear."""
    return unsealed(ctx, credential.blob)


def ec2_id(access_key: str) -> str:
    """EC2 credentials are found by their access key."""
    return sha256(access_key.encode()).hexdigest()


def credential_id(type: str, blob: str) -> str:
    """Of an EC2 credential it follows from the access key in its blob; 400 if that is not there."""
    if type != EC2:
        return new_hex()
    try:
        said: Any = msgspec.json.decode(blob)
    except msgspec.DecodeError:
        raise Invalid(why="Invalid blob in credential") from None
    if not isinstance(said, dict) or not isinstance(said.get("access"), str):
        raise Invalid(why="Invalid blob in credential: an access key is expected")
    return ec2_id(said["access"])


async def create_ec2(ctx: Context, user_id: str, project_id: str) -> Credential:
    key, secret = new_hex(), new_hex()
    blob = msgspec.json.encode({"access": key, "secret": secret, "trust_id": None}).decode()
    new = Credential(ec2_id(key), user_id, EC2, sealed(ctx, blob), project_id)
    return await CREDENTIALS.add(ctx.tx, new)
