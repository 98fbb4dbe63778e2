"""What can be listed of the work that all services do: operations, their steps, and what happened."""

from __future__ import annotations

from haneul.kernel import events, saga
from haneul.kernel.collection import Collection

OPERATIONS = Collection(saga.OPERATIONS, "operation")
STEPS = Collection(saga.STEPS, "step")
EVENTS = Collection(events.EVENTS, "event")
