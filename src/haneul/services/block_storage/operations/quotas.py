"""How much projects may have, and have."""

from __future__ import annotations

from haneul.services.block_storage.store.quotas import QUOTAS

__all__ = ["QUOTAS"]
