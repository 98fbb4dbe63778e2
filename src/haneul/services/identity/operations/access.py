"""Finding a thing on somebody's behalf, and storing it under a name that must be free."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from haneul.kernel.collection import Collection
from haneul.kernel.context import Context, as_target
from haneul.kernel.db import Duplicate
from haneul.kernel.http.bounds import joined
from haneul.kernel.policy import Rule
from haneul.services.identity.errors import DuplicateThing, ImmutableThing, ThingNotFound, TooManyThings

T = TypeVar("T", bound=msgspec.Struct)


def target(**things: msgspec.Struct | dict[str, Any] | None) -> dict[str, Any]:
    """What policies compare with: `target(user=user)` is their `%(target.user.…)s`.

    What is in no domain has the domain None there, as rules say it.
    """
    return {"target": {kind: _seen(thing) for kind, thing in things.items() if thing is not None}}


def _seen(thing: msgspec.Struct | dict[str, Any]) -> dict[str, Any]:
    seen = dict(as_target(thing) or {})
    if seen.get("domain_id") == "":
        seen["domain_id"] = None
    return seen


def of_user(user_id: str) -> dict[str, Any]:
    """What policies compare with where the path is about a user, whether there is such a one or not."""
    return {"user_id": user_id, **target(user={"id": user_id})}


async def require_fewer(ctx: Context, things: Collection[Any], most: int, what: str, **equal: Any) -> None:
    """Raise if there are as many with these values as a user may have; -1: any number."""
    if most < 0:
        return
    await ctx.tx.lock("limit", things.rows.table.name, *map(str, equal.values()))
    if await things.rows.count(ctx.tx, **equal) >= most:
        raise TooManyThings(what=what, limit=most)


async def find(ctx: Context, rule: Rule, things: Collection[T], id: str, **others: Any) -> T:
    """The thing with this id. Who may not see any such thing is not told whether it exists."""
    thing = await things.get(ctx, id)
    ctx.authorize(rule, target(**{things.kind: thing}, **others))
    return existing(thing, things.kind, id)


async def find_openly(ctx: Context, rule: Rule, things: Collection[T], id: str, **others: Any) -> T:
    """As `find`, where upstream tells everybody whether there is such a thing (its route `asks_late`)."""
    thing = await exists(ctx, things, id)
    ctx.authorize(rule, target(**{things.kind: thing}, **others))
    return thing


async def exists(ctx: Context, things: Collection[T], id: str) -> T:
    """The thing with this id, whoever asks."""
    return existing(await things.get(ctx, id), things.kind, id)


def existing(thing: T | None, kind: str, id: str) -> T:
    """The thing, which is there; ThingNotFound names it where it is not."""
    if thing is None:
        raise ThingNotFound(kind=kind, id=id)
    return thing


async def add(ctx: Context, things: Collection[T], thing: T) -> T:
    """The thing is stored; DuplicateThing if its name is taken."""
    try:
        return await things.rows.add(ctx.tx, thing)
    except Duplicate:
        raise _duplicate(thing, things.kind) from None


async def write(ctx: Context, things: Collection[T], thing: T) -> T:
    """The thing is stored as it is now; DuplicateThing if its new name is taken."""
    try:
        return await things.rows.update(ctx.tx, thing)
    except Duplicate:
        raise _duplicate(thing, things.kind) from None


def changed(thing: T, changes: dict[str, Any], more: dict[str, Any]) -> T:
    """The thing with these fields changed; what we do not know is kept as it comes."""
    extra = joined(getattr(thing, "extra", {}), more, "extra")
    return msgspec.structs.replace(thing, **changes, extra=extra)


def require_mutable(thing: Any, kind: str, verb: str, changes: dict[str, Any] | None = None) -> None:
    """Raise if the thing's option `immutable` is on, unless just that is being turned off."""
    if not thing.options.get("immutable"):
        return
    unlocked = {name: value for name, value in thing.options.items() if name != "immutable"}
    if changes not in ({"options": unlocked}, {"options": {**unlocked, "immutable": False}}):
        raise ImmutableThing(kind=kind, id=thing.id, verb=verb)


def _duplicate(thing: Any, kind: str) -> DuplicateThing:
    name = getattr(thing, "name", None)
    if name is None:
        return DuplicateThing(kind=kind, details=f"Duplicate ID, {thing.id}")
    domain = getattr(thing, "domain_id", "")
    where = f" at domain ID {domain}" if domain else ""
    return DuplicateThing(kind=kind, details=f"Duplicate entry found with name {name}{where}")
