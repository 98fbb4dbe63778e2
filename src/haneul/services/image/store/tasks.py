"""Rows of tasks."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.image.model.tasks import Task

TASKS = Rows(
    Task,
    "image_tasks",
    indexes=(("owner", "created_at"), ("created_at",), ("image_id", "created_at"), ("expires_at",)),
)
