"""The routes that every kind of thing has: create (also many at once), list, show, update, delete, tags."""

from __future__ import annotations

import asyncio
from typing import Any

from haneul.kernel.collection import TAG_FILTERS
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import lists
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.tables import kinds
from haneul.kernel.http.tables.answers import answers_of, refusals
from haneul.kernel.http.tables.resource import OWNER, Resource
from haneul.kernel.http.tables.tags import serve_tags
from haneul.kernel.http.tables.words import Words
from haneul.kernel.structs import set_fields

PAGING = {"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"}
MAX_INT = 2**31


def serve(routes: Routes, resource: Resource) -> None:
    """Declare the routes of this kind of thing, as far as it has the operations."""
    base = f"/{resource.collection.replace('_', '-')}"
    one = f"{base}/{{id}}"
    answers = answers_of(resource)

    def fails(action: str) -> dict[str, Any]:
        return {"errors": refusals(resource, action)}

    async def listing(ctx: Context, query: Query, request: Request) -> dict[str, Any]:
        """A page of those that the asker sees, narrowed and sorted as the query says."""
        return await page(ctx, resource, query, request)

    async def show(ctx: Context, id: str, query: Query) -> dict[str, Any]:
        """One of them, with the fields that the query asks for."""
        return await resource.view(ctx, await resource.load(ctx, id), query.all("fields"))

    if resource.before_list is None:
        routes.get(base, answer=answers.page, **fails("list"))(listing)
    else:
        prepared = _after(resource, listing)
        routes.get(base, transaction=False, answer=answers.page, **fails("list"))(prepared)
    routes.get(one, answer=answers.shown, **fails("show"))(show)
    if resource.create is not None:

        async def create(ctx: Context, body: Document) -> dict[str, Any]:
            """A new one, or one for each item of a list: all of them or none."""
            return await create_from(ctx, resource, body)

        routes.post(base, status=201, answer=answers.made, **fails("create"))(create)
    if resource.update is not None:

        async def update(ctx: Context, id: str, body: Document, request: Request) -> dict[str, Any]:
            """The attributes that are named are as said; the others stay."""
            return await resource.view(ctx, await update_from(ctx, resource, id, body, request))

        routes.put(one, answer=answers.one, **fails("update"))(update)
    if resource.delete is not None:

        async def delete(ctx: Context, id: str, request: Request) -> None:
            """It is gone."""
            thing = await resource.load(ctx, id, "delete")
            require_revision(resource.words, request, thing)
            await resource.delete(ctx, thing)  # type: ignore[misc]  # checked above

        routes.delete(one, **fails("delete"))(delete)
    if "tags" in resource.by_name:
        serve_tags(routes, resource, f"{one}/tags")


def _after(resource: Resource, listing: Any) -> Any:
    """The list, after what must be there before it is shown."""

    async def prepared(ctx: Context, query: Query, request: Request) -> dict[str, Any]:
        """A page of those that the asker sees, narrowed and sorted as the query says."""
        await resource.before_list(ctx)  # type: ignore[misc]  # only used if there is one
        async with ctx.in_reading() as reading:
            answer: dict[str, Any] = await listing(reading, query, request)
        return answer

    return prepared


# -- create, update


async def create_from(ctx: Context, resource: Resource, body: Document) -> dict[str, Any]:
    """One thing, or all of a list in one transaction.

    What each of a list may be is found out before the transaction begins: as long as it goes on, nobody else writes.
    """
    if resource.collection in body and isinstance(body[resource.collection], list):
        items = body[resource.collection]
        if not items:
            raise BadRequest(resource.words.text("no things"))
        if resource.check_together is not None:
            resource.check_together([resource.creation(ctx, item) for item in items])
        wishes, things = [], []
        async with ctx.in_reading() as reading:
            for item in items:
                wishes.append(await _allowed(reading, resource, item))
                await asyncio.sleep(0)  # there may be a thousand, and the database need not let others run
        if resource.create_all is not None:
            things = await resource.create_all(ctx, wishes)
        else:
            for new in wishes:
                things.append(await resource.create(ctx, new))  # type: ignore[misc]  # as below
                await asyncio.sleep(0)
        return {resource.collection: await resource.views(ctx, things)}
    return await resource.view(ctx, await _create(ctx, resource, item_of(resource, body)))


def item_of(resource: Resource, body: Document) -> dict[str, Any]:
    item = body.get(resource.name)
    if not isinstance(item, dict):
        raise BadRequest(resource.words.text("no item", name=resource.name))
    return item


async def _allowed(ctx: Context, resource: Resource, item: Any) -> Any:
    """What the asker may have of that."""
    new = resource.creation(ctx, item)
    target = await resource.policy_target(ctx, new)
    ctx.authorize(resource.rule("create"), target)
    resource.authorize_attributes(ctx, "create", item, target)
    return new


async def _create(ctx: Context, resource: Resource, item: Any) -> Any:
    new = await _allowed(ctx, resource, item)
    return await resource.create(ctx, new)  # type: ignore[misc]  # the route exists only if there is one


async def update_from(ctx: Context, resource: Resource, id: str, body: Document, request: Request) -> Any:
    item = item_of(resource, body)
    thing = await resource.load(ctx, id, "update")
    require_revision(resource.words, request, thing)
    changes = resource.change(item)
    values = set_fields(changes)
    wanted = {f: getattr(thing, f) for f in thing.__struct_fields__} | values
    resource.authorize_attributes(ctx, "update", item, await resource.policy_target(ctx, wanted))
    if not values:
        return thing
    return await resource.update(ctx, thing, changes)  # type: ignore[misc]


def require_revision(words: Words, request: Request, thing: Any) -> None:
    """The thing is still as the caller saw it, if `If-Match: revision_number=N` says how that was."""
    wanted = [each.strip() for each in (request.header("If-Match") or "").split(",")]
    for name, equals, number in (
        each.partition("=") for each in wanted if each.startswith("revision_number")
    ):
        if name != "revision_number" or not equals or not number.isascii() or not number.isdigit():
            raise BadRequest(words.text("no revision"))
        if number.lstrip("0") != str(thing.generation).lstrip("0"):
            raise words.revised(expected=number[:20], current=thing.generation)


# -- lists


async def page(ctx: Context, resource: Resource, query: Query, request: Request) -> dict[str, Any]:
    filters, narrowed = conditions(resource, query)
    reverse = kinds.TRUTHS.read(query.get("page_reverse")) is True
    sort = resource.words.sorting.read(query, _sortable(resource))
    if reverse:
        sort = [Sort(s.field, not s.descending) for s in sort]
    wanted = resource.words.numbers.read(query, "limit", empty=True) or None
    limit = min(wanted or MAX_INT, resource.words.most_on_page(ctx))
    after = None
    if marker := query.get("marker"):
        after = await _marked(ctx, resource, marker, is_page=wanted is not None)
    things = await resource.things.page(ctx, filters, narrowed, sort=sort, after=after, limit=limit)
    if reverse:
        things.reverse()
    answer: dict[str, Any] = {resource.collection: await resource.views(ctx, things, query.all("fields"))}
    is_page = wanted is not None or len(things) == limit
    if is_page and (links := _links(things, query, limit, ctx.endpoint + request.path, reverse=reverse)):
        answer[f"{resource.collection}_links"] = links
    return answer


async def _marked(ctx: Context, resource: Resource, marker: str, *, is_page: bool) -> Any:
    """What the list goes on after; one that is not there is no matter where no pages are asked for."""
    try:
        return await resource.load(ctx, marker)
    except resource.not_found:
        if is_page:
            raise
        return None


def conditions(resource: Resource, query: Query) -> tuple[list[Filter], dict[str, Any]]:
    """What the query string asks of each attribute; a name given twice means either."""
    filters: list[Filter] = []
    narrowed: dict[str, Any] = {}
    for name in query.names():
        if name in PAGING:
            continue
        values = query.all(name)
        if name in resource.filters:
            narrowed[name] = resource.filters[name](values)
        elif name in TAG_FILTERS and "tags" in resource.by_name:
            narrowed[name] = ",".join(values).split(",")
        else:
            filters.append(resource.filter(name, values))
    return filters, narrowed


def _sortable(resource: Resource) -> dict[str, str | None]:
    """What a list can be sorted by, and the fields that this means."""
    stored = resource.things.fields
    named = {a.name: a.target for a in resource.attributes if a.is_stored}
    named |= dict.fromkeys(OWNER, "project_id")
    return {name: field for name, field in named.items() if field in stored}


def _links(things: list[Any], query: Query, limit: int, url: str, *, reverse: bool) -> list[dict[str, str]]:
    """Where the pages around this one are. As upstream's, a page that is not full has one before it, even the first."""
    without = ("marker", "page_reverse")
    links: list[dict[str, str]] = []
    if things and (len(things) == limit or reverse):
        links += lists.next_links(url, query, things[-1].id, without=without)
    if not reverse or len(things) == limit:
        before = {"marker": things[0].id} if things else {}
        back = lists.address(url, query, without=without, **before, page_reverse="True")
        links.append({"rel": "previous", "href": back})
    return links
