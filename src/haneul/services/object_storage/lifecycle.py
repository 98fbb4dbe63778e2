"""What the process around calls of object storage; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.services.object_storage.operations.verification import verify

__all__ = ["verify"]
