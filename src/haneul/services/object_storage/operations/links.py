"""Symbolic links: objects without data that stand for another.

A link is followed when it is read, twice at most. A static one says what it stands for by its MD5 too, and is refused
where that is something else.
"""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.services.object_storage import errors
from haneul.services.object_storage.model import conditions, names
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.operations import objects
from haneul.services.object_storage.operations.objects import Found

DEEPEST = 2
TARGET, ACCOUNT, ETAG = "x-symlink-target", "x-symlink-target-account", "x-symlink-target-etag"
_OWN = {header: f"x-object-sysmeta-{header.removeprefix('x-')}" for header in (TARGET, ACCOUNT, ETAG)}
FORM = "<container>/<object>"


def kept(place: Place, headers: Mapping[str, str]) -> dict[str, str]:
    """What an object that is put with these headers keeps as a link; empty: it is none."""
    goal = headers.get(TARGET)
    if not goal:
        return {}
    container, name = names.within_container(goal, "X-Symlink-Target", FORM)
    account = names.decoded(headers.get(ACCOUNT, ""))
    if "/" in account:
        raise errors.BadName(reason="Account name cannot contain slashes")
    if Place(account or place.account, container, name) == place:
        raise errors.BadHeader(reason="Symlink cannot target itself")
    own = {_OWN[TARGET]: f"{container}/{name}"}
    if account:
        own[_OWN[ACCOUNT]] = account
    if etag := headers.get(ETAG, "").strip('"'):
        own[_OWN[ETAG]] = etag
    return own


def target(account: str, thing: StoredObject) -> Place | None:
    """What the object stands for, if it is a link."""
    goal = thing.headers.get(_OWN[TARGET])
    if goal is None:
        return None
    container, _, name = goal.partition("/")
    return Place(thing.headers.get(_OWN[ACCOUNT], account), container, name)


def shown(thing: StoredObject) -> dict[str, str]:
    """What is said of a link that is looked at itself."""
    return {
        "-".join(word.capitalize() for word in header.split("-")): names.quoted(thing.headers[own])
        for header, own in _OWN.items()
        if own in thing.headers
    }


async def require_static(ctx: Context, place: Place, own: Mapping[str, str]) -> None:
    """What a static link is to stand for is there, and is that."""
    wanted = own.get(_OWN[ETAG])
    if wanted is None:
        return
    container, _, name = own[_OWN[TARGET]].partition("/")
    async with ctx.in_reading() as c:
        thing = await objects.find(c, Place(own.get(_OWN[ACCOUNT], place.account), container, name))
    if wanted not in conditions.etags(thing.etag):
        raise errors.LinkChanged(etag=thing.etag, expected=wanted)


async def followed(ctx: Context, place: Place, *, referrer: str = "") -> tuple[Place, Found]:
    """Where the links from there lead to, and what is there."""
    opened = await objects.read(ctx, place, referrer=referrer)
    wanted = ""
    for _ in range(DEEPEST + 1):
        following = target(place.account, opened.object)
        if following is None:
            if wanted and opened.object.etag != wanted:
                raise errors.LinkChanged(etag=opened.object.etag, expected=wanted)
            return place, opened
        wanted = wanted or opened.object.headers.get(_OWN[ETAG], "")
        place, opened = following, await objects.read(ctx, following, referrer=referrer)
    raise errors.TooManyLinks(most=DEEPEST)
