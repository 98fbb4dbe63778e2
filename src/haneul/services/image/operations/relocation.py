"""Where an image's data is, and what a patch of that may change."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import locations as model
from haneul.services.image.model import web_addresses
from haneul.services.image.model.images import Image, Location
from haneul.services.image.model.locations import HTTP, LocationChange, Validation
from haneul.services.image.store import leftovers
from haneul.services.image.store.stores import stores


def of(ctx: Context, image: Image) -> list[dict[str, Any]]:
    """Every place that has the data, the best one first."""
    known = stores(ctx.platform)
    kept = [
        {"url": known.built(name).url(image.blob), "metadata": {"store": name}}
        for name in known.best_first(image.stores)
        if image.blob is not None
    ]
    return kept + [{"url": place.url, "metadata": place.metadata} for place in image.locations]


def require_http(ctx: Context) -> None:
    """Returns if the operator lets data stay at HTTP addresses; NotAllowed otherwise."""
    if not ctx.options(ImageOptions).http_store:
        raise errors.NotAllowed(why="http store must be enabled to use location API by normal user.")


async def change(ctx: Context, image: Image, whom: dict[str, Any], change: LocationChange) -> Image:
    """The image after one operation of a patch on its locations; written with the others of the patch."""
    if not ctx.options(ImageOptions).show_multiple_locations:
        raise errors.NotAllowed(
            why=f"It's not allowed to {change.verb} locations if locations are invisible."
        )
    model.require_changeable(image, change.op)
    model.require_agreement(image, change.validation)
    rule = policy.DELETE_IMAGE_LOCATION if change.op == "remove" else policy.SET_IMAGE_LOCATION
    ctx.authorize(rule, whom)
    have = of(ctx, image)
    wanted = model.after(have, change)
    changed = _with(image, have, wanted, change.validation)
    gone = [name for name in image.stores if name not in changed.stores]
    if image.blob is not None and gone:
        await leftovers.expect(ctx.tx, image.blob, gone)
    added = [place.url for place in changed.locations if place not in image.locations]
    for url in added:
        require_http(ctx)
        web_addresses.checked(url, ctx.options(ImageOptions).web)
    return changed


def _with(
    image: Image, have: list[dict[str, Any]], wanted: list[dict[str, Any]], validation: Validation
) -> Image:
    """The image with these places. Our own stores can be left, but data comes into them in other ways."""
    ours = {p["url"]: p["metadata"]["store"] for p in have if p["metadata"].get("store") in image.stores}
    kept = [ours[place["url"]] for place in wanted if place["url"] in ours]
    foreign = [
        Location(place["url"], {**place.get("metadata", {}), "store": HTTP})
        for place in wanted
        if place["url"] not in ours
    ]
    changed = msgspec.structs.replace(
        image, stores=kept, blob=image.blob if kept else None, locations=foreign
    )
    if image.state == "queued" and foreign:
        return model.activated(changed, validation)
    return changed
