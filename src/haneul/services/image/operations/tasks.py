"""Tasks: shown and listed; they come and go by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest
from haneul.services.image import errors, policy
from haneul.services.image.model.tasks import Task
from haneul.services.image.operations import images
from haneul.services.image.store.tasks import TASKS


async def show(ctx: Context, task_id: str) -> Task:
    """The task, if it is the asker's project's; administrators see all, others TaskNotFound."""
    task = await TASKS.get(ctx.tx, task_id)
    if task is None:
        raise errors.TaskNotFound(task_id=task_id)
    if task.owner is None or task.owner != ctx.auth.project_id:
        ctx.authorize(policy.CONTEXT_IS_ADMIN, task, hidden=errors.TaskNotFound(task_id=task_id))
    return task


async def listed(
    ctx: Context, filters: Sequence[Filter], *, sort: Sort, marker: str | None, limit: int
) -> list[Task]:
    """One page of the tasks that the asker sees."""
    wanted = list(filters)
    if not images.is_administrator(ctx):
        wanted.append(Filter("owner", "eq", ctx.project_id))
    after = None
    if marker is not None:
        try:
            after = await show(ctx, marker)
        except errors.TaskNotFound as problem:
            raise BadRequest(problem.text) from None
    return await TASKS.page(ctx.tx, wanted, sort=[sort], after=after, limit=limit)


async def of_image(ctx: Context, image_id: str) -> list[Task]:
    """The tasks that brought, or bring, an image its data."""
    image = await images.show(ctx, image_id)
    return await TASKS.page(
        ctx.tx, [Filter("image_id", "eq", image.id)], sort=[Sort("created_at", True)], limit=100
    )
