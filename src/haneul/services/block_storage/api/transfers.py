"""/volume-transfers and the older /os-volume-transfer"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import LongText, Text
from haneul.kernel.http.routes import Query, Request
from haneul.kernel.http.schema import Strict, since
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import answers, fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.transfers import Transfer
from haneul.services.block_storage.operations import transfers

routes = ProjectRoutes()

SORTABLE = {"id": "id", "name": "name", "created_at": "created_at"}


class NewTransfer(Strict):
    volume_id: Text
    name: Text | None = None
    no_snapshots: Annotated[bool | Text | UnsetType, since("3.55")] = UNSET


class CreateTransfer(Strict):
    transfer: NewTransfer


class Acceptance(Strict):
    auth_key: LongText


class AcceptTransfer(Strict):
    accept: Acceptance


def _declare(base: str, first: str) -> None:
    @routes.post(
        base,
        status=202,
        policy=policy.CREATE_TRANSFER,
        since=first,
        answer=answers.OneNewTransfer,
        errors=(errors.VolumeNotFound, errors.InvalidVolume, errors.InvalidInput, errors.InvalidField),
    )
    async def create_transfer(ctx: Context, body: CreateTransfer) -> dict[str, Any]:
        """Offer a volume. Who knows the key of the answer may take it."""
        new = body.transfer
        keeps = new.no_snapshots is not UNSET and fields.truth(new.no_snapshots, "no_snapshots")
        made, key = await transfers.create(ctx, new.volume_id, name=fields.name(new.name), no_snapshots=keeps)
        return {"transfer": {**_view(ctx, made), "auth_key": key}}

    @routes.get(
        base,
        policy=policy.GET_ALL_TRANSFERS,
        since=first,
        answer=answers.Transfers,
        errors=(errors.InvalidInput, errors.InvalidField),
    )
    async def list_transfers(ctx: Context, query: Query) -> dict[str, Any]:
        """A page of the transfers that the project offers."""
        return {"transfers": await _list(ctx, query, is_detailed=False)}

    @routes.get(
        base + "/detail",
        policy=policy.GET_ALL_TRANSFERS,
        since=first,
        answer=answers.TransfersInDetail,
        errors=(errors.InvalidInput, errors.InvalidField),
    )
    async def list_transfers_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
        """A page of the transfers that the project offers, each with its volume."""
        return {"transfers": await _list(ctx, query, is_detailed=True)}

    @routes.get(
        base + "/{id}",
        policy=policy.GET_TRANSFER,
        since=first,
        answer=answers.OneTransfer,
        errors=(errors.TransferNotFound,),
    )
    async def show_transfer(ctx: Context, id: str) -> dict[str, Any]:
        """One transfer; its key was shown once, when it was made."""
        return {"transfer": _view(ctx, await transfers.show(ctx, id))}

    @routes.post(
        base + "/{id}/accept",
        status=202,
        policy=policy.ACCEPT_TRANSFER,
        since=first,
        answer=answers.OneTransferName,
        errors=(errors.TransferNotFound, errors.WrongKey, errors.InvalidVolume, errors.VolumeQuotaExceeded),
    )
    async def accept_transfer(
        ctx: Context, id: str, body: AcceptTransfer, request: Request
    ) -> dict[str, Any]:
        """Take an offered volume into one's own project."""
        taken = await transfers.accept(ctx, id, body.accept.auth_key, address=request.address)
        return {"transfer": _view(ctx, taken, is_detailed=False)}

    @routes.delete(
        base + "/{id}",
        status=202,
        policy=policy.DELETE_TRANSFER,
        since=first,
        errors=(errors.TransferNotFound,),
    )
    async def delete_transfer(ctx: Context, id: str) -> None:
        """The offer is taken back, and the volume is available to its owner."""
        await transfers.delete(ctx, id)


_declare("/os-volume-transfer", "3.0")
_declare("/volume-transfers", "3.55")


async def _list(ctx: Context, query: Query, *, is_detailed: bool) -> list[dict[str, Any]]:
    page = lists.paging(query, SORTABLE)
    offers = await transfers.list_all(
        ctx,
        all_projects=lists.all_projects(ctx, query),
        sort=page.sort,
        limit=page.limit + page.offset,
    )
    return [_view(ctx, t, is_detailed=is_detailed) for t in offers[page.offset :]]


def _view(ctx: Context, t: Transfer, *, is_detailed: bool = True) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": t.id,
        "volume_id": t.volume_id,
        "name": t.name,
        "links": lists.links(ctx, "volume-transfers", t.id),
    }
    if is_detailed:
        view["created_at"] = lists.time(t.created_at)
        if ctx.wants(versions.TRANSFERS_WITHOUT_SNAPSHOTS):
            view["no_snapshots"] = t.no_snapshots
        if ctx.wants(versions.TRANSFERS_HAVE_PROJECTS):
            view |= {"source_project_id": t.project_id, "destination_project_id": None, "accepted": False}
    return view
