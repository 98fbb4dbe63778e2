"""/volumes/{id}/metadata and /snapshots/{id}/metadata"""

from __future__ import annotations

from typing import Annotated, Any

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.http.bounds import MANY, Text
from haneul.kernel.http.metadata import Pairs
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


def _pairs(title: str, operations: Any, missing: type[HaneulError]) -> Pairs:
    async def load(ctx: Context, rule: Rule, id: str) -> Any:
        thing = await operations.show(ctx, id)
        ctx.authorize(rule, thing)
        return thing

    async def save(ctx: Context, rule: Rule, thing: Any, pairs: dict[str, str]) -> dict[str, str]:
        saved: dict[str, str] = (await operations.save(ctx, thing, metadata=pairs)).metadata
        return saved

    return Pairs(
        load,
        save,
        missing=lambda thing, key: errors.MetadataNotFound(what=title, id=thing.id, key=key),
        body=Metadata,
        one_body=Meta,
        answer=answers.Metadata,
        one_answer=answers.OneMetadata,
        errors=(missing,),
        no_key=errors.MetadataNotFound,
        unread=(errors.InvalidInput, errors.InvalidField),
        checked=lambda ctx, pairs, name: fields.pairs(pairs, name),
        refuse=errors.InvalidInput,
        removed=200,
    )


_pairs("Volume", volumes, errors.VolumeNotFound).serve(
    routes,
    "/volumes/{id}/metadata",
    {
        "list": policy.GET_METADATA,
        "show": policy.GET_METADATA,
        "add": policy.CREATE_METADATA,
        "replace": policy.UPDATE_METADATA,
        "set": policy.UPDATE_METADATA,
        "remove": policy.DELETE_METADATA,
    },
)
_pairs("Snapshot", snapshots, errors.SnapshotNotFound).serve(
    routes,
    "/snapshots/{id}/metadata",
    {
        "list": policy.GET_SNAPSHOT_METADATA,
        "show": policy.GET_SNAPSHOT_METADATA,
        "add": policy.UPDATE_SNAPSHOT_METADATA,
        "replace": policy.UPDATE_SNAPSHOT_METADATA,
        "set": policy.UPDATE_SNAPSHOT_METADATA,
        "remove": policy.DELETE_SNAPSHOT_METADATA,
    },
)
