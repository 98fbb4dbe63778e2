"""What lists of networks hold for whom: what is shared, external, or lies on networks of one's own, beside that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Rows
from haneul.kernel.http.tables import visibility
from haneul.kernel.http.tables.visibility import Way
from haneul.services.network import policy

_FOREIGN = {"project_id": "", "network:project_id": "", "shared": False, "router:external": False}


def own(rows: Rows[Any], kind: str, *also: Way) -> Callable[[Context], Sequence[Condition]]:
    """What the asker sees of things of that kind, as a condition."""
    return visibility.own(rows, policy.named(f"get_{kind}"), *also, foreign=_FOREIGN)
