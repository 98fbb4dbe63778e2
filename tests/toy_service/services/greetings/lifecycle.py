"""What the process around calls of the toy; `haneul.kernel.lifecycle` says when."""

from haneul.services.greetings.operations.verification import verify

__all__ = ["verify"]
