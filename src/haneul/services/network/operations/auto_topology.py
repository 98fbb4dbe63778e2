"""The network that a project gets without asking: a subnet, and a router to the default external network."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.network import errors
from haneul.services.network.model.networks import Network, SubnetPool
from haneul.services.network.model.routers import Router
from haneul.services.network.model.wishes import NewRouter
from haneul.services.network.operations import networks, routers, subnets
from haneul.services.network.store.networks import NETWORKS, SUBNET_POOLS
from haneul.services.network.store.routers import ROUTERS

NETWORK_NAME, ROUTER_NAME = "auto_allocated_network", "auto_allocated_router"


async def check(ctx: Context, project_id: str) -> None:
    """Raise unless the project could have one."""
    if await _existing(ctx, project_id) is None:
        await _external(ctx)
        await _pools(ctx)


async def ensure(ctx: Context, project_id: str) -> str:
    """The id of the project's automatic network, made if need be."""
    await ctx.tx.lock("automatic topology", project_id)
    if existing := await _existing(ctx, project_id):
        return existing.id
    external, pools = await _external(ctx), await _pools(ctx)
    network = await networks.make(ctx, project_id, NETWORK_NAME)
    gateway = {"network_id": external.id}
    router = await routers.make(ctx, NewRouter(project_id=project_id, name=ROUTER_NAME, gateway=gateway))
    for pool in pools:
        subnet = await subnets.make(ctx, network, pool, f"auto_allocated_subnet_v{pool.ip_version}")
        await routers.join(ctx, router, network, subnet)
    return network.id


async def delete(ctx: Context, project_id: str) -> None:
    """Nothing of it is left; fine if there was nothing."""
    for router in await _routers(ctx, project_id):
        for port in await routers.interfaces(ctx, router.id):
            await routers.leave(ctx, router, port)
        await routers.delete(ctx, router)
    network = await _existing(ctx, project_id)
    if network is not None:
        await networks.delete(ctx, network)


async def _existing(ctx: Context, project_id: str) -> Network | None:
    return await NETWORKS.first(ctx.tx, project_id=project_id, name=NETWORK_NAME)


async def _routers(ctx: Context, project_id: str) -> list[Router]:
    return [r for r in await ROUTERS.find(ctx.tx, project_id=project_id) if r.name == ROUTER_NAME]


async def _external(ctx: Context) -> Network:
    network = await NETWORKS.first(ctx.tx, is_external=True, is_default=True)
    if network is None:
        raise errors.AutoAllocationFailure(reason="No default router:external network")
    return network


async def _pools(ctx: Context) -> list[SubnetPool]:
    pools = await SUBNET_POOLS.find(ctx.tx, is_default=True)
    if not pools:
        raise errors.AutoAllocationFailure(reason="No default subnetpools defined")
    return pools
