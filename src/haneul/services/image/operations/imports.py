"""Imports: asked for an image, or by a task of the old kind that makes its image itself."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import imports as model
from haneul.services.image.model import tasks as task_model
from haneul.services.image.model import web_addresses
from haneul.services.image.model.images import Image
from haneul.services.image.model.imports import Import, Wish
from haneul.services.image.model.tasks import Task
from haneul.services.image.operations import images, quotas
from haneul.services.image.sagas.import_image import IMPORT_IMAGE
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.leftovers import LEFTOVERS
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS


async def import_image(ctx: Context, image_id: str, body: dict[str, Any], header: str | None) -> None:
    """The image's data is on its way, in the background; a task shows how it goes."""
    limits = ctx.options(ImageOptions)
    wish = model.wish(body, limits.import_methods)
    image = await images.show(ctx, image_id)
    model.require_possible(image, wish.method)
    _authorize(ctx, image, wish.method)
    await quotas.require_room(ctx, image.owner)
    wanted = _stores(ctx, wish, header, are_named="stores" in body)
    if wish.method == model.COPY:
        wanted = await _missing(ctx, image, wanted, is_all=wish.all_stores)
        if not wanted:
            await _tell_of_nothing(ctx, image)
            return
    _require_source(ctx, wish)
    if model.TASK in image.properties:
        raise errors.NotImportable(why="Image has active task")
    task = await add_task(
        ctx, task_model.IMPORT, image.id, {"image_id": image.id, "import_req": body, "backend": wanted}
    )
    await start(ctx, image, task, wish, wanted)


def _authorize(ctx: Context, image: Image, method: str) -> None:
    rule = policy.COPY_IMAGE if method == model.COPY else policy.MODIFY_IMAGE
    whom = images.target(ctx, image, is_member=False)
    ctx.authorize(rule, whom)


def _stores(ctx: Context, wish: Wish, header: str | None, *, are_named: bool) -> list[str]:
    """The stores that were named, in one of three ways."""
    known = stores(ctx.platform)
    if wish.all_stores:
        if are_named or header is not None:
            raise BadRequest(
                "All_stores parameter can't be used with x-image-meta-store header or stores parameter"
            )
        return [name for name, store in known.known.items() if not store.read_only]
    if are_named and header is not None:
        raise BadRequest("Stores parameter and x-image-meta-store header can't be both specified")
    wanted = wish.stores if wish.stores else [header or known.default]
    for name in wanted:
        if name not in known.known or known.known[name].read_only:
            raise errors.UnknownStore(store=name)
    return list(dict.fromkeys(wanted))


async def _tell_of_nothing(ctx: Context, image: Image) -> None:
    """The image shows an import that is over: whoever waits for the copies has not to wait."""
    shown = {**image.properties, model.IMPORTING: "", model.FAILED: ""}
    if shown != image.properties:
        await IMAGES.change(ctx, image, properties=shown)


async def _missing(ctx: Context, image: Image, wanted: list[str], *, is_all: bool) -> list[str]:
    """The stores that an active image is yet to be copied to."""
    for name in wanted:
        if name in image.stores and not is_all:
            raise errors.BadImport(why=f"Image is already present at store '{name}'")
    missing = [name for name in wanted if name not in image.stores]
    for name in missing:
        if await LEFTOVERS.get(ctx.tx, name, image.blob or "") is not None:
            raise errors.NotImportable(why=f"Image is still being removed from store '{name}'")
    return missing


def _require_source(ctx: Context, wish: Wish) -> None:
    if wish.method == model.WEB:
        web_addresses.checked(wish.uri, ctx.options(ImageOptions).web)
    if wish.method == model.REMOTE:
        for name, value in (
            ("glance_region", wish.region),
            ("glance_image_id", wish.remote_image_id),
        ):
            if not value:
                raise errors.BadImport(why=f"'{name}' needs to be set for glance-download import method")
        if images.model.ID.fullmatch(wish.remote_image_id or "") is None:
            raise errors.BadImport(why=f"Remote image id does not look like a UUID: {wish.remote_image_id}")


async def add_task(ctx: Context, type: str, image_id: str | None, input: dict[str, Any]) -> Task:
    """A new task of the asker's, about the image, which nobody has begun."""
    task = Task(
        id=ctx.new_id(),
        type=type,
        status="pending",
        owner=ctx.auth.project_id,
        image_id=image_id,
        user_id=ctx.auth.user_id,
        request_id=ctx.request_id,
        input=input,
        result=None,
        message="",
        created_at=ctx.now(),
        updated_at=ctx.now(),
        expires_at=None,
    )
    return await TASKS.add(ctx.tx, task)


async def start(ctx: Context, image: Image, task: Task, wish: Wish, wanted: list[str]) -> None:
    """The saga runs, and the image shows what it belongs to."""
    shown = {
        **image.properties,
        model.TASK: task.id,
        model.IMPORTING: ",".join(wanted),
        model.FAILED: "",
    }
    await IMAGES.change(ctx, image, properties=shown)
    is_copy = wish.method == model.COPY
    await ctx.start(
        IMPORT_IMAGE,
        Import(
            image_id=image.id,
            task_id=task.id,
            method=wish.method,
            blob=image.blob if is_copy and image.blob else ctx.new_id(),
            stores=wanted,
            all_must_succeed=wish.all_must_succeed,
            disk_format=image.disk_format,
            container_format=image.container_format,
            virtual_size=image.virtual_size,
            staged=image.staged,
            uri=wish.uri,
            region=wish.region,
            remote_image_id=wish.remote_image_id,
            interface=wish.interface,
            injected={} if is_copy else _injected(ctx),
        ),
        resource=image.id,
    )


def _injected(ctx: Context) -> dict[str, str]:
    plugins = ctx.options(ImageOptions).plugins
    if set(plugins.inject_not_for_roles) & set(ctx.auth.roles):
        return {}
    return {n: v for n, v in plugins.inject.items() if not n.startswith(images.model.RESERVED_NAMESPACE)}


async def import_by_task(ctx: Context, type: str, input: Any) -> Task:
    """A task of the old kind: it makes the image, and imports its data from an address."""
    limits = ctx.options(ImageOptions)
    wanted = task_model.checked_input(type, input)
    web_addresses.checked(wanted["import_from"], limits.web)
    image = await images.create(ctx, dict(wanted["image_properties"]))
    model.require_possible(image, model.WEB)
    task = await add_task(ctx, type, image.id, input)
    wish = Wish(model.WEB, wanted["import_from"], None, None, "public", None, False, True)
    await start(ctx, image, task, wish, [stores(ctx.platform).default])
    return task
