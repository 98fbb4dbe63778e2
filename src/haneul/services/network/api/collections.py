"""The routes that every kind of thing has: create (also many at once), list, show, update, delete, tags."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort, has_texts
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Query, Request, Routes, lists
from haneul.kernel.http.bounds import Document
from haneul.services.network import errors
from haneul.services.network.api import checks
from haneul.services.network.api.answers import Tags
from haneul.services.network.api.resource import Extra, Resource
from haneul.services.network.api.resource_answers import answers_of, refusals
from haneul.services.network.config import NetworkOptions
from haneul.services.network.model.clock import stamp

PAGING = {"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"}
_NO_LIMIT = "{name} must be an integer 0 or greater and not '{text}'"
NUMBERS = lists.Numbers(none=_NO_LIMIT, small=_NO_LIMIT)
SORTING = lists.Sorting(
    bad_key="['{key}'] is invalid attribute for sort_keys",
    bad_direction="['{direction}'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
    usual=(),
    direction="asc",
    last=("id",),
    last_direction="asc",
    uneven="The number of sort_keys and sort_dirs must be same",
)
MOST_TAGS, LONGEST_TAG = 50, 255
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
            require_revision(request, thing)
            await resource.delete(ctx, thing)  # type: ignore[misc]  # checked above

        routes.delete(one, **fails("delete"))(delete)
    if "tags" in resource.by_name:
        _serve_tags(routes, resource, f"{one}/tags")


def _after(resource: Resource, listing: Any) -> Any:
    """The list, after what must be there before it is shown."""

    async def prepared(ctx: Context, query: Query, request: Request) -> dict[str, Any]:
        """A page of those that the asker sees, narrowed and sorted as the query says."""
        await resource.before_list(ctx)  # type: ignore[misc]  # only used if there is one
        async with ctx.in_reading() as reading:
            found: dict[str, Any] = await listing(reading, query, request)
        return found

    return prepared


# -- create, update


async def create_from(ctx: Context, resource: Resource, body: Document) -> dict[str, Any]:
    """One thing, or all of a list in one transaction.

    What each of a list may be is found out before the transaction begins: as long as it goes on, nobody else writes.
    """
    if resource.collection in body and isinstance(body[resource.collection], list):
        items = body[resource.collection]
        if not items:
            raise BadRequest("Resources required")
        if resource.check_together is not None:
            resource.check_together([resource.creation(ctx, item) for item in items])
        wishes, things = [], []
        async with ctx.in_reading() as reading:
            for item in items:
                wishes.append(await _allowed(reading, resource, item))
                await asyncio.sleep(
                    0
                )  # a body has up to a thousand, and the database need not let others run
        for values in wishes:
            things.append(await resource.create(ctx, values))  # type: ignore[misc]  # as below
            await asyncio.sleep(0)
        return {resource.collection: await resource.views(ctx, things)}
    return await resource.view(ctx, await _create(ctx, resource, item_of(resource, body)))


def item_of(resource: Resource, body: Document) -> dict[str, Any]:
    item = body.get(resource.name)
    if not isinstance(item, dict):
        raise BadRequest(f"Unable to find '{resource.name}' in request body")
    return item


async def _allowed(ctx: Context, resource: Resource, item: Any) -> dict[str, Any]:
    """What the asker may have of that."""
    values = resource.creation(ctx, item)
    target = await resource.policy_target(ctx, values)
    ctx.authorize(resource.rule("create"), target)
    resource.authorize_attributes(ctx, "create", item, target)
    return values


async def _create(ctx: Context, resource: Resource, item: Any) -> Any:
    values = await _allowed(ctx, resource, item)
    return await resource.create(ctx, values)  # type: ignore[misc]  # the route exists only if there is one


async def update_from(ctx: Context, resource: Resource, id: str, body: Document, request: Request) -> Any:
    item = item_of(resource, body)
    thing = await resource.load(ctx, id, "update")
    require_revision(request, thing)
    values = resource.change(item)
    wanted = {f: getattr(thing, f) for f in thing.__struct_fields__} | values
    resource.authorize_attributes(ctx, "update", item, await resource.policy_target(ctx, wanted))
    if not values:
        return thing
    return await resource.update(ctx, thing, values)  # type: ignore[misc]


def require_revision(request: Request, thing: Any) -> None:
    """The thing is still as the caller saw it, if `If-Match: revision_number=N` says how that was."""
    wanted = [each.strip() for each in (request.header("If-Match") or "").split(",")]
    for name, equals, number in (
        each.partition("=") for each in wanted if each.startswith("revision_number")
    ):
        if name != "revision_number" or not equals or not number.isascii() or not number.isdigit():
            raise BadRequest("Badly formed If-Match: revision_number=N is expected")
        if number.lstrip("0") != str(thing.generation).lstrip("0"):
            raise errors.RevisionNumberConstraintFailed(expected=number[:20], current=thing.generation)


# -- lists


async def page(ctx: Context, resource: Resource, query: Query, request: Request) -> dict[str, Any]:
    filters, extra = conditions(resource, query)
    if resource.visible is not None:
        extra += resource.visible(ctx)
    reverse = checks.TRUTHS.read(query.get("page_reverse")) is True
    sort = SORTING.read(query, _sortable(resource))
    if reverse:
        sort = [Sort(s.field, not s.descending) for s in sort]
    asked = NUMBERS.read(query, "limit", empty=True) or None
    limit = min(asked or MAX_INT, ctx.options(NetworkOptions).pagination_max_limit)
    after = None
    if marker := query.get("marker"):
        after = await _marked(ctx, resource, marker, is_page=asked is not None)
    things = await resource.rows.page(ctx.tx, filters, sort=sort, after=after, limit=limit, extra=extra)
    if reverse:
        things.reverse()
    answer: dict[str, Any] = {resource.collection: await resource.views(ctx, things, query.all("fields"))}
    is_page = asked is not None or len(things) == limit
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


def conditions(resource: Resource, query: Query) -> tuple[list[Filter], list[Extra]]:
    """What the query string asks of each attribute; a name given twice means either."""
    filters: list[Filter] = []
    extra: list[Extra] = []
    for name in query.names():
        if name in PAGING:
            continue
        values = query.all(name)
        if name in resource.filters:
            extra.append(resource.filters[name](values))
        elif name in ("tags", "tags-any", "not-tags", "not-tags-any") and "tags" in resource.by_name:
            extra.append(has_texts(resource.rows.c.tags, name, ",".join(values).split(",")))
        elif (found := resource.filter(name, values)) is not None:
            filters.append(found)
    return filters, extra


def _sortable(resource: Resource) -> dict[str, str | None]:
    """What a list can be sorted by, and the fields that this means."""
    stored = resource.rows.model.__struct_fields__
    named = {a.name: a.target for a in resource.attributes if a.is_stored}
    named |= dict.fromkeys(("project_id", "tenant_id"), "project_id")
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


# -- tags


def _serve_tags(routes: Routes, resource: Resource, path: str) -> None:
    async def tags_of(ctx: Context, id: str) -> dict[str, Any]:
        """The tags."""
        return {"tags": (await resource.load(ctx, id)).tags}

    async def replace(ctx: Context, id: str, body: Document) -> dict[str, Any]:
        """These tags, in place of those that there were."""
        thing = await resource.load(ctx, id, "update")
        return {"tags": (await _tag(ctx, resource, thing, check_tags(body.get("tags")))).tags}

    async def extend(ctx: Context, id: str, body: Document) -> dict[str, Any]:
        """These tags too."""
        thing = await resource.load(ctx, id, "update")
        both = [*thing.tags, *(t for t in check_tags(body.get("tags")) if t not in thing.tags)]
        return {"tags": (await _tag(ctx, resource, thing, check_tags(both))).tags}

    async def clear(ctx: Context, id: str) -> None:
        """No tags."""
        await _tag(ctx, resource, await resource.load(ctx, id, "update"), [])

    async def has(ctx: Context, id: str, tag: str) -> None:
        """204 if it has the tag, 404 otherwise."""
        if tag not in (await resource.load(ctx, id)).tags:
            raise errors.TagNotFound(tag=tag)

    async def put(ctx: Context, id: str, tag: str) -> None:
        """It has the tag."""
        thing = await resource.load(ctx, id, "update")
        if tag not in thing.tags:
            await _tag(ctx, resource, thing, check_tags([*thing.tags, tag]))

    async def remove(ctx: Context, id: str, tag: str) -> None:
        """The tag is gone; 404 if it was not there."""
        thing = await resource.load(ctx, id, "update")
        if tag not in thing.tags:
            raise errors.TagNotFound(tag=tag)
        await _tag(ctx, resource, thing, [t for t in thing.tags if t != tag])

    missing = (resource.not_found,)
    unreadable = (resource.not_found, errors.InvalidInput, errors.InvalidOperation)
    routes.get(path, answer=Tags, errors=missing)(tags_of)
    routes.put(path, answer=Tags, errors=unreadable)(replace)
    routes.post(path, status=201, answer=Tags, errors=unreadable)(extend)
    routes.delete(path, errors=missing)(clear)
    routes.get(path + "/{tag}", status=204, errors=(*missing, errors.TagNotFound))(has)
    routes.put(path + "/{tag}", status=201, errors=unreadable)(put)
    routes.delete(path + "/{tag}", errors=(*missing, errors.TagNotFound))(remove)


async def _tag(ctx: Context, resource: Resource, thing: Any, tags: list[str]) -> Any:
    changed = msgspec.structs.replace(thing, tags=tags, updated_at=stamp(ctx.now()))
    return await resource.rows.update(ctx.tx, changed)


def check_tags(tags: Any) -> list[str]:
    if not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
        raise errors.InvalidOperation(reason=f"'{tags}' is not a list")
    if len(tags) > MOST_TAGS:
        raise BadRequest(f"The number of tags exceed the per-resource limit of {MOST_TAGS}")
    for tag in tags:
        if not tag or len(tag) > LONGEST_TAG or "\x00" in tag:
            raise errors.InvalidOperation(reason=f"'{tag}' is not a valid tag")
    return list(dict.fromkeys(tags))
