"""Security groups and rules: create, update, delete; every project's default group."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.events import Changed
from haneul.services.network.model import security_groups as model
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.pending import SECURITY_GROUP
from haneul.services.network.model.security_groups import DefaultGroup, Rule, SecurityGroup
from haneul.services.network.model.wishes import NewRule, NewSecurityGroup, SecurityGroupChange
from haneul.services.network.store import pending
from haneul.services.network.store.ports import MEMBERSHIPS
from haneul.services.network.store.quotas import QUOTAS
from haneul.services.network.store.security_groups import DEFAULT_GROUPS, RULES, SECURITY_GROUPS

DEFAULT = "default"


async def create(ctx: Context, new: NewSecurityGroup) -> SecurityGroup:
    """A group that lets everything out and nothing in."""
    if new.name.lower() == DEFAULT:
        raise errors.SecurityGroupDefaultAlreadyExists
    await default_of(ctx, new.project_id)
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, security_group=1, security_group_rule=2)
    group = await _add(ctx, new)
    await ctx.emit(Changed(group.id, "security_group", "create", group.name, group.project_id))
    return group


async def _add(ctx: Context, new: NewSecurityGroup, *, is_default: bool = False) -> SecurityGroup:
    now = stamp(ctx.now())
    group = SecurityGroup(
        id=ctx.new_id(),
        is_default=is_default,
        is_shared=False,
        tags=[],
        created_at=now,
        updated_at=now,
        **set_fields(new),
    )
    await SECURITY_GROUPS.add(ctx.tx, group)
    rules = model.default_rules(group) if is_default else model.egress_rules(group)
    await RULES.add_all(ctx.tx, [_rule(ctx, group, new, belongs_to_default_sg=is_default) for new in rules])
    return group


async def default_of(ctx: Context, project_id: str) -> SecurityGroup:
    """The project's default group, made at its first use."""
    known = await DEFAULT_GROUPS.get(ctx.tx, project_id)
    if known is not None:
        group = await SECURITY_GROUPS.get(ctx.tx, known.security_group_id)
        if group is not None:
            return group
    await ctx.tx.lock("default group", project_id)
    new = NewSecurityGroup(project_id=project_id, name=DEFAULT, description="Default security group")
    group = await _add(ctx, new, is_default=True)
    await DEFAULT_GROUPS.remove(ctx.tx, project_id=project_id)
    await DEFAULT_GROUPS.add(ctx.tx, DefaultGroup(project_id, group.id))
    return group


async def ensure_default(ctx: Context) -> None:
    """Before groups are listed, the project's default one is there."""
    project_id = ctx.auth.project_id
    if project_id is None:
        return
    async with ctx.in_reading() as reading:
        if await DEFAULT_GROUPS.get(reading.tx, project_id):
            return
    await ctx.transact(default_of, project_id)


async def update(ctx: Context, group: SecurityGroup, changes: SecurityGroupChange) -> SecurityGroup:
    """The group with these changes; the default one keeps its name, and one in use its kind."""
    if group.is_default and changes.name not in (UNSET, DEFAULT):
        raise errors.SecurityGroupCannotUpdateDefault
    if not group.is_default and changes.name and changes.name.lower() == DEFAULT:
        raise errors.SecurityGroupDefaultAlreadyExists
    if changes.is_stateful not in (UNSET, group.is_stateful) and await is_used(ctx, group.id):
        raise errors.SecurityGroupInUse(id=group.id)
    changed = await SECURITY_GROUPS.change(ctx, group, **set_fields(changes))
    await ctx.emit(Changed(group.id, "security_group", "update", changed.name, group.project_id))
    return changed


async def is_used(ctx: Context, group_id: str) -> bool:
    """Whether a port is in the group."""
    return await MEMBERSHIPS.first(ctx.tx, security_group_id=group_id) is not None


async def delete(ctx: Context, group: SecurityGroup) -> None:
    """The group is gone, with its rules and with the rules of others that name it."""
    if group.is_default and not ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        raise errors.SecurityGroupCannotRemoveDefault
    if await is_used(ctx, group.id):
        raise errors.SecurityGroupInUse(id=group.id)
    for rule in await RULES.find(ctx.tx, remote_group_id=group.id):
        await pending.mark(ctx, SECURITY_GROUP, rule.security_group_id)
    await RULES.remove(ctx.tx, remote_group_id=group.id)
    await RULES.remove(ctx.tx, security_group_id=group.id)
    await DEFAULT_GROUPS.remove(ctx.tx, security_group_id=group.id)
    await SECURITY_GROUPS.remove(ctx.tx, id=group.id)
    await ctx.emit(Changed(group.id, "security_group", "delete", group.name, group.project_id))


async def usable(ctx: Context, project_id: str, ids: list[str]) -> list[str]:
    """These groups, if a port of that project may be in them."""
    groups = await SECURITY_GROUPS.among(ctx.tx, "id", ids)
    is_of_everybody = ctx.may(policy.CONTEXT_IS_ADMIN, {})
    known = {g.id: g for g in groups if g.project_id == project_id or is_of_everybody}
    for id in ids:
        if id not in known:
            raise errors.SecurityGroupNotFound(id=id)
    require_of_one_kind(known.values())
    return list(dict.fromkeys(ids))


def require_of_one_kind(groups: Iterable[SecurityGroup]) -> None:
    """Raise if replies would pass by one of the groups, and not by another."""
    if len({g.is_stateful for g in groups}) > 1:
        raise errors.SecurityGroupConflict(
            reason="Cannot apply both stateful and stateless security groups on the same port at the same time"
        )


# -- rules


async def create_rule(ctx: Context, new: NewRule) -> Rule:
    """The group lets this through too, and so do all ports in it."""
    model.check(new)
    new = model.named(new)
    may_see, may_change = (policy.named(f"{action}_security_group") for action in ("get", "update"))
    group = await ctx.find(
        SECURITY_GROUPS, new.security_group_id, may_see, missing=errors.SecurityGroupNotFound
    )
    ctx.authorize(may_change, group, hidden=errors.SecurityGroupNotFound(id=group.id))
    if new.remote_group_id is not None:
        await ctx.find(SECURITY_GROUPS, new.remote_group_id, may_see, missing=errors.SecurityGroupNotFound)
    await QUOTAS.require(ctx, group.project_id, errors.OverQuota, security_group_rule=1)
    rule = await _add_distinct(ctx, _rule(ctx, group, new))
    await pending.mark(ctx, SECURITY_GROUP, group.id)
    await ctx.emit(Changed(rule.id, "security_group_rule", "create", "", rule.project_id))
    return rule


def _rule(ctx: Context, group: SecurityGroup, new: NewRule, *, belongs_to_default_sg: bool = False) -> Rule:
    now = stamp(ctx.now())
    return Rule(
        id=ctx.new_id(), created_at=now, updated_at=now, meaning=model.meaning(new),
        normalized_cidr=model.normalized_cidr(new.remote_ip_prefix), remote_address_group_id=None,
        belongs_to_default_sg=belongs_to_default_sg, **set_fields(new, project_id=group.project_id),
    )  # fmt: skip


async def _add_distinct(ctx: Context, rule: Rule) -> Rule:
    """The rule, unless the group has one that means the same: also of two that come at once, one is made."""
    other = await RULES.first(ctx.tx, security_group_id=rule.security_group_id, meaning=rule.meaning)
    if other is not None:
        raise errors.SecurityGroupRuleExists(rule_id=other.id)
    try:
        return await RULES.add(ctx.tx, rule)
    except Duplicate:
        raise errors.SecurityGroupRuleExists(rule_id="unknown") from None


async def delete_rule(ctx: Context, rule: Rule) -> None:
    """The rule is gone, and hosts will be told."""
    await RULES.remove(ctx.tx, id=rule.id)
    await pending.mark(ctx, SECURITY_GROUP, rule.security_group_id)
    await ctx.emit(Changed(rule.id, "security_group_rule", "delete", "", rule.project_id))
