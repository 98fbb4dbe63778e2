"""/flavors/{id}/os-extra_specs, os-flavor-access, action"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Routes, Strict
from haneul.kernel.http.actions import Actions
from haneul.kernel.http.bounds import MANY, Document, Number, Real
from haneul.kernel.http.metadata import Pairs
from haneul.kernel.policy import Rule
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


def _texts(ctx: Context, specs: dict[str, Any], field: str) -> dict[str, str]:
    """The specs as they are kept; from 2.86 on, known names take only values that mean something."""
    texts = {key: str(value) for key, value in specs.items()}
    if ctx.wants(versions.EXTRA_SPECS_ARE_CHECKED):
        for key, value in texts.items():
            if why := extra_specs.fault(key, value):
                raise BadRequest(f"Validation failed; {why}")
    return texts


async def _load(ctx: Context, rule: Rule, id: str) -> Flavor:
    ctx.authorize(rule, {"project_id": ctx.auth.project_id})
    return await flavors.show(ctx, id)


async def _save(ctx: Context, rule: Rule, flavor: Flavor, specs: dict[str, str]) -> dict[str, str]:
    return (await flavors.set_specs(ctx, flavor, specs)).extra_specs


SPECS = Pairs(
    _load,
    _save,
    missing=lambda flavor, key: errors.ExtraSpecNotFound(flavor_id=flavor.id, key=key),
    body=NewSpecs,
    one_body=Specs,
    answer=answers.ExtraSpecs,
    one_answer=answers.OneExtraSpec,
    errors=(errors.FlavorNotFound,),
    no_key=errors.ExtraSpecNotFound,
    name="extra_specs",
    one="",
    checked=_texts,
    shows_added=True,
    removed=200,
)
SPECS.serve(
    routes,
    "/flavors/{id}/os-extra_specs",
    {
        "list": policy.LIST_SPECS,
        "add": policy.CREATE_SPECS,
        "show": policy.SHOW_SPEC,
        "set": policy.UPDATE_SPEC,
        "remove": policy.DELETE_SPEC,
    },
)


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
    answer=answers.FlavorAccessList,
    errors=(
        errors.NoSuchAction,
        errors.FlavorNotFound,
        errors.CannotAddAccess,
        errors.AccessExists,
        errors.AccessNotFound,
    ),
)
async def change_access(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """Let a project use the flavor, or no longer: addTenantAccess, removeTenantAccess."""
    return _access(await ACTIONS.carry_out(ctx, id, body))


async def _id(ctx: Context, rule: Rule, id: str) -> str:
    """As upstream, who may not change access is refused before anybody looks whether there is such a flavor."""
    ctx.authorize(rule, {})
    return id


ACTIONS = Actions(_id, lambda ctx, name: errors.NoSuchAction(action=name))


@ACTIONS.action("addTenantAccess", policy.ADD_ACCESS, Tenant)
async def add_access(ctx: Context, id: str, new: Tenant) -> Flavor:
    return await flavors.add_access(ctx, id, new.tenant)


@ACTIONS.action("removeTenantAccess", policy.REMOVE_ACCESS, Tenant)
async def remove_access(ctx: Context, id: str, old: Tenant) -> Flavor:
    return await flavors.remove_access(ctx, id, old.tenant)
