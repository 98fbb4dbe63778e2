"""/types/{id}/encryption: how the volumes of a type are to be encrypted"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Number, Text
from haneul.kernel.http.schema import Schema, Strict
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, lists, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.qos import LOCATIONS, TypeEncryption
from haneul.services.block_storage.operations import type_encryptions

routes = ProjectRoutes()


class NewEncryption(Schema):
    provider: Text
    control_location: Text
    cipher: Text | None = None
    key_size: Number | Text | None = None


class CreateEncryption(Strict):
    encryption: NewEncryption


class EncryptionChanges(Schema):
    provider: Text | UnsetType = UNSET
    control_location: Text | UnsetType = UNSET
    cipher: Text | UnsetType | None = UNSET
    key_size: Number | Text | UnsetType | None = UNSET


class UpdateEncryption(Strict):
    encryption: EncryptionChanges


@routes.get(
    "/types/{id}/encryption",
    policy=policy.TYPE_ENCRYPTION,
    answer=other_answers.TypeEncryption,
    errors=(errors.TypeNotFound,),
)
async def show_encryption(ctx: Context, id: str) -> dict[str, Any]:
    """How volumes of the type are encrypted; nothing if they are not."""
    encryption = await type_encryptions.of(ctx, id)
    return _view(encryption) if encryption is not None else {}


@routes.get(
    "/types/{id}/encryption/{key}",
    policy=policy.TYPE_ENCRYPTION,
    answer=other_answers.EncryptionValue,
    errors=(errors.TypeNotFound, errors.TypeEncryptionNotFound),
)
async def show_encryption_key(ctx: Context, id: str, key: str) -> dict[str, Any]:
    """One value of it."""
    encryption = await type_encryptions.of(ctx, id)
    view = _view(encryption) if encryption is not None else {}
    if key not in view:
        raise errors.TypeEncryptionNotFound(type_id=id)
    return {key: view[key]}


@routes.post(
    "/types/{id}/encryption",
    policy=policy.CREATE_TYPE_ENCRYPTION,
    answer=other_answers.OneTypeEncryption,
    errors=(
        errors.TypeNotFound,
        errors.TypeEncryptionExists,
        errors.TypeEncryptionInUse,
        errors.InvalidField,
    ),
)
async def create_encryption(ctx: Context, id: str, body: CreateEncryption) -> dict[str, Any]:
    """The volumes of the type are to be encrypted. No back end encrypts, so none can be made then."""
    new = body.encryption
    values: dict[str, Any] = {
        "provider": new.provider,
        "control_location": _location(new.control_location),
        "cipher": new.cipher,
        "key_size": _key_size(new.key_size),
    }
    made = await type_encryptions.create(ctx, id, **values)
    shown = {name: value for name, value in values.items() if value is not None}
    return {"encryption": {**shown, "volume_type_id": made.type_id, "encryption_id": made.id}}


@routes.put(
    "/types/{id}/encryption/{key}",
    policy=policy.UPDATE_TYPE_ENCRYPTION,
    answer=other_answers.OneTypeEncryption,
    errors=(
        errors.TypeNotFound,
        errors.TypeEncryptionNotFound,
        errors.TypeEncryptionInUse,
        errors.InvalidField,
    ),
)
async def update_encryption(ctx: Context, id: str, key: str, body: UpdateEncryption) -> dict[str, Any]:
    """The volumes of the type are to be encrypted otherwise; refused while there are any."""
    wish = body.encryption
    values: dict[str, Any] = {}
    if wish.provider is not UNSET:
        values["provider"] = wish.provider
    if wish.control_location is not UNSET:
        values["control_location"] = _location(wish.control_location)
    if wish.cipher is not UNSET:
        values["cipher"] = wish.cipher
    if wish.key_size is not UNSET:
        values["key_size"] = _key_size(wish.key_size)
    await type_encryptions.update(ctx, id, **values)
    return {"encryption": values}


@routes.delete(
    "/types/{id}/encryption/{key}",
    status=202,
    policy=policy.DELETE_TYPE_ENCRYPTION,
    errors=(errors.TypeEncryptionNotFound, errors.TypeEncryptionInUse),
)
async def delete_encryption(ctx: Context, id: str, key: str) -> None:
    """The volumes of the type are not to be encrypted; refused while there are any."""
    await type_encryptions.delete(ctx, id)


def _location(text: str) -> str:
    if text not in LOCATIONS:
        raise fields.refused("control_location", text, f"'{text}' is not one of {list(LOCATIONS)}")
    return text


def _key_size(value: int | str | None) -> int | None:
    if value is None or value == "":
        return None
    text = str(value)
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > fields.MAX_SIZE:
        raise fields.refused("key_size", value, f"{text[:40]!r} does not match '^[0-9]+$'")
    return int(text)


def _view(encryption: TypeEncryption) -> dict[str, Any]:
    return {
        "volume_type_id": encryption.type_id,
        "encryption_id": encryption.id,
        "provider": encryption.provider,
        "control_location": encryption.control_location,
        "cipher": encryption.cipher,
        "key_size": encryption.key_size,
        "created_at": lists.time(encryption.created_at),
        "updated_at": lists.time(encryption.updated_at),
        "deleted_at": None,
        "deleted": False,
    }
