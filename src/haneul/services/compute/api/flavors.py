"""/flavors"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, lists, since, until
from haneul.kernel.http.bounds import Number, Real, Text
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.api.links import links, next_links, page_size
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.operations import flavors
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import flavors as policy

routes = Routes("/v2.1")
SORTING = lists.Sorting(
    bad_key="Sort key supplied was not valid: {key}",
    bad_direction="Unknown sort direction: {direction}; it must be 'asc' or 'desc'",
    usual=("flavorid",),
    direction="asc",
    is_single=True,
)
QUERY = {"limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"}
SORT_KEYS = {
    "flavorid": "id",
    "id": "id",
    "name": "name",
    "memory_mb": "memory_mib",
    "vcpus": "vcpus",
    "root_gb": "disk_gb",
    "ephemeral_gb": "ephemeral_gb",
    "swap": "swap_mib",
    "rxtx_factor": "rxtx_factor",
    "is_public": "is_public",
    "disabled": "is_disabled",
    "created_at": "created_at",
    "description": "description",
}
Description = Annotated[str, msgspec.Meta(max_length=65535)]


class NewFlavor(Strict, kw_only=True):
    name: values.Text
    ram: Number | Text
    vcpus: Number | Text
    disk: Number | Text
    id: Text | Number | Real | None = None
    swap: Number | Text = 0
    ephemeral: Number | Text = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    rxtx_factor: Annotated[Real | Text | UnsetType, until("2.101")] = UNSET
    is_public: bool | Text | Number = msgspec.field(name="os-flavor-access:is_public", default=True)
    description: Annotated[Description | UnsetType | None, since("2.55")] = UNSET


class CreateFlavor(Strict):
    flavor: NewFlavor


class FlavorChanges(Strict):
    description: Description | None


class UpdateFlavor(Strict):
    flavor: FlavorChanges


def view(ctx: Context, flavor: Flavor) -> dict[str, Any]:
    """The flavor as the version shows it."""
    document: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "ram": flavor.memory_mib,
        "disk": flavor.disk_gb,
        # Before 2.75 no swap is an empty text.
        "swap": flavor.swap_mib or (0 if ctx.wants(versions.STRICT_QUERIES) else ""),
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": flavor.is_public,
        "links": links(ctx, f"flavors/{flavor.id}"),
    }
    if not ctx.wants(versions.FLAVORS_WITHOUT_RXTX):
        document["OS-FLV-DISABLED:disabled"] = flavor.is_disabled
        document["rxtx_factor"] = flavor.rxtx_factor
    if ctx.wants(versions.FLAVORS_HAVE_DESCRIPTIONS):
        document["description"] = flavor.description
    if ctx.wants(versions.FLAVORS_SHOW_EXTRA_SPECS) and ctx.may(
        policy.LIST_SPECS, {"project_id": ctx.auth.project_id}
    ):
        document["extra_specs"] = flavor.extra_specs
    return document


def brief(ctx: Context, flavor: Flavor) -> dict[str, Any]:
    document = {"id": flavor.id, "name": flavor.name, "links": links(ctx, f"flavors/{flavor.id}")}
    if ctx.wants(versions.FLAVORS_HAVE_DESCRIPTIONS):
        document["description"] = flavor.description
    return document


@routes.get("/flavors", answer=answers.Flavors)
async def list_flavors(ctx: Context, query: Query) -> dict[str, Any]:
    """Flavors: ids, names and links."""
    page, more = await _page(ctx, query, "flavors")
    return {"flavors": [brief(ctx, f) for f in page], **more}


@routes.get("/flavors/detail", answer=answers.FlavorsInDetail)
async def list_flavors_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """Flavors with all that they say."""
    page, more = await _page(ctx, query, "flavors/detail")
    return {"flavors": [view(ctx, f) for f in page], **more}


async def _page(ctx: Context, query: Query, path: str) -> tuple[list[Flavor], dict[str, Any]]:
    values.only(ctx, query, QUERY)
    size = page_size(query)
    page = await flavors.list(
        ctx,
        is_public=_is_public(ctx, query.get("is_public")),
        least_disk_gb=_least(query, "minDisk"),
        least_memory_mib=_least(query, "minRam"),
        sort=SORTING.read(query, SORT_KEYS)[0],
        marker=query.get("marker"),
        limit=size,
    )
    links_ = next_links(ctx, path, query, page, size, page[-1].id if page else "")
    return page, {"flavors_links": links_} if links_ else {}


def _least(query: Query, name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise BadRequest(f"Invalid {name} filter [{text}]")
    return int(text)


def _is_public(ctx: Context, text: str | None) -> bool | None:
    """Only administrators may ask for flavors that are not theirs to use."""
    if text is None or not ctx.may(CONTEXT_IS_ADMIN, {}):
        return True
    # `None`, the word, asks for flavors of both kinds; no parameter, for the public ones.
    if text.strip().lower() == "none":
        return None
    is_public = truths.COMMON.read(text)
    if is_public is None:
        raise BadRequest(f"Invalid is_public filter [{text}]")
    return is_public


@routes.post("/flavors", policy=policy.CREATE, answer=answers.OneFlavor, errors=(errors.FlavorExists,))
async def create_flavor(ctx: Context, body: CreateFlavor) -> dict[str, Any]:
    """Create a flavor; without an id it gets a UUID."""
    return {"flavor": view(ctx, await flavors.create(ctx, _new(ctx, body.flavor)))}


def _new(ctx: Context, new: NewFlavor) -> Flavor:
    def number(value: int | str, name: str, least: int = 0) -> int:
        return values.integer(value, f"flavor.{name}", least=least)

    return Flavor(
        id=_id(ctx, new.id),
        name=values.name(new.name, "flavor.name"),
        vcpus=number(new.vcpus, "vcpus", 1),
        memory_mib=number(new.ram, "ram", 1),
        disk_gb=number(new.disk, "disk"),
        ephemeral_gb=number(new.ephemeral, "OS-FLV-EXT-DATA:ephemeral"),
        swap_mib=number(new.swap, "swap"),
        rxtx_factor=1.0 if new.rxtx_factor is UNSET else _rxtx_factor(new.rxtx_factor),
        is_public=values.truth(new.is_public, "flavor.os-flavor-access:is_public"),
        is_disabled=False,
        description=new.description or None,
        extra_specs={},
        projects=[],
        created_at=ctx.now(),
    )


def _id(ctx: Context, id: str | float | None) -> str:
    # What clients send where their user lets them choose.
    if id is None or id == "auto":
        return ctx.new_id()
    text = str(id)
    if not re.fullmatch(r"(?! )[a-zA-Z0-9. _-]{1,255}(?<! )", text):
        raise values.refuse("flavor.id", text, "It must match '^(?! )[a-zA-Z0-9. _-]+(?<! )$'.")
    return text


def _rxtx_factor(factor: float | str) -> float:
    if isinstance(factor, str) and not re.fullmatch(r"[0-9]{1,40}(\.[0-9]{1,40})?", factor):
        raise values.refuse("flavor.rxtx_factor", factor, "It is no number.")
    # What the column of upstream's database holds.
    if not 0 < float(factor) <= 3.40282e38:
        raise values.refuse("flavor.rxtx_factor", factor, "It must be greater than 0.")
    return float(factor)


@routes.get("/flavors/{id}", answer=answers.OneFlavor, errors=(errors.FlavorNotFound,))
async def show_flavor(ctx: Context, id: str) -> dict[str, Any]:
    """One flavor."""
    return {"flavor": view(ctx, await flavors.show(ctx, id))}


@routes.put(
    "/flavors/{id}",
    policy=policy.UPDATE,
    since="2.55",
    answer=answers.OneFlavor,
    errors=(errors.FlavorNotFound,),
)
async def update_flavor(ctx: Context, id: str, body: UpdateFlavor) -> dict[str, Any]:
    """Change the flavor's description."""
    return {"flavor": view(ctx, await flavors.update(ctx, id, body.flavor.description))}


@routes.delete("/flavors/{id}", status=202, policy=policy.DELETE, errors=(errors.FlavorNotFound,))
async def delete_flavor(ctx: Context, id: str) -> None:
    """Delete the flavor; servers that were made of it keep what it was."""
    await flavors.delete(ctx, id)
