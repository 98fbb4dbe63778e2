"""Times as this API writes them."""

from __future__ import annotations

from haneul.kernel.clock import seconds_text as stamp

__all__ = ["stamp"]
