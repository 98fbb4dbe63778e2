"""/domains/{domain_id}/config and /domains/config: how one domain differs, and what holds for the others"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Reply, Routes
from haneul.kernel.http.schema import Schema
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.errors import InvalidDomainConfig
from haneul.services.identity.model.domain_config import (
    DEFAULTS,
    SECRETS,
    require_about,
    require_known,
    require_sound,
)
from haneul.services.identity.operations import access, domain_config
from haneul.services.identity.operations.collections import DOMAINS

routes = Routes("/v3")

SECURITY = "security_compliance"
_WHOLE = "/domains/{domain_id}/config"
_GROUP = _WHOLE + "/{group}"
_OPTION = _GROUP + "/{option}"


class ConfigBody(Schema):
    config: Document


# of one domain


@routes.put(
    _WHOLE,
    policy=policy.CREATE_DOMAIN_CONFIG,
    answer=answers.DomainConfig,
    other_answers={201: answers.DomainConfig},
    errors=(
        errors.ThingNotFound,
        errors.InvalidDomainConfig,
    ),
)
async def create_config(ctx: Context, domain_id: str, body: ConfigBody) -> Reply:
    """Configure a domain; what it said before is forgotten."""
    ctx.authorize(policy.CREATE_DOMAIN_CONFIG, {})
    await access.exists(ctx, DOMAINS, domain_id)
    require_sound(body.config)
    config, is_new = await domain_config.replace(ctx, domain_id, body.config)
    return Reply({"config": config}, status=201 if is_new else 200)


@routes.get(
    _WHOLE,
    policy=policy.GET_DOMAIN_CONFIG,
    answer=answers.DomainConfig,
    errors=(errors.OptionNotFound, errors.ThingNotFound, errors.InvalidDomainConfig),
)
async def show_config(ctx: Context, domain_id: str) -> dict[str, Any]:
    """Show a domain's configuration, without secrets."""
    ctx.authorize(policy.GET_DOMAIN_CONFIG, {})
    return {"config": await domain_config.show(ctx, domain_id)}


@routes.patch(
    _WHOLE,
    policy=policy.UPDATE_DOMAIN_CONFIG,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.ThingNotFound),
)
async def update_config(ctx: Context, domain_id: str, body: ConfigBody) -> dict[str, Any]:
    """Change a domain's configuration."""
    ctx.authorize(policy.UPDATE_DOMAIN_CONFIG, {})
    await access.exists(ctx, DOMAINS, domain_id)
    require_sound(body.config)
    return {"config": await domain_config.change(ctx, domain_id, body.config)}


@routes.delete(
    _WHOLE,
    policy=policy.DELETE_DOMAIN_CONFIG,
    errors=(
        errors.ThingNotFound,
        errors.InvalidDomainConfig,
        errors.OptionNotFound,
    ),
)
async def delete_config(ctx: Context, domain_id: str) -> None:
    """Forget a domain's configuration."""
    ctx.authorize(policy.DELETE_DOMAIN_CONFIG, {})
    await access.exists(ctx, DOMAINS, domain_id)
    await domain_config.forget(ctx, domain_id)


@routes.get(
    _GROUP,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.OptionNotFound, errors.ThingNotFound),
)
async def show_group(ctx: Context, domain_id: str, group: str) -> dict[str, Any]:
    """Show one group of a domain's options; everybody may know what passwords must look like."""
    if group == SECURITY:
        ctx.authorize(policy.GET_SECURITY_COMPLIANCE, {})
        return {"config": {SECURITY: domain_config.security(ctx, domain_id, None)}}
    ctx.authorize(policy.GET_DOMAIN_CONFIG, {})
    return {"config": await domain_config.show(ctx, domain_id, group)}


@routes.get(
    _OPTION,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.OptionNotFound, errors.ThingNotFound),
)
async def show_option(ctx: Context, domain_id: str, group: str, option: str) -> dict[str, Any]:
    """Show one option of a domain."""
    if group == SECURITY:
        ctx.authorize(policy.GET_SECURITY_COMPLIANCE, {})
        return {"config": domain_config.security(ctx, domain_id, option)}
    ctx.authorize(policy.GET_DOMAIN_CONFIG, {})
    # One option stands alone in the answer, without its group, as upstream has it for single options only.
    return {"config": (await domain_config.show(ctx, domain_id, group, option))[group]}


async def _change(
    ctx: Context, rule: Rule, domain_id: str, body: ConfigBody, group: str, option: str | None
) -> dict[str, Any]:
    ctx.authorize(rule, {})
    await access.exists(ctx, DOMAINS, domain_id)
    require_known(group, option)
    new = require_about(body.config, group, option)
    await domain_config.require(ctx, domain_id, group, option)
    return {"config": await domain_config.change(ctx, domain_id, new)}


@routes.patch(
    _GROUP,
    policy=policy.UPDATE_DOMAIN_CONFIG,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.OptionNotFound, errors.ThingNotFound),
)
async def update_group(ctx: Context, domain_id: str, group: str, body: ConfigBody) -> dict[str, Any]:
    """Change one group of a domain's options."""
    return await _change(ctx, policy.UPDATE_DOMAIN_CONFIG, domain_id, body, group, None)


@routes.patch(
    _OPTION,
    policy=policy.UPDATE_DOMAIN_CONFIG,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.OptionNotFound, errors.ThingNotFound),
)
async def update_option(
    ctx: Context, domain_id: str, group: str, option: str, body: ConfigBody
) -> dict[str, Any]:
    """Change one option of a domain."""
    return await _change(ctx, policy.UPDATE_DOMAIN_CONFIG, domain_id, body, group, option)


@routes.delete(
    _GROUP,
    policy=policy.DELETE_DOMAIN_CONFIG,
    errors=(errors.OptionNotFound, errors.ThingNotFound, errors.InvalidDomainConfig),
)
async def delete_group(ctx: Context, domain_id: str, group: str) -> None:
    """Forget one group of a domain's options."""
    ctx.authorize(policy.DELETE_DOMAIN_CONFIG, {})
    await access.exists(ctx, DOMAINS, domain_id)
    await domain_config.forget(ctx, domain_id, group)


@routes.delete(
    _OPTION,
    policy=policy.DELETE_DOMAIN_CONFIG,
    errors=(errors.OptionNotFound, errors.ThingNotFound, errors.InvalidDomainConfig),
)
async def delete_option(ctx: Context, domain_id: str, group: str, option: str) -> None:
    """Forget one option of a domain."""
    ctx.authorize(policy.DELETE_DOMAIN_CONFIG, {})
    await access.exists(ctx, DOMAINS, domain_id)
    await domain_config.forget(ctx, domain_id, group, option)


# of all others


@routes.get("/domains/config/default", policy=policy.GET_DOMAIN_CONFIG_DEFAULT, answer=answers.DomainConfig)
async def show_defaults(ctx: Context) -> dict[str, Any]:
    """Show what holds where a domain says nothing."""
    ctx.authorize(policy.GET_DOMAIN_CONFIG_DEFAULT, {})
    return {"config": DEFAULTS}


@routes.get(
    "/domains/config/{group}/default",
    policy=policy.GET_DOMAIN_CONFIG_DEFAULT,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.ThingNotFound),
)
async def show_default_group(ctx: Context, group: str) -> dict[str, Any]:
    """Show one group of what holds where a domain says nothing."""
    ctx.authorize(policy.GET_DOMAIN_CONFIG_DEFAULT, {})
    require_known(group)
    return {"config": {group: DEFAULTS[group]}}


@routes.get(
    "/domains/config/{group}/{option}/default",
    policy=policy.GET_DOMAIN_CONFIG_DEFAULT,
    answer=answers.DomainConfig,
    errors=(errors.InvalidDomainConfig, errors.ThingNotFound),
)
async def show_default_option(ctx: Context, group: str, option: str) -> dict[str, Any]:
    """Show one option of what holds where a domain says nothing."""
    ctx.authorize(policy.GET_DOMAIN_CONFIG_DEFAULT, {})
    require_known(group, option)
    if option in SECRETS[group]:
        raise InvalidDomainConfig(
            why=f"Reading the default for option {option} in group {group} is not supported"
        )
    return {"config": {option: DEFAULTS[group][option]}}
