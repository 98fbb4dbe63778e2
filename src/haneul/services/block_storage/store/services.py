"""What operators said of services, as stored."""

from __future__ import annotations

from haneul.kernel.db import Rows, Tx
from haneul.services.block_storage.model.services import ServiceState, host_of

STATES = Rows(ServiceState, "block_storage_service_states", key=("binary", "host"))


async def unusable(tx: Tx, binary: str) -> set[str]:
    """The hosts on which that service takes nothing new: it is disabled, or frozen."""
    states = await STATES.find(tx, binary=binary)
    return {host_of(s.host) for s in states if s.is_disabled or s.is_frozen}


async def frozen(tx: Tx) -> set[str]:
    """The hosts whose volumes are not to change."""
    return {host_of(s.host) for s in await STATES.find(tx, is_frozen=True)}
