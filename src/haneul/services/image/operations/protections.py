"""Custom properties that not everybody may see or set."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from haneul.kernel.context import Context
from haneul.kernel.policy import Rule
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.manifest import MANIFEST
from haneul.services.image.model import protections as model
from haneul.services.image.model.images import Image
from haneul.services.image.model.protections import Protection


def may(ctx: Context, operation: str, name: str) -> bool:
    """Whether the asker may create, read, update or delete a property of that name."""
    limits = ctx.options(ImageOptions)
    if not limits.property_protections:
        return True
    by_policy = limits.property_protections_by == "policies"

    def holds(words: Collection[str]) -> bool:
        if by_policy:
            return any(ctx.may(Rule(word, "!", service=MANIFEST.name), {}) for word in words)
        return not set(words).isdisjoint(ctx.auth.roles)

    return model.allows(_protections(limits.property_protections), name, operation, holds)


def _protections(path: str) -> list[Protection]:
    try:
        return _read(path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError) as problem:
        raise errors.ProtectionsUnreadable(why=str(problem)) from None


@lru_cache(8)
def _read(path: str, changed_ns: int) -> list[Protection]:
    """Read once, and again whenever the file was changed."""
    return model.read(Path(path).read_text())


def readable(ctx: Context, image: Image, limits: ImageOptions) -> dict[str, str]:
    """The custom properties that the asker may see."""
    if not limits.property_protections:
        return image.properties
    return {name: value for name, value in image.properties.items() if may(ctx, "read", name)}


def require_new(ctx: Context, image: Image) -> None:
    """Raise unless the asker may give a new image these properties."""
    for name in image.properties:
        if not may(ctx, "create", name):
            raise errors.ReservedAttribute(name=name)


def require_change(ctx: Context, image: Image, op: str, name: str) -> None:
    """Raise unless the asker may change this property so; one that cannot be seen counts as absent."""
    if not ctx.options(ImageOptions).property_protections:
        return
    is_there = name in image.properties and may(ctx, "read", name)
    if op == "remove":
        if not is_there:
            raise errors.NoSuchProperty(name=name)
        needed = "delete"
    else:
        needed = "update" if is_there else "create"
    if not may(ctx, needed, name):
        raise errors.ReservedAttribute(name=name)
