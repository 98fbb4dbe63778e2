"""The toy's fault envelope."""

from haneul.kernel.http.faults import plain as envelope

__all__ = ["envelope"]
