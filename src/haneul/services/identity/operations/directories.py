"""Domains whose people are in a directory: who is read from there, under ids of our own.

Whoever logs in, is shown or is listed is read first and kept as a row like any other, so that roles, tokens
and lists need not know of directories. Who is gone from the directory is disabled, not removed: a directory
that is misconfigured for an hour must not cost anybody their roles. Directories are never written to, and
are never asked while a transaction is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from haneul.kernel import drivers
from haneul.kernel.context import Context
from haneul.services.identity import config
from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.interface import Directory, DirectoryGroup, DirectoryUser
from haneul.services.identity.errors import DirectoryIsReadOnly, DirectoryUnreachable
from haneul.services.identity.model.directories import DirectoryId, public_id
from haneul.services.identity.model.proofs import Named
from haneul.services.identity.model.revocations import of_user
from haneul.services.identity.model.users import Group, User
from haneul.services.identity.operations import domain_config, groups
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import projects
from haneul.services.identity.store.directories import DIRECTORY_IDS
from haneul.services.identity.store.domain_config import DOMAIN_OPTIONS
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.users import GROUPS, MEMBERSHIPS, USERS

SQL = "sql"


class _Open(dict[str, tuple[DirectoryOptions, Directory]]):
    """The directories that this process talks to, by domain, and the options each was opened with."""

    async def close(self) -> None:
        for _, directory in self.values():
            await directory.close()


async def _options(ctx: Context, domain_id: str) -> tuple[str, DirectoryOptions] | None:
    """The driver of the domain's directory, and its options; None if its people are in our own store."""
    options: dict[str, Any] = {}
    async with ctx.in_reading() as c:
        if await DOMAIN_OPTIONS.first(c.tx, domain_id=domain_id) is not None:
            options = await domain_config.with_secrets(c, domain_id)
        configured = ctx.options(config.IdentityOptions).directories
        if configured and not options:
            domain = await DOMAINS.get(c.tx, domain_id)
            section = configured.get(domain_id) or (configured.get(domain.name) if domain else None)
            return ("ldap", section) if section else None
    driver = options.get("identity", {}).get("driver", SQL)
    if driver == SQL:
        return None
    try:
        return driver, msgspec.convert(options.get("ldap", {}), DirectoryOptions, strict=False)
    except msgspec.ValidationError as problem:
        raise DirectoryUnreachable(why=f"its configuration cannot be read: {problem}") from None


async def of_domain(ctx: Context, domain_id: str) -> Directory | None:
    """The domain's directory, if it has one. No transaction may be open."""
    configured = await _options(ctx, domain_id)
    if configured is None:
        return None
    driver, options = configured
    known = ctx.platform.keep(_Open, _Open.close)
    if domain_id in known and known[domain_id][0] == options:
        return known[domain_id][1]
    if domain_id in known:
        await known.pop(domain_id)[1].close()
    made: Any = drivers.load("haneul.identity.directory", driver)
    directory: Directory = made(options)
    known[domain_id] = options, directory
    return directory


async def require_writable(ctx: Context, domain_id: str) -> None:
    """Raise if the domain's people are in a directory."""
    if await _options(ctx, domain_id) is not None:
        raise DirectoryIsReadOnly


async def refresh_named(ctx: Context, who: Named) -> None:
    """If they are in a directory, what we have of this user and their groups is as it is there."""
    async with ctx.in_reading() as c:
        if who.id is not None:
            known = await DIRECTORY_IDS.get(c.tx, who.id)
            domain_id = known.domain_id if known else None
        else:
            known = None
            domain = await projects.domain(c.tx, id=who.domain_id, name=who.domain_name)
            domain_id = domain.id if domain else None
    directory = await of_domain(ctx, domain_id) if domain_id else None
    if directory is None or domain_id is None:
        return
    if who.id is not None and (known is None or known.kind != "user"):
        return
    matches = await directory.users(id=known.local_id if known else None, name=who.name)
    for each in matches:
        theirs = await directory.groups(of=each)
        await ctx.transact(_keep, domain_id, [(each, theirs)], theirs)
    if not matches:
        await ctx.transact(_disable_missed, domain_id, who)


async def _keep(
    ctx: Context,
    domain_id: str,
    people: Sequence[tuple[DirectoryUser, list[DirectoryGroup]]],
    groups: Sequence[DirectoryGroup],
) -> None:
    """The people, each with the groups they are in, and the groups are here as they are there."""
    for each, _ in people:
        await _keep_user(ctx, domain_id, each)
    for group in groups:
        await _keep_group(ctx, domain_id, group)
    for each, theirs in people:
        await _keep_memberships_of(ctx, domain_id, each, theirs)


async def _disable_missed(ctx: Context, domain_id: str, who: Named) -> None:
    await _disable(ctx, await _missed(ctx, domain_id, who))


async def _missed(ctx: Context, domain_id: str, who: Named) -> list[User]:
    """The rows of somebody who was not found."""
    row = (
        await USERS.get(ctx.tx, who.id)
        if who.id
        else await USERS.first(ctx.tx, domain_id=domain_id, name=who.name or "")
    )
    return [row] if row is not None else []


async def refresh_all(ctx: Context, domain_id: str | None) -> None:
    """If the domain has a directory, what we have of its people is as it is there."""
    directory = await of_domain(ctx, domain_id) if domain_id else None
    if directory is None or domain_id is None:
        return
    people, known_groups = await directory.users(), await directory.groups()

    async def kept(c: Context) -> None:
        with_groups = [(each, [group for group in known_groups if group.has(each)]) for each in people]
        await _keep(c, domain_id, with_groups, known_groups)
        there = {public_id(domain_id, "user", each.id).id for each in people}
        rows = await USERS.find(c.tx, domain_id=domain_id)
        await _disable(c, [row for row in rows if row.id not in there])

    await ctx.transact(kept)


async def refresh_domain_of(ctx: Context, id: str) -> None:
    """As `refresh_all`, for the domain of this user or group."""
    async with ctx.in_reading() as c:
        known = await DIRECTORY_IDS.get(c.tx, id)
    await refresh_all(ctx, known.domain_id if known else None)


async def fits(ctx: Context, user: User, password: str) -> bool | None:
    """Whether it is the user's password; None if that is for us to know. No transaction may be open."""
    async with ctx.in_reading() as c:
        known = await DIRECTORY_IDS.get(c.tx, user.id)
    directory = await of_domain(ctx, user.domain_id) if known else None
    if known is None or directory is None:
        return None
    matches = await directory.users(id=known.local_id)
    return bool(matches) and await directory.is_password(matches[0], password)


async def _keep_user(ctx: Context, domain_id: str, user: DirectoryUser) -> None:
    """The row of the user says what the directory says."""
    about = public_id(domain_id, "user", user.id)
    known = await USERS.get(ctx.tx, about.id)
    attributes = {"email": user.email, "description": user.description, **user.more}
    if known is None:
        await _keep_id(ctx, about)
        new = User(
            about.id,
            user.name,
            domain_id,
            user.is_enabled,
            user.default_project_id,
            created_at=ctx.now(),
            extra=_said(attributes),
        )
        await USERS.add(ctx.tx, new)
        return
    extra = _said({**known.extra, **attributes})
    changed = replace(
        known,
        name=user.name,
        enabled=user.is_enabled,
        default_project_id=user.default_project_id or known.default_project_id,
        extra=extra,
    )
    if changed != known:
        await USERS.update(ctx.tx, changed)
    if known.enabled and not user.is_enabled:
        await revoke(ctx, of_user(known.id))


async def _keep_group(ctx: Context, domain_id: str, group: DirectoryGroup) -> None:
    about = public_id(domain_id, "group", group.id)
    known = await GROUPS.get(ctx.tx, about.id)
    new = Group(about.id, group.name, domain_id, group.description or "", dict(group.more))
    if known is None:
        await _keep_id(ctx, about)
        await GROUPS.add(ctx.tx, new)
    elif known != new:
        await GROUPS.update(ctx.tx, new)


async def _keep_id(ctx: Context, about: DirectoryId) -> None:
    if await DIRECTORY_IDS.get(ctx.tx, about.id) is None:
        await DIRECTORY_IDS.add(ctx.tx, about)


async def _keep_memberships_of(
    ctx: Context, domain_id: str, user: DirectoryUser, theirs: list[DirectoryGroup]
) -> None:
    """The user is in these groups of the domain and in no others; who loses roles loses tokens."""
    user_id = public_id(domain_id, "user", user.id).id
    wanted = {public_id(domain_id, "group", group.id).id for group in theirs}
    here = {each.group_id for each in await MEMBERSHIPS.find(ctx.tx, user_id=user_id)}
    for group_id in sorted(wanted - here):
        await groups.add_member(ctx, group_id, user_id)
    for group_id in sorted(here - wanted):
        await groups.remove_member(ctx, group_id, user_id)


async def _disable(ctx: Context, gone: list[User]) -> None:
    for user in gone:
        if user.enabled:
            await revoke(ctx, of_user(user.id))
            await USERS.update(ctx.tx, replace(user, enabled=False))


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
