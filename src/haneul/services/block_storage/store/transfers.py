"""Offers of volumes as stored."""

from haneul.kernel.db import Rows
from haneul.services.block_storage.model.transfers import Transfer

TRANSFERS = Rows(
    Transfer, "block_storage_transfers", unique=(("volume_id",),), indexes=(("project_id", "created_at"),)
)
