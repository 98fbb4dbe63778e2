"""Volume types as stored."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.block_storage.model.qos import DefaultType, QosSpecs, TypeEncryption
from haneul.services.block_storage.model.types import TypeAccess, VolumeType

TYPES = Rows(
    VolumeType, "block_storage_types", unique=(("name",),), indexes=(("created_at",), ("qos_specs_id",))
)
ACCESS = Rows(
    TypeAccess, "block_storage_type_access", key=("type_id", "project_id"), indexes=(("project_id",),)
)
QOS_SPECS = Rows(QosSpecs, "block_storage_qos_specs", unique=(("name",),), indexes=(("created_at",),))
ENCRYPTIONS = Rows(TypeEncryption, "block_storage_type_encryptions", key=("type_id",))
DEFAULT_TYPES = Rows(DefaultType, "block_storage_default_types", key=("project_id",), indexes=(("type_id",),))
