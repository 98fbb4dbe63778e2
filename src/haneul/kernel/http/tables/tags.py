"""The tags of one thing: all of them, one of them."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.answers import Answer
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Routes
from haneul.kernel.http.tables.resource import Resource
from haneul.kernel.http.tables.words import Words


class Tags(Answer):
    tags: list[str]


def serve_tags(routes: Routes, resource: Resource, path: str) -> None:
    """Declare the routes of the tags of such a thing."""
    words = resource.words

    async def tags_of(ctx: Context, id: str) -> dict[str, Any]:
        """The tags."""
        return {"tags": (await resource.load(ctx, id)).tags}

    async def replace(ctx: Context, id: str, body: Document) -> dict[str, Any]:
        """These tags, in place of those that there were."""
        thing = await resource.load(ctx, id, "update")
        return {"tags": (await _tag(ctx, resource, thing, checked(words, body.get("tags")))).tags}

    async def extend(ctx: Context, id: str, body: Document) -> dict[str, Any]:
        """These tags too."""
        thing = await resource.load(ctx, id, "update")
        both = [*thing.tags, *(t for t in checked(words, body.get("tags")) if t not in thing.tags)]
        return {"tags": (await _tag(ctx, resource, thing, checked(words, both))).tags}

    async def clear(ctx: Context, id: str) -> None:
        """No tags."""
        await _tag(ctx, resource, await resource.load(ctx, id, "update"), [])

    async def has(ctx: Context, id: str, tag: str) -> None:
        """204 if it has the tag, 404 otherwise."""
        if tag not in (await resource.load(ctx, id)).tags:
            raise words.no_tag(tag=tag)

    async def put(ctx: Context, id: str, tag: str) -> None:
        """It has the tag."""
        thing = await resource.load(ctx, id, "update")
        if tag not in thing.tags:
            await _tag(ctx, resource, thing, checked(words, [*thing.tags, tag]))

    async def remove(ctx: Context, id: str, tag: str) -> None:
        """The tag is gone; 404 if it was not there."""
        thing = await resource.load(ctx, id, "update")
        if tag not in thing.tags:
            raise words.no_tag(tag=tag)
        await _tag(ctx, resource, thing, [t for t in thing.tags if t != tag])

    missing = (resource.not_found,)
    unreadable = (resource.not_found, words.invalid_value, words.invalid_operation)
    routes.get(path, answer=Tags, errors=missing)(tags_of)
    routes.put(path, answer=Tags, errors=unreadable)(replace)
    routes.post(path, status=201, answer=Tags, errors=unreadable)(extend)
    routes.delete(path, errors=missing)(clear)
    routes.get(path + "/{tag}", status=204, errors=(*missing, words.no_tag))(has)
    routes.put(path + "/{tag}", status=201, errors=unreadable)(put)
    routes.delete(path + "/{tag}", errors=(*missing, words.no_tag))(remove)


async def _tag(ctx: Context, resource: Resource, thing: Any, tags: list[str]) -> Any:
    return await resource.things.rows.change(ctx, thing, tags=tags)


def checked(words: Words, tags: Any) -> list[str]:
    """Each once; refused if they are too many, or one is none."""
    if not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
        raise words.invalid_operation(reason=words.text("no tags", tags=tags))
    if len(tags) > words.most_tags:
        raise BadRequest(words.text("many tags", most=words.most_tags))
    for tag in tags:
        if not tag or len(tag) > words.longest_tag or "\x00" in tag:
            raise words.invalid_operation(reason=words.text("bad tag", tag=tag))
    return list(dict.fromkeys(tags))
