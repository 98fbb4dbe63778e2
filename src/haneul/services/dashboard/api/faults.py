"""Our own fault envelope, for programs; people get pages."""

from haneul.kernel.http.faults import plain as envelope

__all__ = ["envelope"]
