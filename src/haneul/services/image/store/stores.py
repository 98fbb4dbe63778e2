"""The stores of one cloud: which there are, what they hold, and where an image is read from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from haneul.kernel import drivers
from haneul.kernel.context import Platform
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions, StoreOptions
from haneul.services.image.drivers.interface import ImageStore, InUse
from haneul.services.image.model.images import Image

logger = structlog.get_logger(__name__)

GROUP = "haneul.image.store"


class Found(NamedTuple):
    """A store that has an image."""

    name: str
    store: ImageStore
    path: Path | None
    """Where its file is, if the store keeps files on this machine."""


class Stores:
    """The stores that the configuration names. A store is started when it is first used."""

    def __init__(self, limits: ImageOptions, state: Path) -> None:
        self.known = limits.all_stores()
        self.default = limits.default_store
        self._state = state
        self._open: dict[str, ImageStore] = {}
        self._started: set[str] = set()

    def built(self, name: str) -> ImageStore:
        """The store's driver, perhaps not started; UnknownStore if there is none of that name."""
        if name not in self._open:
            if name not in self.known:
                raise errors.UnknownStore(store=name)
            self._open[name] = self._build(name, self.known[name])
        return self._open[name]

    def _build(self, name: str, options: StoreOptions) -> ImageStore:
        kind = drivers.load(GROUP, options.type)
        default = self._state / ("images" if name == "file" else f"images-{name}")
        folder = Path(options.folder) if options.folder else default
        return kind(HostSettings(name, folder, dict(options.options)))  # type: ignore[call-arg,return-value]

    async def get(self, name: str) -> ImageStore:
        """The store, ready to be used; DriverError if it does not answer."""
        store = self.built(name)
        if name not in self._started:
            await store.start()
            self._started.add(name)
        return store

    def knows_use(self, name: str) -> bool:
        """Whether others can use what the store holds."""
        return name in self.known and hasattr(self.built(name), "require_unused")

    async def require_unused(self, image: Image, names: Iterable[str], *, what: str = "Image") -> None:
        """These stores could give up the image's data: ImageInUse if not, DriverError if one does not say."""
        for name in names:
            if image.blob is not None and self.knows_use(name):
                store: Any = await self.get(name)
                try:
                    await store.require_unused(image.blob)
                except InUse as problem:
                    logger.info("image is in use", store=name, problem=problem.text)
                    raise errors.ImageInUse(image_id=image.id, what=what) from problem

    def best_first(self, names: Iterable[str]) -> list[str]:
        """Those that there are, the greatest weight first."""
        known = [name for name in names if name in self.known]
        return sorted(known, key=lambda name: -self.known[name].weight)

    async def find(self, image: Image) -> Found | None:
        """A store that has the whole image and answers."""
        if image.blob is None:
            return None
        for name in self.best_first(image.stores):
            try:
                store = await self.get(name)
                if await store.size(image.blob) == image.size:
                    path = getattr(store, "path", None)
                    return Found(name, store, path(image.blob) if path else None)
            except DriverError as problem:
                logger.warning("image store does not answer", store=name, problem=problem.text)
        return None

    def local_path(self, image: Image) -> Path | None:
        """The image's file on this machine, if a store that keeps files has it."""
        for name in self.best_first(image.stores):
            path = getattr(self.built(name), "path", None)
            if path is not None and image.blob is not None and path(image.blob).is_file():
                place: Path = path(image.blob)
                return place
        return None

    async def read(self, image: Image, offset: int, length: int) -> AsyncIterator[bytes]:
        """That part of the image's data; goes on with another copy when a store fails on the way."""
        done = 0
        left = self.best_first(image.stores)
        while image.blob is not None and left:
            name = left.pop(0)
            try:
                store = await self.get(name)
                if await store.size(image.blob) != image.size:
                    continue
                async for piece in store.read(image.blob, offset + done, length - done):
                    done += len(piece)
                    yield piece
                return
            except DriverError as problem:
                logger.warning("image store does not answer", store=name, problem=problem.text)
        raise errors.DataMissing(image_id=image.id)


class _Built:
    """The stores, and the options that they were built for."""

    limits: ImageOptions | None = None
    stores: Stores


def stores(platform: Platform) -> Stores:
    """The stores of this process, built once for one configuration."""
    limits = platform.options(ImageOptions)
    built = platform.keep(_Built)
    if built.limits is not limits:
        built.limits, built.stores = limits, Stores(limits, platform.folder)
    return built.stores
