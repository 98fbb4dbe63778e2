"""/volumes/{id}/metadata and /snapshots/{id}/metadata"""

from __future__ import annotations

from typing import Annotated, Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Text, joined
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import answers, fields
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.operations import snapshots, volumes

routes = ProjectRoutes()


class Metadata(Strict):
    metadata: Annotated[dict[Text, Text], MANY]


class Meta(Strict):
    meta: Annotated[dict[Text, Text], MANY]


def _one(meta: dict[str, str], key: str) -> dict[str, str]:
    """The only pair of the body; 400 unless its key is the path's."""
    if len(meta) > 1:
        raise errors.InvalidInput("Request body contains too many items")
    if key not in meta:
        raise errors.InvalidInput("Request body and URI mismatch")
    return fields.pairs(meta, "meta")


def _declare(
    kind: str, title: str, operations: Any, read: Any, write: Any, replace: Any, remove: Any
) -> None:
    base = f"/{kind}/{{id}}/metadata"

    async def load(ctx: Context, rule: Rule, id: str) -> Any:
        thing = await operations.show(ctx, id)
        ctx.authorize(rule, thing)
        return thing

    def value(thing: Any, key: str) -> str:
        if key not in thing.metadata:
            raise errors.MetadataNotFound(what=title, id=thing.id, key=key)
        return thing.metadata[key]

    @routes.get(
        base,
        policy=read,
        answer=answers.Metadata,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound),
    )
    async def show_all(ctx: Context, id: str) -> dict[str, Any]:
        return {"metadata": (await load(ctx, read, id)).metadata}

    @routes.post(
        base,
        policy=write,
        answer=answers.Metadata,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
    )
    async def add(ctx: Context, id: str, body: Metadata) -> dict[str, Any]:
        """Add to the metadata; what is there keeps its value unless given anew."""
        thing = await load(ctx, write, id)
        merged = joined(thing.metadata, fields.pairs(body.metadata), "metadata")
        return {"metadata": (await operations.save(ctx, thing, metadata=merged)).metadata}

    @routes.put(
        base,
        policy=replace,
        answer=answers.Metadata,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
    )
    async def replace_all(ctx: Context, id: str, body: Metadata) -> dict[str, Any]:
        thing = await load(ctx, replace, id)
        given = fields.pairs(body.metadata)
        return {"metadata": (await operations.save(ctx, thing, metadata=given)).metadata}

    @routes.get(
        base + "/{key}",
        policy=read,
        answer=answers.OneMetadata,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound, errors.MetadataNotFound),
    )
    async def show_one(ctx: Context, id: str, key: str) -> dict[str, Any]:
        return {"meta": {key: value(await load(ctx, read, id), key)}}

    @routes.put(
        base + "/{key}",
        policy=replace,
        answer=answers.OneMetadata,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
    )
    async def set_one(ctx: Context, id: str, key: str, body: Meta) -> dict[str, Any]:
        thing = await load(ctx, replace, id)
        pair = _one(body.meta, key)
        await operations.save(ctx, thing, metadata=joined(thing.metadata, pair, "metadata"))
        return {"meta": pair}

    @routes.delete(
        base + "/{key}",
        status=200,
        policy=remove,
        errors=(errors.VolumeNotFound, errors.SnapshotNotFound, errors.MetadataNotFound),
    )
    async def remove_one(ctx: Context, id: str, key: str) -> None:
        thing = await load(ctx, remove, id)
        value(thing, key)
        left = {k: v for k, v in thing.metadata.items() if k != key}
        await operations.save(ctx, thing, metadata=left)


_declare(
    "volumes",
    "Volume",
    volumes,
    policy.GET_METADATA,
    policy.CREATE_METADATA,
    policy.UPDATE_METADATA,
    policy.DELETE_METADATA,
)
_declare(
    "snapshots",
    "Snapshot",
    snapshots,
    policy.GET_SNAPSHOT_METADATA,
    policy.UPDATE_SNAPSHOT_METADATA,
    policy.UPDATE_SNAPSHOT_METADATA,
    policy.DELETE_SNAPSHOT_METADATA,
)
