"""Subnet pools, which subnets are cut from, and the scopes within which their addresses are unique."""

from __future__ import annotations

import ipaddress
from typing import Any

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.db import Rows
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.config import NetworkOptions
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import AddressScope, SubnetPool
from haneul.services.network.model.wishes import (
    AddressScopeChange,
    NewAddressScope,
    NewSubnet,
    NewSubnetPool,
    SubnetPoolChange,
)
from haneul.services.network.store.networks import ADDRESS_SCOPES, SUBNET_POOLS, SUBNETS
from haneul.services.network.store.quotas import QUOTAS


async def create(ctx: Context, new: NewSubnetPool) -> SubnetPool:
    """The project has the pool, within its quota; its prefixes are of one version and fit its scope."""
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, subnetpool=1)
    most = ctx.options(NetworkOptions).max_subnet_pools
    await _require_fewer(ctx, SUBNET_POOLS, new.project_id, most, "subnetpool")
    prefixes = _compact(new.prefixes)
    version = ipaddress.ip_network(prefixes[0]).version
    longest = 32 if version == 4 else 128
    if new.address_scope_id is not None:
        await _check_scope(ctx, new.address_scope_id, version)
    least = new.min_prefixlen or (8 if version == 4 else 64)
    most = new.max_prefixlen or longest
    default = new.default_prefixlen or least
    _check_lengths(least, default, most, longest)
    now = stamp(ctx.now())
    values = set_fields(
        new, prefixes=prefixes, min_prefixlen=least, max_prefixlen=most, default_prefixlen=default
    )
    pool = SubnetPool(id=ctx.new_id(), ip_version=version, tags=[], created_at=now, updated_at=now, **values)
    return await SUBNET_POOLS.add(ctx.tx, pool)


async def _require_fewer(ctx: Context, rows: Rows[Any], project_id: str, most: int, what: str) -> None:
    """Raise if the project has so many of what no quota of Neutron's counts."""
    await ctx.tx.lock("quota", "network", project_id)
    have = await rows.count(ctx.tx, project_id=project_id)
    if have >= most:
        raise errors.OverQuota(resource=what, requested=1, used=have, limit=most)


def _compact(prefixes: list[str]) -> list[str]:
    """The same addresses in the fewest prefixes."""
    if not prefixes:
        raise errors.InvalidOperation(reason="Empty subnet pool prefix list")
    networks = [ipaddress.ip_network(p) for p in prefixes]
    if len({n.version for n in networks}) > 1:
        raise errors.InvalidOperation(reason="Cannot mix IPv4 and IPv6 prefixes in a subnet pool")
    return [str(n) for n in ipaddress.collapse_addresses(networks)]  # type: ignore[type-var]


def _check_lengths(least: int, default: int, most: int, longest: int) -> None:
    if not 0 < least <= most <= longest or not least <= default <= most:
        raise errors.InvalidOperation(
            reason=f"illegal prefix lengths: min {least}, default {default}, max {most}, at most {longest}"
        )


async def _check_scope(ctx: Context, scope_id: str, version: int) -> None:
    scope = await ADDRESS_SCOPES.get(ctx.tx, scope_id)
    if scope is None or not (scope.is_shared or ctx.may(policy.ADMIN_OR_OWNER, scope)):
        raise errors.AddressScopeNotFound(id=scope_id)
    if scope.ip_version != version:
        raise errors.InvalidOperation(reason="the address scope is of another IP version than the prefixes")


async def update(ctx: Context, pool: SubnetPool, changes: SubnetPoolChange) -> SubnetPool:
    """The pool with these changes. Prefixes can only be added."""
    values = set_fields(changes)
    if "prefixes" in values:
        values["prefixes"] = _compact(values["prefixes"])
        if set(_compact([*values["prefixes"], *pool.prefixes])) != set(values["prefixes"]):
            raise errors.InvalidOperation(reason="Existing prefixes must be a subset of the new prefixes")
    if values.get("address_scope_id") is not None:
        await _check_scope(ctx, values["address_scope_id"], pool.ip_version)
    may_be_none = ("address_scope_id", "default_quota")
    values = {k: v for k, v in values.items() if v is not None or k in may_be_none}
    merged = replace(pool, **values)
    longest = 32 if pool.ip_version == 4 else 128
    _check_lengths(merged.min_prefixlen, merged.default_prefixlen, merged.max_prefixlen, longest)
    return await SUBNET_POOLS.change(ctx, pool, **values)


async def delete(ctx: Context, pool: SubnetPool) -> None:
    """The pool is gone; SubnetPoolInUse while a subnet was cut from it."""
    if await SUBNETS.first(ctx.tx, subnetpool_id=pool.id):
        raise errors.SubnetPoolInUse(id=pool.id, reason="Subnet pool has existing allocations")
    await SUBNET_POOLS.remove(ctx.tx, id=pool.id)


async def cut(ctx: Context, new: NewSubnet, pool_id: str) -> str:
    """The cidr that a new subnet gets from its pool: the one asked for if it is free, or the next."""
    pool = await SUBNET_POOLS.get(ctx.tx, pool_id)
    if pool is None or not (pool.is_shared or ctx.may(policy.ADMIN_OR_OWNER, pool)):
        raise errors.SubnetPoolNotFound(id=pool_id)
    await ctx.tx.lock("subnet pool", pool.id)
    subnets = await SUBNETS.find(ctx.tx, subnetpool_id=pool.id)
    used = [ipaddress.ip_network(s.cidr) for s in subnets]
    own = [ipaddress.ip_network(s.cidr) for s in subnets if s.project_id == new.project_id]
    prefixes = [ipaddress.ip_network(p) for p in pool.prefixes]
    if new.cidr:
        wanted = ipaddress.ip_network(new.cidr)
        inside = any(wanted.version == p.version and wanted.subnet_of(p) for p in prefixes)  # type: ignore[arg-type]
        if not inside or any(wanted.overlaps(u) for u in used):
            raise errors.SubnetAllocationError(
                reason="Cannot allocate requested subnet from the available set of prefixes"
            )
        _check_quota(pool, own, wanted.prefixlen)
        return str(wanted)
    length = new.prefixlen or pool.default_prefixlen
    if not pool.min_prefixlen <= length <= pool.max_prefixlen:
        raise errors.InvalidOperation(
            reason=f"Unable to allocate subnet with prefix length {length} from the pool"
        )
    _check_quota(pool, own, length)
    free = _next_free(prefixes, used, length)
    if free is None:
        raise errors.SubnetAllocationError(
            reason=f"Insufficient prefix space to allocate subnet size /{length}"
        )
    return free


def _check_quota(pool: SubnetPool, own: list[Any], length: int) -> None:
    """One more of that length is within what each project may have of the pool: addresses, or /64 of IPv6."""
    if pool.default_quota is None:
        return
    unit = 32 if pool.ip_version == 4 else 64
    has = sum(_share(unit, each.prefixlen) for each in own)
    if has + _share(unit, length) > pool.default_quota:
        raise errors.SubnetPoolQuotaExceeded()


def _share(unit: int, length: int) -> float:
    return float(2 ** (unit - length))


def _next_free(prefixes: list[Any], used: list[Any], length: int) -> str | None:
    """The lowest aligned block of that size in the prefixes that overlaps nothing used."""
    taken = sorted((int(u.network_address), int(u.broadcast_address)) for u in used)
    for each in prefixes:
        if length < each.prefixlen:
            continue
        step = 1 << (each.max_prefixlen - length)
        start, last = int(each.network_address), int(each.broadcast_address)
        for low, high in taken:
            if low < start + step and high >= start:
                start = -(-(high + 1) // step) * step
        if start + step - 1 <= last:
            address = type(each.network_address)(start)
            return f"{address}/{length}"
    return None


# -- address scopes


async def create_scope(ctx: Context, new: NewAddressScope) -> AddressScope:
    """The project has the address scope."""
    most = ctx.options(NetworkOptions).max_address_scopes
    await _require_fewer(ctx, ADDRESS_SCOPES, new.project_id, most, "address_scope")
    return await ADDRESS_SCOPES.add(ctx.tx, AddressScope(id=ctx.new_id(), **set_fields(new)))


async def update_scope(ctx: Context, scope: AddressScope, changes: AddressScopeChange) -> AddressScope:
    """The scope is so; one that is shared stays so."""
    if scope.is_shared and changes.is_shared is False:
        raise errors.InvalidOperation(reason="Shared address scope can't be unshared")
    return await ADDRESS_SCOPES.update(ctx.tx, replace(scope, **set_fields(changes)))


async def delete_scope(ctx: Context, scope: AddressScope) -> None:
    """The scope is gone; AddressScopeInUse while a pool is in it."""
    if await SUBNET_POOLS.first(ctx.tx, address_scope_id=scope.id):
        raise errors.AddressScopeInUse(id=scope.id)
    await ADDRESS_SCOPES.remove(ctx.tx, id=scope.id)
