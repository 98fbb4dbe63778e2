"""Quotas: limits are rows, use is counted from rows, both inside the transaction that asks.

Nothing is cached and no counter is kept, so nothing can drift. Two requests of one project take turns
(`tx.lock`), which is what makes "exactly ten" true.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from haneul.kernel.db import Rows, Tx
from haneul.kernel.errors import QuotaExceeded

if TYPE_CHECKING:
    from haneul.kernel.context import Context

UNLIMITED = -1
ANY_NUMBER = 2**31 - 1
EVERYTHING = "*"
"""The resource of a project that has no limits where it was not given some: its usual ones are none."""

CLASS = "class:"
"""Stands before the names of quota classes where limits are kept; only the class `default` has an effect."""


def class_key(name: str) -> str:
    """Under which project the limits of a quota class are kept: those of `default` are everybody's."""
    return name if name == "default" else CLASS + name


class Limit(msgspec.Struct, frozen=True):
    """A project's own limit for a resource; `project_id` is "default" for everybody's."""

    project_id: str
    service: str
    resource: str
    limit: int


LIMITS = Rows(Limit, "quota_limits", key=("project_id", "service", "resource"))

Count = Callable[[Tx, str], Awaitable[Mapping[str, int]]]
"""(tx, project id) -> how much of each resource the project has."""


class QuotaSet:
    """The quotas of one service: default limits, and the one way to count what is used."""

    def __init__(self, service: str, defaults: Mapping[str, int], count: Count) -> None:
        self.service = service
        self.defaults = dict(defaults)
        self.count = count

    async def limits(self, tx: Tx, project_id: str) -> dict[str, int]:
        """Every limit that holds for the project; -1 is none."""
        return self._of(await self._rows(tx, project_id))

    async def usual(self, tx: Tx, project_id: str) -> dict[str, int]:
        """What the limits of the project are where it has none of its own."""
        rows = await self._rows(tx, project_id)
        return self._of([r for r in rows if r.project_id == "default" or r.resource == EVERYTHING])

    async def own(self, tx: Tx) -> set[str]:
        """The projects that were given limits."""
        rows = await LIMITS.find(tx, service=self.service)
        projects = {r.project_id for r in rows if r.resource != EVERYTHING} - {"default"}
        return {p for p in projects if not p.startswith(CLASS)}

    async def _rows(self, tx: Tx, project_id: str) -> list[Limit]:
        return await LIMITS.among(tx, "project_id", ["default", project_id], service=self.service)

    def _of(self, rows: Sequence[Limit]) -> dict[str, int]:
        limits = dict(self.defaults)
        for row in sorted(rows, key=lambda r: (r.project_id != "default", r.resource != EVERYTHING)):
            if row.resource == EVERYTHING:
                limits = dict.fromkeys(limits, row.limit)
            else:
                limits[row.resource] = row.limit
        return limits

    async def in_use(self, tx: Tx, project_id: str) -> dict[str, int]:
        """How much the project has of everything that can be limited; 0 of what is not counted by project."""
        return {**dict.fromkeys(self.defaults, 0), **await self.count(tx, project_id)}

    async def set(self, tx: Tx, project_id: str, limits: Mapping[str, int]) -> None:
        """The project has these limits, and those that are not named as before."""
        for resource, limit in limits.items():
            await LIMITS.remove(tx, project_id=project_id, service=self.service, resource=resource)
            await LIMITS.add(tx, Limit(project_id, self.service, resource, limit))

    async def lift(self, tx: Tx, project_id: str) -> None:
        """The project has no limits but those that it is given."""
        if not await LIMITS.find(tx, project_id=project_id, service=self.service):
            await LIMITS.add(tx, Limit(project_id, self.service, EVERYTHING, UNLIMITED))

    async def reset(self, tx: Tx, project_id: str) -> bool:
        """The project has its usual limits; whether it had others."""
        had = await LIMITS.find(tx, project_id=project_id, service=self.service)
        usual = await LIMITS.get(tx, project_id, self.service, EVERYTHING)
        await LIMITS.remove(tx, project_id=project_id, service=self.service)
        if usual is not None:
            await LIMITS.add(tx, usual)
        return any(row.resource != EVERYTHING for row in had)

    async def room(self, ctx: Context, **each: int) -> int:
        """How often the project may have that much more, until the transaction ends."""
        await ctx.tx.lock("quota", self.service, ctx.project_id)
        limits = await self.limits(ctx.tx, ctx.project_id)
        if all(limits.get(r, UNLIMITED) < 0 for r in each):
            return ANY_NUMBER
        used = await self.count(ctx.tx, ctx.project_id)
        left = [
            (limits[r] - used.get(r, 0)) // amount
            for r, amount in each.items()
            if amount > 0 and limits.get(r, UNLIMITED) >= 0
        ]
        return max(0, min(left, default=ANY_NUMBER))

    async def require(
        self,
        ctx: Context,
        project_id: str | None = None,
        error: type[QuotaExceeded] = QuotaExceeded,
        **wanted: int,
    ) -> dict[str, int]:
        """Raise unless the project may have that much more of each resource; the limits that hold for it."""
        project = project_id or ctx.project_id
        await ctx.tx.lock("quota", self.service, project)
        limits = await self.limits(ctx.tx, project)
        if all(limits.get(r, UNLIMITED) < 0 for r in wanted):
            return limits
        used = await self.count(ctx.tx, project)
        for resource, amount in wanted.items():
            limit, have = limits.get(resource, UNLIMITED), used.get(resource, 0)
            if limit >= 0 and amount > 0 and have + amount > limit:
                raise error(resource=resource, requested=amount, used=have, limit=limit)
        return limits
