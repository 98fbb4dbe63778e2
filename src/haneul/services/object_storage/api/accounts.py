"""/v1/{account}"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import MethodNotAllowed
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import listings, uploads
from haneul.services.object_storage.api.answers import ANYTHING, PATH_ERRORS, done, place_of
from haneul.services.object_storage.model import metadata, times
from haneul.services.object_storage.model.accounts import Account, Usage
from haneul.services.object_storage.operations import access, accounts
from haneul.services.object_storage.operations.containers import POLICY

routes = Routes("/v1/{account}", lets_anybody_in=True, reads_path=True, errors=PATH_ERRORS)


def _headers(ctx: Context, account: Account, usage: Usage) -> dict[str, str]:
    numbers = {
        "Container-Count": usage.containers,
        "Object-Count": usage.objects,
        "Bytes-Used": usage.bytes_used,
    }
    return {
        **{f"X-Account-{name}": str(number) for name, number in numbers.items()},
        **{f"X-Account-Storage-Policy-{POLICY}-{name}": str(number) for name, number in numbers.items()},
        "X-Timestamp": times.timestamp(account.created_at),
        "Accept-Ranges": "bytes",
        **metadata.shown(account.headers, to_owner=access.operates(ctx, account.name)),
    }


@routes.route("HEAD", "", status=204, answer=ANYTHING)
async def show_account(ctx: Context, request: Request) -> Reply:
    """How much is in the account, and what is said of it."""
    account, usage = await accounts.show(ctx, place_of(request).account)
    headers = {**_headers(ctx, account, usage), "Content-Length": "0"}
    return done(204, headers, content_type="text/plain; charset=utf-8")


@routes.get(
    "",
    answer=ANYTHING,
    other_answers={204: ANYTHING},
    errors=(errors.FormatNotAcceptable, errors.WrongListQuery),
)
async def list_containers(ctx: Context, request: Request, query: Query) -> Reply:
    """The account's containers."""
    name = place_of(request).account
    account, usage = await accounts.show(ctx, name)
    kind, wish = listings.content_type(request, query), listings.wish(query)
    entries = await accounts.list_containers(ctx, name, wish)
    items = [listings.container_item(entry) for entry in entries]
    return listings.reply(kind, "account", name, items, _headers(ctx, account, usage))


@routes.post(
    "",
    status=204,
    transaction=False,
    answer=ANYTHING,
    other_answers={200: ANYTHING},
    errors=(errors.NotForOwners,),
)
async def update_account(ctx: Context, request: Request, query: Query) -> Reply:
    """The account has this metadata, beside what it has; with `bulk-delete`, what the body lists is gone."""
    if "bulk-delete" in query:
        return await uploads.bulk_delete(ctx, request)
    await ctx.transact(accounts.update, place_of(request).account, request.headers())
    return done(204)


@routes.put(
    "", status=201, transaction=False, answer=ANYTHING, other_answers={200: ANYTHING}, errors=uploads.ERRORS
)
async def create_account(ctx: Context, request: Request, query: Query) -> Reply:
    """Nobody makes accounts, each project has one; with `extract-archive`, what is in the body is there."""
    if (kind := query.get("extract-archive")) is not None:
        return await uploads.extract(ctx, request, kind)
    accounts.require_manager(ctx, place_of(request).account)
    raise MethodNotAllowed


@routes.delete("", status=204, transaction=False, answer=ANYTHING, other_answers={200: ANYTHING})
async def delete_account(ctx: Context, request: Request, query: Query) -> Reply:
    """Nobody deletes accounts, they go with their projects; with `bulk-delete`, what the body lists is gone."""
    if "bulk-delete" in query:
        return await uploads.bulk_delete(ctx, request)
    accounts.require_manager(ctx, place_of(request).account)
    raise MethodNotAllowed
