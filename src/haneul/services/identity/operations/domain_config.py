"""What single domains say about themselves: kept, shown without secrets, forgotten."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.services.identity import config
from haneul.services.identity.errors import InvalidDomainConfig, OptionNotFound
from haneul.services.identity.model.domain_config import (
    READABLE_OF_SECURITY,
    SECRETS,
    DomainOption,
    require_known,
    shown,
)
from haneul.services.identity.operations import credentials
from haneul.services.identity.store.domain_config import DOMAIN_OPTIONS

Config = dict[str, dict[str, Any]]
DEFAULT_DOMAIN = "default"


async def replace(ctx: Context, domain_id: str, new: Config) -> tuple[Config, bool]:
    """The domain says this and nothing else; whether it said nothing before."""
    is_new = not await DOMAIN_OPTIONS.remove(ctx.tx, domain_id=domain_id)
    await _write(ctx, domain_id, new)
    return shown(await DOMAIN_OPTIONS.find(ctx.tx, domain_id=domain_id)), is_new


async def change(ctx: Context, domain_id: str, new: Config) -> Config:
    """The domain says this too."""
    await _write(ctx, domain_id, new)
    return shown(await DOMAIN_OPTIONS.find(ctx.tx, domain_id=domain_id))


async def _write(ctx: Context, domain_id: str, new: Config) -> None:
    for group, options in new.items():
        for option, value in options.items():
            text = msgspec.json.encode(value).decode()
            if option in SECRETS[group]:
                text = credentials.sealed(ctx, text)
            await DOMAIN_OPTIONS.remove(ctx.tx, domain_id=domain_id, group=group, option=option)
            await DOMAIN_OPTIONS.add(ctx.tx, DomainOption(domain_id, group, option, text))


async def show(ctx: Context, domain_id: str, group: str | None = None, option: str | None = None) -> Config:
    """What the domain says of that; OptionNotFound if nothing that may be read."""
    config = shown(await _stored(ctx, domain_id, group, option))
    if not config:
        raise OptionNotFound(what=_what(group, option), domain_id=domain_id)
    return config


async def require(ctx: Context, domain_id: str, group: str, option: str | None = None) -> None:
    """Raise unless the domain says something of that, be it a secret."""
    if not await _stored(ctx, domain_id, group, option):
        raise OptionNotFound(what=_what(group, option), domain_id=domain_id)


async def forget(ctx: Context, domain_id: str, group: str | None = None, option: str | None = None) -> None:
    """The domain says nothing of that any more."""
    if group is not None:
        await require(ctx, domain_id, group, option)
    for each in await _stored(ctx, domain_id, group, option):
        await DOMAIN_OPTIONS.remove(ctx.tx, domain_id=domain_id, group=each.group, option=each.option)


async def with_secrets(ctx: Context, domain_id: str) -> Config:
    """All that the domain says, for whoever acts on it."""
    config: Config = {}
    for each in await DOMAIN_OPTIONS.find(ctx.tx, domain_id=domain_id):
        text = credentials.unsealed(ctx, each.value) if each.option in SECRETS[each.group] else each.value
        config.setdefault(each.group, {})[each.option] = msgspec.json.decode(text)
    return config


async def seal_anew(ctx: Context) -> None:
    """Every secret is sealed with the newest key."""
    for each in await DOMAIN_OPTIONS.find(ctx.tx):
        if each.option in SECRETS[each.group] and not credentials.is_sealed_by_newest(ctx, each.value):
            value = credentials.sealed(ctx, credentials.unsealed(ctx, each.value))
            await DOMAIN_OPTIONS.update(ctx.tx, msgspec.structs.replace(each, value=value))


def security(ctx: Context, domain_id: str, option: str | None) -> dict[str, Any]:
    """What everybody may know of what passwords must look like."""
    if domain_id != DEFAULT_DOMAIN:
        raise InvalidDomainConfig(
            why="Reading security compliance information for any domain other than the default domain is not "
            "allowed or supported."
        )
    if option is not None and option not in READABLE_OF_SECURITY:
        raise InvalidDomainConfig(
            why="Reading security compliance values other than password_regex and "
            "password_regex_description is not allowed."
        )
    rules = ctx.options(config.IdentityOptions).security_compliance
    return {name: getattr(rules, name) for name in READABLE_OF_SECURITY if option in (None, name)}


async def _stored(ctx: Context, domain_id: str, group: str | None, option: str | None) -> list[DomainOption]:
    if group is not None:
        require_known(group, option)
    wanted = {"domain_id": domain_id, "group": group, "option": option}
    return await DOMAIN_OPTIONS.find(
        ctx.tx, **{name: value for name, value in wanted.items() if value is not None}
    )


def _what(group: str | None, option: str | None) -> str:
    if option is not None:
        return f"option {option} in group {group}"
    return f"group {group}" if group is not None else "any options"
