"""What happened: an event is a row of the log, written with the change itself, and a nudge after it.

The log is the history of the cloud (`/haneul/v1/events`). Subscribers are told after the commit; a
nudge that is lost costs time, never work, because reconcilers also look by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from haneul.kernel.db import Rows, Tx
from haneul.kernel.ids import new_id


class Event(msgspec.Struct, frozen=True):
    """Base of all events. `kind` never changes once published; `subject` names the field with the id."""

    kind: ClassVar[str] = ""
    subject: ClassVar[str] = "id"


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    id: str
    kind: str
    at: datetime
    subject_id: str | None
    project_id: str | None
    user_id: str | None
    request_id: str | None
    payload: dict[str, Any]


EVENTS = Rows(LoggedEvent, "events", indexes=(("subject_id", "at"), ("at",)))

Listener = Callable[[Event], None]


class Bus:
    """Tells listeners of this process what was committed."""

    def __init__(self) -> None:
        self._listeners: dict[type[Event], list[Listener]] = defaultdict(list)

    def listen(self, kind: type[Event], listener: Listener) -> None:
        self._listeners[kind].append(listener)

    def publish(self, event: Event) -> None:
        for listener in self._listeners.get(type(event), ()):
            listener(event)


async def log(tx: Tx, events: Iterable[Event], *, at: datetime, auth: Any, request_id: str | None) -> None:
    """Write the events to the log, in the transaction of the change."""
    await EVENTS.add_all(tx, [_logged(event, at, auth, request_id) for event in events])


def _logged(event: Event, at: datetime, auth: Any, request_id: str | None) -> LoggedEvent:
    payload = msgspec.to_builtins(event)
    return LoggedEvent(
        new_id(),
        event.kind or type(event).__name__,
        at,
        payload.get(event.subject),
        getattr(auth, "project_id", None),
        getattr(auth, "user_id", None),
        request_id,
        payload,
    )
