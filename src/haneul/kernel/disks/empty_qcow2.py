"""The smallest valid qcow2 of a given size: all zeros. Simulated disks are exported as one."""

from __future__ import annotations

import struct

_CLUSTER_BITS = 16
_CLUSTER = 1 << _CLUSTER_BITS
_REFCOUNT_BYTES = 2


def content(size_bytes: int) -> bytes:
    """Header, refcount table, one refcount block and an L1 table that maps nothing."""
    bytes_per_l1_entry = _CLUSTER * (_CLUSTER // 8)
    l1_entries = -(-size_bytes // bytes_per_l1_entry)
    l1_clusters = max(1, -(-l1_entries * 8 // _CLUSTER))
    used_clusters = 3 + l1_clusters
    header = struct.pack(
        ">4sIQIIQIIQQIIQ",
        b"QFI\xfb", 2, 0, 0, _CLUSTER_BITS, size_bytes, 0,
        l1_entries, 3 * _CLUSTER,   # L1 table
        _CLUSTER, 1, 0, 0,          # refcount table; no snapshots
    )  # fmt: skip
    refcount_table = struct.pack(">Q", 2 * _CLUSTER)
    refcount_block = (1).to_bytes(_REFCOUNT_BYTES, "big") * used_clusters
    parts = (header, refcount_table, refcount_block, b"")
    whole = b"".join(part.ljust(_CLUSTER, b"\0") for part in parts)
    return whole.ljust(used_clusters * _CLUSTER, b"\0")
