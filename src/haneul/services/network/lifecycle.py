"""What the process around calls of the network service; `haneul.kernel.lifecycle` says when."""

from haneul.services.network.operations.verification import verify

__all__ = ["verify"]
