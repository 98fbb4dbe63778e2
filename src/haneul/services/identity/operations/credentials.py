"""Credentials such as EC2 keys, kept encrypted."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet

from haneul.kernel.context import Context
from haneul.kernel.ids import new_hex
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.credentials import Credential
from haneul.services.identity.store.credentials import CREDENTIALS

EC2 = "ec2"


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


def opened(ctx: Context, credential: Credential) -> str:
    """The blob in clear."""
    return _key(ctx.platform.folder).decrypt(credential.blob.encode()).decode()


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
