"""/v2/tasks, and the tasks of an image"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import BadRequest, MethodNotAllowed
from haneul.kernel.http import lists
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Reply, Routes
from haneul.services.image import errors, policy
from haneul.services.image.api import answers, queries
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.tasks import LEGACY, STATUSES, Task
from haneul.services.image.operations import imports, tasks

routes = Routes("/v2")

_SORTING = lists.Sorting(
    bad_key="Sort key supplied was not valid.",
    bad_direction="Invalid sort direction: {direction}",
    is_single=True,
)
_SORT_KEYS = {k: k for k in ("id", "type", "status", "owner", "created_at", "updated_at", "expires_at")}
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def brief(task: Task) -> dict[str, Any]:
    """A task in a list."""
    shown = {
        "id": task.id,
        "type": task.type,
        "status": task.status,
        "owner": task.owner,
        "created_at": seconds_text(task.created_at),
        "updated_at": seconds_text(task.updated_at),
        "self": f"/v2/tasks/{task.id}",
        "schema": "/v2/schemas/task",
    }
    if task.expires_at is not None:
        shown["expires_at"] = seconds_text(task.expires_at)
    return shown


def view(task: Task) -> dict[str, Any]:
    shown = {**brief(task), "input": task.input, "result": task.result, "message": task.message}
    for name in ("image_id", "request_id", "user_id"):
        if (value := getattr(task, name)) is not None:
            shown[name] = value
    return shown


@routes.post(
    "/tasks",
    status=201,
    policy=policy.TASKS_API_ACCESS,
    errors=(errors.BadImport, errors.UriRefused, errors.InvalidImage, errors.ReadOnlyAttribute,
            errors.ReservedAttribute, errors.ImageExists, errors.TooMany, errors.NotAllowed,
            errors.NotImportable),
answer=answers.Task)  # fmt: skip
async def create_task(ctx: Context, body: Document) -> Reply:
    """Import an image from an address, the old way."""
    for name in ("type", "input"):
        if name not in body:
            raise BadRequest(f"Task '{name}' is required")
    task = await imports.import_by_task(ctx, body["type"], body["input"])
    return Reply(view(task), headers={"Location": f"{ctx.endpoint}/image/v2/tasks/{task.id}"})


@routes.get("/tasks", policy=policy.TASKS_API_ACCESS, answer=answers.Tasks, errors=(errors.TaskNotFound,))
async def list_tasks(ctx: Context, query: Query) -> dict[str, Any]:
    """List tasks."""
    limits = ctx.options(ImageOptions)
    limit = queries.page_size(query, limits)
    marker = query.get("marker")
    if marker and _UUID.fullmatch(marker) is None:
        raise BadRequest("Invalid marker format")
    page = await tasks.listed(
        ctx, _filters(query), sort=_SORTING.read(query, _SORT_KEYS)[0], marker=marker or None, limit=limit
    )
    body: Document = {
        "tasks": [brief(task) for task in page],
        "first": lists.address("/v2/tasks", query),
        "schema": "/v2/schemas/tasks",
    }
    if page and len(page) == limit:
        body["next"] = lists.address("/v2/tasks", query, marker=page[-1].id)
    return body


def _filters(query: Query) -> list[Filter]:
    filters = []
    for name, allowed in (("status", STATUSES), ("type", (LEGACY,))):
        value = query.get(name)
        if value:
            if value not in allowed:
                raise BadRequest(f"Invalid {name} value: {value}")
            filters.append(Filter(name, "eq", value))
    return filters


@routes.get(
    "/tasks/{task_id}", policy=policy.TASKS_API_ACCESS, errors=(errors.TaskNotFound,), answer=answers.Task
)
async def show_task(ctx: Context, task_id: str) -> dict[str, Any]:
    """Show a task."""
    return view(await tasks.show(ctx, task_id))


@routes.delete("/tasks/{task_id}", policy=policy.TASKS_API_ACCESS, transaction=False, answer=None)
async def delete_task(ctx: Context, task_id: str) -> Reply:
    """Tasks cannot be deleted; they go some time after their end."""
    raise MethodNotAllowed(
        "This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching "
        "the time based on their expires_at property."
    )


@routes.get(
    "/images/{image_id}/tasks",
    policy=policy.GET_IMAGE,
    asks_late=True,
    errors=(errors.ImageNotFound,),
    answer=answers.TasksOfImage,
)
async def list_tasks_of_image(ctx: Context, image_id: str) -> dict[str, Any]:
    """List the tasks of an image."""
    return {"tasks": [_of_image(task) for task in await tasks.of_image(ctx, image_id)]}


def _of_image(task: Task) -> dict[str, Any]:
    """A task as the image tells it: all fields, as the real service keeps them."""

    def text(time: datetime | None) -> str | None:
        return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%S.%f")

    return {
        "id": task.id,
        "type": task.type,
        "status": task.status,
        "owner": task.owner,
        "expires_at": text(task.expires_at),
        "created_at": text(task.created_at),
        "updated_at": text(task.updated_at),
        "deleted_at": None,
        "deleted": False,
        "image_id": task.image_id,
        "request_id": task.request_id,
        "user_id": task.user_id,
        "input": task.input,
        "result": task.result,
        "message": task.message,
    }
