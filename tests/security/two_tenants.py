"""Two projects on one simulated cloud: the member's, with a server, and the stranger's, who attacks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haneul.services.block_storage import public as block_storage
from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import V, World

NETWORK, COMPUTE, VOLUME = "/networking/v2.0", "/compute/v2.1", "/volume/v3"


@dataclass
class Tenants:
    """The stranger has a network too, whose addresses are 10.9.0.0/24."""

    w: World
    network: str
    subnet: str

    @property
    def cloud(self) -> Cloud:
        return self.w.cloud

    @property
    def victim(self) -> Persona:
        return self.cloud.member

    @property
    def alt(self) -> Persona:
        return self.cloud.stranger

    async def machine(self, server_id: str) -> Any:
        """What the host's hypervisor has been told of the server."""
        for host in self.cloud.hosts:
            if found := await (await self.cloud.agent.driver(host, "hypervisor")).description(server_id):
                return found
        return None

    async def rebooted(self, server_id: str) -> Any:
        """The machine after it was built anew from what is stored: shelved to its end, and back."""
        await self.cloud.settled()
        assert await self.w.act(server_id, {"shelve": None}) == 202
        await self.cloud.settled()
        assert await self.w.act(server_id, {"unshelve": None}) == 202
        await self.cloud.settled()
        assert (await self.w.show(server_id))["status"] == "ACTIVE"
        return await self.machine(server_id)


async def make(who: Persona, path: str, **body: Any) -> dict[str, Any]:
    """What was made there; its kind is the one key of the body."""
    answer = await who.post(path, body, version=V if path.startswith(COMPUTE) else "volume 3.70")
    assert answer.status_code in (200, 201, 202), answer.text
    (made,) = answer.json().values()
    assert isinstance(made, dict)
    return made


async def meet(cloud: Cloud) -> Tenants:
    w = await world.make(cloud)
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
    network = (await make(cloud.stranger, f"{NETWORK}/networks", network={"name": "alt"}))["id"]
    wish = {"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4}
    subnet = (await make(cloud.stranger, f"{NETWORK}/subnets", subnet=wish))["id"]
    return Tenants(w, network, subnet)
