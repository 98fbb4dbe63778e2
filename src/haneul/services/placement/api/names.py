"""/traits and /resource_classes"""

from __future__ import annotations

import re
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Query, Reply, Routes, Strict
from haneul.kernel.http.bounds import Text
from haneul.services.placement import errors, policy
from haneul.services.placement.api import answers
from haneul.services.placement.manifest import MANIFEST
from haneul.services.placement.model.providers import STANDARD_CLASSES
from haneul.services.placement.operations import providers

routes = Routes()
_CUSTOM = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")


class NewClass(Strict):
    name: Text


def _check(name: str) -> None:
    if not _CUSTOM.fullmatch(name):
        raise BadRequest(f"Invalid input for field name: {name!r} does not match '^CUSTOM\\_[A-Z0-9_]+$'")


def _class(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "links": [{"rel": "self", "href": f"{MANIFEST.path}/resource_classes/{name}"}],
    }


@routes.get("/traits", policy=policy.ADMIN_OR_SERVICE, since="1.6", answer=answers.Traits)
async def list_traits(ctx: Context, query: Query) -> dict[str, Any]:
    """Traits that were made, or that a provider has."""
    in_use = await providers.traits_in_use(ctx)
    traits = sorted({*in_use, *await providers.names(ctx, "trait")})
    name = query.get("name") or ""
    if name.startswith("startswith:"):
        traits = [t for t in traits if t.startswith(name.removeprefix("startswith:"))]
    elif name.startswith("in:"):
        traits = [t for t in traits if t in name.removeprefix("in:").split(",")]
    elif name:
        raise BadRequest("Badly formatted name parameter. Expected name query string parameter in form: "
                         '"?name=[in|startswith]:[name1,name2|prefix]".')  # fmt: skip
    if query.get("associated") == "true":
        traits = [t for t in traits if t in in_use]
    return {"traits": traits}


@routes.get(
    "/traits/{name}", status=204, policy=policy.ADMIN_OR_SERVICE, since="1.6", errors=(errors.NameNotFound,)
)
async def show_trait(ctx: Context, name: str) -> None:
    """204 if the trait exists."""
    if name not in {*await providers.traits_in_use(ctx), *await providers.names(ctx, "trait")}:
        raise errors.NameNotFound(what="trait", name=name)


@routes.put(
    "/traits/{name}",
    status=201,
    policy=policy.ADMIN_OR_SERVICE,
    since="1.6",
    answer=None,
    other_answers={204: None},
)
async def create_trait(ctx: Context, name: str) -> Reply:
    """The custom trait exists: 201 if it is new."""
    _check(name)
    is_new = await providers.add_name(ctx, "trait", name)
    return Reply(
        status=201 if is_new else 204, headers={"Location": f"{ctx.endpoint}{MANIFEST.path}/traits/{name}"}
    )


@routes.delete(
    "/traits/{name}",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.6",
    errors=(errors.NameNotFound, errors.NameInUse, errors.CannotDeleteStandard),
)
async def delete_trait(ctx: Context, name: str) -> None:
    """Remove a custom trait that no provider has."""
    if not name.startswith("CUSTOM_"):
        raise errors.CannotDeleteStandard(what="trait", name=name)
    await providers.remove_name(ctx, "trait", name)


@routes.get("/resource_classes", policy=policy.ADMIN_OR_SERVICE, since="1.2", answer=answers.ResourceClasses)
async def list_classes(ctx: Context) -> dict[str, Any]:
    """The standard resource classes, then the custom ones."""
    names = [*STANDARD_CLASSES, *await providers.names(ctx, "resource_class")]
    return {"resource_classes": [_class(n) for n in names]}


@routes.get(
    "/resource_classes/{name}",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.2",
    answer=answers.ResourceClass,
    errors=(errors.NameNotFound,),
)
async def show_class(ctx: Context, name: str) -> dict[str, Any]:
    """One resource class."""
    if name not in {*STANDARD_CLASSES, *await providers.names(ctx, "resource_class")}:
        raise errors.NameNotFound(what="resource class", name=name)
    return _class(name)


@routes.post(
    "/resource_classes",
    status=201,
    policy=policy.ADMIN_OR_SERVICE,
    since="1.2",
    answer=None,
    errors=(errors.DuplicateName,),
)
async def create_class(ctx: Context, body: NewClass) -> Reply:
    """Create a custom resource class."""
    _check(body.name)
    if not await providers.add_name(ctx, "resource_class", body.name):
        raise errors.DuplicateName(what="class", value=body.name)
    location = f"{ctx.endpoint}{MANIFEST.path}/resource_classes/{body.name}"
    return Reply(status=201, headers={"Location": location})


@routes.put(
    "/resource_classes/{name}",
    status=201,
    policy=policy.ADMIN_OR_SERVICE,
    since="1.7",
    answer=None,
    other_answers={204: None},
)
async def ensure_class(ctx: Context, name: str) -> Reply:
    """The custom resource class exists: 201 if it is new."""
    _check(name)
    is_new = await providers.add_name(ctx, "resource_class", name)
    location = f"{ctx.endpoint}{MANIFEST.path}/resource_classes/{name}"
    return Reply(status=201 if is_new else 204, headers={"Location": location})


@routes.delete(
    "/resource_classes/{name}",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.2",
    errors=(errors.NameNotFound, errors.NameInUse, errors.CannotDeleteStandard),
)
async def delete_class(ctx: Context, name: str) -> None:
    """Remove a custom resource class that no inventory has."""
    if name in STANDARD_CLASSES:
        raise errors.CannotDeleteStandard(what="resource class", name=name)
    await providers.remove_name(ctx, "resource_class", name)
