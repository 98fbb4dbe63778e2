"""What lists hold for whom: one's own, what is shared, what lies on something of one's own.

The rule of reading such a thing says all of it. It is asked of a thing of nobody's, of one's own, of a shared one
and so on, and what it lets the asker read is what lists show: nothing at all, if that is so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Rows
from haneul.kernel.policy import Rule

ASKER = sa.bindparam("visible_to", type_=sa.Text)
"""The asker's project, in the conditions of ways."""


class Way(NamedTuple):
    """Why a thing is seen."""

    name: str
    condition: sa.ColumnElement[bool]
    """In the store."""
    target: Mapping[str, Any]
    """What such a thing is to the rule."""
    owner: str = ""
    """What of it is the asker's project to the rule."""


def shared(rows: Rows[Any], column: str = "is_shared") -> Way:
    return Way("shared", rows.c[column].is_(sa.true()), {"shared": True})


def own(
    rows: Rows[Any], rule: Rule, *also: Way, foreign: Mapping[str, Any]
) -> Callable[[Context], Sequence[Condition]]:
    """What the asker sees of these things, as a condition; `foreign` is to the rule what is nobody's."""
    ways = (Way("own", rows.c.project_id == ASKER, {}, "project_id"), *also)

    def visible(ctx: Context) -> list[Condition]:
        if ctx.may(rule, foreign):
            return []
        project = ctx.auth.project_id or ""
        seen = [w for w in ways if ctx.may(rule, _target(foreign, w, project))]
        condition = sa.or_(sa.false(), *(way.condition for way in seen))
        return [(f"visible: {','.join(way.name for way in seen)}", condition, {"visible_to": project})]

    return visible


def _target(foreign: Mapping[str, Any], way: Way, project: str) -> dict[str, Any]:
    return {**foreign, **way.target, **({way.owner: project} if way.owner else {})}
