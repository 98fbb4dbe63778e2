"""The limits of projects over HTTP: shown, with what is used of them, set, and given back for the usual ones.

What is limited is a `QuotaSet`, the grammar of the routes is here, and each API brings its words: what a body calls
the limits, what it calls their use, which paths show what, and how limits are read and refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.routes import LONGEST_NAME, Query, Routes
from haneul.kernel.policy import Rule
from haneul.kernel.quota import UNLIMITED, QuotaSet, class_key

Limits = Mapping[str, int]
What = Literal["limits", "usual", "in detail"]
"""What a path shows of a project: its limits, those that it would have without any of its own, or their use as well."""

SHOWS: Mapping[What, str] = {
    "limits": "What the project may have.",
    "usual": "What a project may have that has no limits of its own.",
    "in detail": "What the project may have, and what it has; nothing is ever only reserved.",
}


def _all(ctx: Context, limits: dict[str, Any]) -> dict[str, Any]:
    return limits


def _nothing(ctx: Context, project_id: str, query: Query, what: str) -> None:
    pass


def _authorize(ctx: Context, rule: Rule, project_id: str) -> None:
    ctx.authorize(rule, {"project_id": project_id})


@dataclass(frozen=True)
class Shown:
    """A path that shows a project's limits: what it shows, to whom, and in which shape."""

    what: What
    rule: Rule
    answer: Any


@dataclass(frozen=True)
class ProjectQuotas:
    """How an API shows and sets what a project may have."""

    quotas: QuotaSet
    read: Callable[[Context, Any], tuple[Limits, bool]]
    """(ctx, body) -> the limits that it names, and whether they are to hold even below what is used."""
    body: Any
    answer: Any
    """Of a change: the limits as they are then."""
    name: str = "quota_set"
    """What the limits are called in bodies."""
    used: str = "in_use"
    has_id: bool = True
    """Whether the project's id stands beside what is shown of it."""
    detailed_by: str = ""
    """The parameter that asks for the use as well, where no path of its own shows it."""
    check: Callable[[Context, str, Query, str], None] = _nothing
    """(ctx, project id, query, what is done): raises if that makes no sense here; before anybody is allowed."""
    authorize: Callable[[Context, Rule, str], None] = _authorize
    shown: Callable[[Context, dict[str, Any]], dict[str, Any]] = _all
    """Of the limits, those that the version knows."""
    too_low: Callable[[str, int, int], HaneulError] | None = None
    """(resource, limit, use) -> the refusal of a limit below what is used; None: there is none."""
    not_set: Callable[[str], HaneulError] | None = None
    """The refusal to reset a project that has no limits of its own; None: that is fine."""

    def serve(
        self,
        routes: Routes,
        path: str,
        *,
        gets: Mapping[str, Shown],
        update: Rule,
        delete: Rule,
        deleted: int = 204,
        errors: tuple[type[HaneulError], ...] = (),
    ) -> None:
        """Declare the routes at and below `path`, which ends in `{id}`; `errors` are those of a change."""

        # A rule that an API asks in its own way can let in who has none of its roles.
        def first(rule: Rule) -> Rule | None:
            return rule if self.authorize is _authorize else None

        for below, shown in gets.items():
            routes.get(path + below, policy=first(shown.rule), answer=shown.answer)(self._shows(shown))

        async def update_quotas(ctx: Context, id: str, body: Any, query: Query) -> dict[str, Any]:
            """The project has these limits, and those that are not named as before."""
            self.check(ctx, id, query, "update")
            self.authorize(ctx, update, id)
            limits, by_force = self.read(ctx, body)
            if self.too_low is not None and not by_force:
                await self._require_enough(ctx, id, limits)
            await self.quotas.set(ctx.tx, id, limits)
            return {self.name: self.shown(ctx, await self.quotas.limits(ctx.tx, id))}

        async def delete_quotas(ctx: Context, id: str, query: Query) -> None:
            """The project has the usual limits again."""
            self.check(ctx, id, query, "delete")
            self.authorize(ctx, delete, id)
            if not await self.quotas.reset(ctx.tx, id) and self.not_set is not None:
                raise self.not_set(id)

        update_quotas.__annotations__["body"] = self.body
        routes.put(path, policy=first(update), answer=self.answer, errors=errors)(update_quotas)
        gone = () if self.not_set is None else (type(self.not_set("")),)
        routes.delete(path, status=deleted, policy=first(delete), errors=gone)(delete_quotas)

    def _shows(self, shown: Shown) -> Callable[..., Awaitable[dict[str, Any]]]:
        async def show_quotas(ctx: Context, id: str, query: Query) -> dict[str, Any]:
            self.check(ctx, id, query, shown.what)
            self.authorize(ctx, shown.rule, id)
            return {self.name: await self._view(ctx, id, query, shown.what)}

        show_quotas.__doc__ = SHOWS[shown.what]
        return show_quotas

    async def _view(self, ctx: Context, id: str, query: Query, what: What) -> dict[str, Any]:
        limits = await (self.quotas.usual if what == "usual" else self.quotas.limits)(ctx.tx, id)
        view: dict[str, Any] = self.shown(ctx, limits)
        if what == "limits" and self.detailed_by and query.truth(self.detailed_by):
            what = "in detail"
        if what == "in detail":
            have = await self.quotas.in_use(ctx.tx, id)
            # What is being made is a row already, so nothing is ever only reserved.
            view = {n: {"limit": v, self.used: have[n], "reserved": 0} for n, v in view.items()}
        return {"id": id, **view} if self.has_id else view

    async def _require_enough(self, ctx: Context, project_id: str, limits: Limits) -> None:
        have = await self.quotas.in_use(ctx.tx, project_id)
        for name, limit in limits.items():
            if self.too_low is not None and UNLIMITED < limit < have[name]:
                raise self.too_low(name, limit, have[name])


@dataclass(frozen=True)
class QuotaClasses:
    """How an API shows and sets the limits of quota classes; those of `default` are everybody's."""

    quotas: QuotaSet
    read: Callable[[Context, Any], Limits]
    """(ctx, body) -> the limits that it names."""
    body: Any
    answer: Any
    named_answer: Any
    """The same with the name of the class."""
    shown: Callable[[Context, dict[str, Any]], dict[str, Any]] = _all
    name: str = "quota_class_set"

    def serve(
        self,
        routes: Routes,
        path: str,
        *,
        show: Rule,
        update: Rule,
        errors: tuple[type[HaneulError], ...] = (),
    ) -> None:
        """Declare the routes at `path`, which ends in `{id}`; `errors` are those of a change."""

        async def show_class(ctx: Context, id: str) -> dict[str, Any]:
            """The limits of a quota class; those of `default` hold for every project without its own."""
            return {self.name: {"id": id, **await self._limits(ctx, id)}}

        async def update_class(ctx: Context, id: str, body: Any) -> dict[str, Any]:
            """The class has these limits, and those that are not named as before; only `default` has an effect."""
            if len(id) > LONGEST_NAME:
                raise BadRequest(f"The name of a quota class has at most {LONGEST_NAME} characters.")
            await self.quotas.set(ctx.tx, class_key(id), self.read(ctx, body))
            return {self.name: await self._limits(ctx, id)}

        update_class.__annotations__["body"] = self.body
        routes.get(path, policy=show, answer=self.named_answer)(show_class)
        routes.put(path, policy=update, answer=self.answer, errors=errors)(update_class)

    async def _limits(self, ctx: Context, name: str) -> dict[str, Any]:
        return self.shown(ctx, await self.quotas.limits(ctx.tx, class_key(name)))


async def own_limits(ctx: Context, quotas: QuotaSet) -> dict[str, dict[str, int]]:
    """The limits of every project that has its own."""
    return {each: await quotas.limits(ctx.tx, each) for each in sorted(await quotas.own(ctx.tx))}


async def absolute_limits(
    ctx: Context, quotas: QuotaSet, project_id: str, most: Mapping[str, str], used: Mapping[str, str]
) -> dict[str, Any]:
    """What `/limits` shows: a project's limits and their use, each by its name there."""
    limits, have = await quotas.limits(ctx.tx, project_id), await quotas.in_use(ctx.tx, project_id)
    return {name: limits[of] for name, of in most.items()} | {name: have[of] for name, of in used.items()}
