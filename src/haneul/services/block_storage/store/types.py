"""Volume types as stored."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.block_storage.model.types import TypeAccess, VolumeType

TYPES = Rows(VolumeType, "block_storage_types", unique=(("name",),), indexes=(("created_at",),))
ACCESS = Rows(
    TypeAccess, "block_storage_type_access", key=("type_id", "project_id"), indexes=(("project_id",),)
)
