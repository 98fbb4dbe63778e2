"""Whether the rows of images and the files in stores, stage and cache agree.

Files are looked at before and after the rows, because others may be at work: what is missing was there
neither time, and what is nobody's was there both times.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.services.image.model import tasks as task_model
from haneul.services.image.store import cached
from haneul.services.image.store import images as store
from haneul.services.image.store.cached import CACHED
from haneul.services.image.store.files import Files
from haneul.services.image.store.leftovers import LEFTOVERS
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS


async def verify(ctx: Context) -> str | None:
    """The first thing that does not fit together; None: everything does."""
    async for problem in _problems(ctx):
        return problem
    return None


async def _problems(ctx: Context) -> AsyncIterator[str]:
    known = stores(ctx.platform)
    files, cache = Files(ctx.platform.folder), cached.folder(ctx.platform)
    prepared = [files.folder, files.incoming]
    folders = {name: _folder(ctx, name) for name in known.known}
    watched = [*prepared, cache, *(folder for folder in folders.values() if folder is not None)]
    before = await asyncio.to_thread(_listed, watched)
    coming = await store.coming_files(ctx.tx)
    staged = await store.staged_files(ctx.tx)
    removing = {(each.store, each.blob) for each in await LEFTOVERS.find(ctx.tx)}
    kept = {name: await store.kept_files(ctx.tx, name) for name in known.known}
    copies = await CACHED.find(ctx.tx, node=cached.node())
    async for problem in _unfinished(ctx):
        yield problem
    after = await asyncio.to_thread(_listed, watched)

    wanted: dict[Path, set[str]] = {folder: set(coming) for folder in watched}
    wanted[cache] |= {copy.image_id for copy in copies}
    wanted[files.incoming] |= {blob for _, blob in removing}  # deleted while the data was being sent
    for name, folder in folders.items():
        if folder is not None:
            wanted[folder] |= kept[name] | {blob for where, blob in removing if where == name}
    for folder in watched:
        for stray in sorted(before[folder] & after[folder]):
            if _subject(stray) not in wanted[folder]:
                yield f"the file {folder / stray} is no image's"
    seen = {folder: before[folder] | after[folder] for folder in watched}
    for blob in sorted(staged - seen[files.folder]):
        yield f"the staged data {blob} is not in {files.folder}"
    for copy in copies:
        if copy.is_ready and copy.image_id not in seen[cache]:
            yield f"the cached copy of image {copy.image_id} is not in {cache}"
    for name, blobs in kept.items():
        folder = folders[name]
        try:
            present = seen[folder] if folder is not None else await (await known.get(name)).names()
        except DriverError as problem:
            yield f"the store {name} cannot be looked at: {problem.text}"
            continue
        for blob in sorted(blobs - present):
            yield f"the data {blob} is not in the store {name}"


def _folder(ctx: Context, store_name: str) -> Path | None:
    """Where the store keeps its files on this machine, if in our own folder: others share no other."""
    path = getattr(stores(ctx.platform).built(store_name), "path", None)
    folder: Path | None = path("x").parent if path is not None else None
    return folder if folder is not None and folder.is_relative_to(ctx.platform.folder) else None


def _listed(folders: Iterable[Path]) -> dict[Path, set[str]]:
    return {
        folder: {each.name for each in folder.iterdir() if each.is_file()} if folder.is_dir() else set()
        for folder in folders
    }


def _subject(name: str) -> str:
    """Whose file it is: data on its way is in files whose names go on after a dot."""
    return name.lstrip(".").split(".")[0]


async def _unfinished(ctx: Context) -> AsyncIterator[str]:
    """Imports that nobody carries on."""
    going_on = await store.tasks_at_work(ctx.tx)
    for task in await TASKS.find(ctx.tx):
        if task.status in task_model.OPEN and task.id not in going_on:
            yield f"the task {task.id} is {task.status}, and nothing works on it"
