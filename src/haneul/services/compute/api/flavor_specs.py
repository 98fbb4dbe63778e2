"""/flavors/{id}/os-extra_specs, os-flavor-access, action"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Routes, Strict, UnsetType
from haneul.kernel.http.bounds import MANY, Number, Real
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.model import extra_specs
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.operations import flavors
from haneul.services.compute.policy import flavors as policy

routes = Routes("/v2.1")
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9\-_:. ]{1,255}$")]
Value = Annotated[str, msgspec.Meta(max_length=255)] | Number | Real
Specs = Annotated[dict[Key, Value], MANY]


class NewSpecs(Strict):
    extra_specs: Specs


class Tenant(Strict):
    tenant: values.Text


class AccessAction(Strict):
    add: Tenant | UnsetType = msgspec.field(name="addTenantAccess", default=UNSET)
    remove: Tenant | UnsetType = msgspec.field(name="removeTenantAccess", default=UNSET)


def _texts(ctx: Context, specs: Specs) -> dict[str, str]:
    """The specs as they are kept; from 2.86 on, known names take only values that mean something."""
    texts = {key: str(value) for key, value in specs.items()}
    if ctx.wants(versions.EXTRA_SPECS_ARE_CHECKED):
        for key, value in texts.items():
            if why := extra_specs.fault(key, value):
                raise BadRequest(f"Validation failed; {why}")
    return texts


@routes.get(
    "/flavors/{id}/os-extra_specs",
    policy=policy.LIST_SPECS,
    answer=answers.ExtraSpecs,
    errors=(errors.FlavorNotFound,),
)
async def list_specs(ctx: Context, id: str) -> dict[str, Any]:
    """All extra specs of the flavor."""
    ctx.authorize(policy.LIST_SPECS, {"project_id": ctx.auth.project_id})
    return {"extra_specs": (await flavors.show(ctx, id)).extra_specs}


@routes.post(
    "/flavors/{id}/os-extra_specs",
    policy=policy.CREATE_SPECS,
    answer=answers.ExtraSpecs,
    errors=(errors.FlavorNotFound,),
)
async def add_specs(ctx: Context, id: str, body: NewSpecs) -> dict[str, Any]:
    """Add extra specs, replacing those of the same names."""
    specs = _texts(ctx, body.extra_specs)
    await flavors.add_specs(ctx, id, specs)
    return {"extra_specs": specs}


@routes.get(
    "/flavors/{id}/os-extra_specs/{key}",
    policy=policy.SHOW_SPEC,
    answer=answers.OneExtraSpec,
    errors=(errors.FlavorNotFound, errors.ExtraSpecNotFound),
)
async def show_spec(ctx: Context, id: str, key: str) -> dict[str, Any]:
    """One extra spec."""
    ctx.authorize(policy.SHOW_SPEC, {"project_id": ctx.auth.project_id})
    return {key: await flavors.show_spec(ctx, id, key)}


@routes.put(
    "/flavors/{id}/os-extra_specs/{key}",
    policy=policy.UPDATE_SPEC,
    answer=answers.OneExtraSpec,
    errors=(errors.FlavorNotFound,),
)
async def update_spec(ctx: Context, id: str, key: str, body: Specs) -> dict[str, Any]:
    """Set one extra spec."""
    if len(body) != 1:
        raise BadRequest("Exactly one extra spec is expected in the body.")
    if key not in body:
        raise BadRequest("Request body and URI mismatch")
    specs = _texts(ctx, body)
    await flavors.add_specs(ctx, id, specs)
    return specs


@routes.delete(
    "/flavors/{id}/os-extra_specs/{key}",
    status=200,
    policy=policy.DELETE_SPEC,
    errors=(errors.FlavorNotFound, errors.ExtraSpecNotFound),
)
async def delete_spec(ctx: Context, id: str, key: str) -> None:
    """Remove one extra spec."""
    await flavors.delete_spec(ctx, id, key)


def _access(flavor: Flavor) -> dict[str, Any]:
    return {"flavor_access": [{"flavor_id": flavor.id, "tenant_id": p} for p in flavor.projects]}


@routes.get(
    "/flavors/{id}/os-flavor-access",
    policy=policy.LIST_ACCESS,
    answer=answers.FlavorAccessList,
    errors=(errors.FlavorNotFound, errors.FlavorIsPublic),
)
async def list_access(ctx: Context, id: str) -> dict[str, Any]:
    """The projects that may use the flavor."""
    return _access(await flavors.access(ctx, id))


@routes.post(
    "/flavors/{id}/action",
    policy=policy.ADD_ACCESS,
    answer=answers.FlavorAccessList,
    errors=(errors.FlavorNotFound, errors.CannotAddAccess, errors.AccessExists, errors.AccessNotFound),
)
async def change_access(ctx: Context, id: str, body: AccessAction) -> dict[str, Any]:
    """Let a project use the flavor, or no longer."""
    if (body.add is UNSET) == (body.remove is UNSET):
        raise BadRequest("Exactly one of addTenantAccess and removeTenantAccess is expected.")
    if body.add:
        return _access(await flavors.add_access(ctx, id, body.add.tenant))
    assert body.remove is not UNSET
    ctx.authorize(policy.REMOVE_ACCESS, {})
    return _access(await flavors.remove_access(ctx, id, body.remove.tenant))
