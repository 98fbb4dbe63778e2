"""Greetings as stored, and how many a project may have."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from haneul.services.greetings.model.greetings import Greeting

from haneul.kernel.db import Query, Rows, Tx
from haneul.kernel.quota import QuotaSet

GREETINGS = Rows(Greeting, "greetings_greetings", indexes=(("project_id", "created_at"),))
_COUNT = Query(
    sa.select(sa.func.count()).where(GREETINGS.c.project_id == sa.bindparam("project", type_=sa.Text))
)


async def count(tx: Tx, project_id: str) -> Mapping[str, int]:
    """How many greetings the project has."""
    row = await tx.one(_COUNT, project=project_id)
    return {"greetings": int(row[0]) if row else 0}


QUOTAS = QuotaSet("greetings", {"greetings": 3}, count)
