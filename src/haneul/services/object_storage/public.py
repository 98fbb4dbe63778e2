"""What other services may use of object storage."""

from haneul.services.object_storage.operations.verification import verify

__all__ = ["verify"]
