"""Logs: structured lines on standard error, and one access line per request.

Secrets never get here: bodies and headers are not logged, and passwords and tokens are not in paths.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Annotated, Any, ClassVar

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from haneul.kernel.config import Section

_write: Any = None
_answered: list[tuple[str, str, Any, float, str, str | None]] = []
_ENCODER = msgspec.json.Encoder()
LONGEST_PATH = 512
GATHERED_S = 0.02
"""So long lines about requests wait for more of them: a write for each would cost as much as a short answer."""
MOST_GATHERED = 256
TRACEBACKS = ExceptionDictTransformer(show_locals=False)
"""Where it failed, without the values: those may be secrets."""


class LogLimits(Section, frozen=True):
    """How large the log files of a state folder grow. Read from the section `log`."""

    section: ClassVar[str] = "log"

    most_mib: Annotated[float, msgspec.Meta(gt=0)] = 32
    """How large a file grows before it is set aside."""
    most_days: Annotated[float, msgspec.Meta(gt=0)] = 7
    """How old."""
    kept: Annotated[int, msgspec.Meta(ge=0)] = 3
    """So many that were set aside are kept of each."""


def configure(*, level: int = logging.INFO, access: bool = True) -> None:
    """Send everything to standard error, one JSON object a line."""
    global _write
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(TRACEBACKS),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _write = sys.stderr.write if access else None


def cut(path: str) -> str:
    """The path, or as much of it as a line may have."""
    return path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}... ({len(path)} characters)"


def access(method: str, path: str, status: Any, seconds: float, request_id: str, user_id: str | None) -> None:
    """One line about a request that was answered, written a moment after its answer has left."""
    if _write is None:
        return
    if not _answered:
        asyncio.get_running_loop().call_later(GATHERED_S, write_answered)
    _answered.append((method, path, status, seconds, request_id, user_id))
    if len(_answered) >= MOST_GATHERED:
        write_answered()


def write_answered() -> None:
    """Nothing is left that was not written."""
    if not _answered:
        return
    lines = [
        _ENCODER.encode(
            {
                "access": method,
                "path": cut(path),
                "status": status,
                "ms": round(seconds * 1000, 2),
                "request_id": request_id,
                "user_id": user_id,
            }
        )
        for method, path, status, seconds, request_id, user_id in _answered
    ]
    _answered.clear()
    if _write is not None:
        _write((b"\n".join(lines) + b"\n").decode())
