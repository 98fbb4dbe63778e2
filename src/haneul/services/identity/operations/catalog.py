"""The catalogue of a token."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Auth
from haneul.kernel.db import Tx
from haneul.services.identity.model.catalog import catalogue
from haneul.services.identity.store.catalog import ENDPOINTS, SERVICES


async def of(tx: Tx, auth: Auth) -> list[dict[str, Any]]:
    """What the catalogue shows to this authorisation."""
    values = {"project_id": auth.project_id, "tenant_id": auth.project_id, "user_id": auth.user_id}
    return catalogue(await SERVICES.page(tx), await ENDPOINTS.page(tx), values)
