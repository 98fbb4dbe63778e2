"""Keys and values that a thing has: read, replaced, added to, and one by one. Many APIs have them, by many names.

The grammar is here; each API brings its words as one `Pairs`: what the pairs are called in bodies, which rules ask,
which refusals are given, and how the pairs are read and kept. What it has no rule for is not served.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.bounds import joined
from haneul.kernel.http.routes import Routes
from haneul.kernel.policy import Rule

Load = Callable[[Context, Any, str], Awaitable[Any]]
"""(ctx, rule, id) -> the thing, if the rule lets the asker do this with it."""
Save = Callable[[Context, Any, Any, dict[str, str]], Awaitable[Mapping[str, str]]]
"""(ctx, rule, thing, pairs) -> the pairs that it has then."""


def _same(ctx: Context, pairs: dict[str, Any], field: str) -> dict[str, str]:
    return pairs


@dataclass(frozen=True)
class Pairs:
    load: Load
    save: Save | None
    missing: Callable[[Any, str], HaneulError]
    """(thing, key) -> the refusal of a key that is not there."""
    body: Any = None
    """The shape of a body with all pairs; of one pair, `one_body`."""
    one_body: Any = None
    answer: Any = None
    one_answer: Any = None
    errors: tuple[type[HaneulError], ...] = ()
    """What any of the routes can fail with; beside it, `no_key` those that look for a key, `unread` those with a
    body, `unsaved` those that save."""
    no_key: type[HaneulError] = HaneulError
    unread: tuple[type[HaneulError], ...] = ()
    unsaved: tuple[type[HaneulError], ...] = ()
    name: str = "metadata"
    """What the pairs are called in bodies; and in the thing, if it has no `field` for them."""
    field: str = ""
    one: str = "meta"
    """What one pair is called in bodies; empty: the body is the pair."""
    checked: Callable[[Context, dict[str, Any], str], dict[str, str]] = _same
    """(ctx, the body's pairs, what it calls them) -> as they are kept."""
    refuse: Callable[[str], HaneulError] = BadRequest
    shows_added: bool = False
    """To add pairs answers those that were added; else all that there are."""
    removed: int = 204
    """The status of a removal."""
    added: int = 200
    """The status of an addition."""
    since: str | None = None
    """The first microversion that knows the routes."""
    until: str | None = None
    """The last one."""

    def serve(self, routes: Routes, path: str, rules: Mapping[str, Rule | None]) -> None:
        """Declare the routes below `path`, which has `{id}`; rules by list, add, replace, show, set and remove.

        A rule of None is asked elsewhere.
        """
        window = {"since": self.since, "until": self.until}
        saving = {"errors": (*self.errors, *self.unread, *self.unsaved), **window}

        async def list_pairs(ctx: Context, id: str) -> dict[str, Any]:
            """All keys and their values."""
            return {self.name: self._of(await self.load(ctx, rules["list"], id))}

        async def add_pairs(ctx: Context, id: str, body: Any) -> dict[str, Any]:
            """Add keys and values; what is there keeps its value unless it is named."""
            thing = await self.load(ctx, rules["add"], id)
            more = self.checked(ctx, getattr(body, self.name), self.name)
            have = await self._save(ctx, rules["add"], thing, joined(self._of(thing), more, self.name))
            return {self.name: more if self.shows_added else have}

        async def replace_pairs(ctx: Context, id: str, body: Any) -> dict[str, Any]:
            """These keys and values, in place of those that there were."""
            thing = await self.load(ctx, rules["replace"], id)
            pairs = self.checked(ctx, getattr(body, self.name), self.name)
            return {self.name: await self._save(ctx, rules["replace"], thing, pairs)}

        async def show_pair(ctx: Context, id: str, key: str) -> dict[str, Any]:
            """One key's value."""
            return self._shown({key: self._value(await self.load(ctx, rules["show"], id), key)})

        async def set_pair(ctx: Context, id: str, key: str, body: Any) -> dict[str, Any]:
            """The key has this value, whether it was there or not; the others stay."""
            thing = await self.load(ctx, rules["set"], id)
            pair = getattr(body, self.one) if self.one else body
            if len(pair) > 1:
                raise self.refuse("Request body contains too many items")
            if key not in pair:
                raise self.refuse("Request body and URI mismatch")
            pair = self.checked(ctx, pair, self.one or self.name)
            await self._save(ctx, rules["set"], thing, joined(self._of(thing), pair, self.name))
            return self._shown(pair)

        async def remove_pair(ctx: Context, id: str, key: str) -> None:
            """The key is gone."""
            thing = await self.load(ctx, rules["remove"], id)
            self._value(thing, key)
            left = {k: v for k, v in self._of(thing).items() if k != key}
            await self._save(ctx, rules["remove"], thing, left)

        for handler in (add_pairs, replace_pairs):
            handler.__annotations__["body"] = self.body
        set_pair.__annotations__["body"] = self.one_body
        one = path + "/{key}"
        looking = {"errors": (*self.errors, self.no_key), **window}
        if "list" in rules:
            routes.get(path, policy=rules["list"], answer=self.answer, errors=self.errors, **window)(
                list_pairs
            )
        if "add" in rules:
            routes.post(path, status=self.added, policy=rules["add"], answer=self.answer, **saving)(add_pairs)
        if "replace" in rules:
            routes.put(path, policy=rules["replace"], answer=self.answer, **saving)(replace_pairs)
        if "show" in rules:
            routes.get(one, policy=rules["show"], answer=self.one_answer, **looking)(show_pair)
        if "set" in rules:
            routes.put(one, policy=rules["set"], answer=self.one_answer, **saving)(set_pair)
        if "remove" in rules:
            losing = {**looking, "errors": (*self.errors, *self.unsaved, self.no_key)}
            routes.delete(one, status=self.removed, policy=rules["remove"], **losing)(remove_pair)

    def _of(self, thing: Any) -> Mapping[str, str]:
        pairs: Mapping[str, str] = getattr(thing, self.field or self.name)
        return pairs

    async def _save(
        self, ctx: Context, rule: Rule | None, thing: Any, pairs: dict[str, str]
    ) -> Mapping[str, str]:
        assert self.save is not None  # what has none has no rules to change it
        return await self.save(ctx, rule, thing, pairs)

    def _value(self, thing: Any, key: str) -> str:
        if key not in self._of(thing):
            raise self.missing(thing, key)
        return self._of(thing)[key]

    def _shown(self, pair: dict[str, str]) -> dict[str, Any]:
        return {self.one: pair} if self.one else pair
