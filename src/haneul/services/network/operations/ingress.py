"""Security groups as compute's old API speaks of them: what they let in, and by whom."""

from __future__ import annotations

import ipaddress

from msgspec import Struct

from haneul.kernel.context import Context
from haneul.services.network import errors, policy
from haneul.services.network.model.security_groups import Rule, SecurityGroup
from haneul.services.network.model.wishes import NewRule, NewSecurityGroup, SecurityGroupChange
from haneul.services.network.operations import security_groups
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS


class IngressGroup(Struct, frozen=True):
    """A group with the rules for what comes in."""

    group: SecurityGroup
    rules: list[Rule]


class IngressRule(Struct, frozen=True):
    """A rule to be made. Ports as the network has them: ICMP's type and code, None for any."""

    group_id: str
    protocol: str
    low: int | None
    high: int | None
    cidr: str | None
    remote_group_id: str | None


async def of_project(ctx: Context) -> list[IngressGroup]:
    """The asker's project's groups; its default one is among them."""
    await security_groups.ensure_default(ctx)
    async with ctx.in_reading() as reading:
        groups = await SECURITY_GROUPS.find(reading.tx, project_id=ctx.auth.project_id)
        return await _with_rules(reading, groups)


async def of_server(ctx: Context, server_id: str) -> list[IngressGroup]:
    """The groups that the server's ports are in."""
    ids = {id for port in await PORTS.find(ctx.tx, device_id=server_id) for id in port.security_group_ids}
    return await _with_rules(ctx, await SECURITY_GROUPS.among(ctx.tx, "id", sorted(ids)) if ids else [])


async def show(ctx: Context, id: str) -> IngressGroup:
    """The group and what it lets in; SecurityGroupNotFound if the asker may not see it."""
    return (await _with_rules(ctx, [await _group(ctx, id, "get_security_group")]))[0]


async def create(ctx: Context, name: str, description: str) -> IngressGroup:
    """A new group of the asker's project, which lets nothing in yet."""
    new = NewSecurityGroup(project_id=ctx.project_id, name=name, description=description)
    return IngressGroup(await security_groups.create(ctx, new), [])


async def update(ctx: Context, id: str, name: str, description: str) -> IngressGroup:
    """The group has this name and description; refused for the default group's name."""
    group = await _group(ctx, id, "update_security_group")
    changes = SecurityGroupChange(name=name, description=description)
    changed = await security_groups.update(ctx, group, changes)
    return (await _with_rules(ctx, [changed]))[0]


async def delete(ctx: Context, id: str) -> None:
    """The group is gone; SecurityGroupInUse while a port is in it."""
    await security_groups.delete(ctx, await _group(ctx, id, "delete_security_group"))


async def add_rule(ctx: Context, wanted: IngressRule) -> Rule:
    """The group lets this in too; errors are the network's own."""
    version = ipaddress.ip_network(wanted.cidr).version if wanted.cidr else 4
    return await security_groups.create_rule(
        ctx,
        NewRule(
            project_id=ctx.project_id,
            security_group_id=wanted.group_id,
            direction="ingress",
            ethertype=f"IPv{version}",
            protocol=wanted.protocol,
            port_range_min=wanted.low,
            port_range_max=wanted.high,
            remote_ip_prefix=wanted.cidr,
            remote_group_id=wanted.remote_group_id,
        ),
    )


async def remove_rule(ctx: Context, id: str) -> None:
    """The rule is gone; SecurityGroupRuleNotFound if the asker may not remove it."""
    may_delete = policy.named("delete_security_group_rule")
    rule = await ctx.find(RULES, id, may_delete, missing=errors.SecurityGroupRuleNotFound)
    await security_groups.delete_rule(ctx, rule)


async def names(ctx: Context, ids: set[str]) -> dict[str, SecurityGroup]:
    """These groups by id, for rules that let in what is in another group."""
    return {g.id: g for g in await SECURITY_GROUPS.among(ctx.tx, "id", sorted(ids))} if ids else {}


async def _group(ctx: Context, id: str, rule: str) -> SecurityGroup:
    return await ctx.find(SECURITY_GROUPS, id, policy.named(rule), missing=errors.SecurityGroupNotFound)


async def _with_rules(ctx: Context, groups: list[SecurityGroup]) -> list[IngressGroup]:
    rules: dict[str, list[Rule]] = {g.id: [] for g in groups}
    for rule in await RULES.among(ctx.tx, "security_group_id", list(rules)):
        if rule.direction == "ingress":
            rules[rule.security_group_id].append(rule)
    return [IngressGroup(g, rules[g.id]) for g in groups]
