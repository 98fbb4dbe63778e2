"""A simulated cloud with what a server needs: hosts, an image, a flavor, a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.conftest import Cloud, Persona

V = "compute 2.79"


@dataclass
class World:
    cloud: Cloud
    image: str
    flavor: str
    network: str

    def body(self, **more: Any) -> dict[str, Any]:
        server = {
            "name": "s",
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "networks": [{"uuid": self.network}],
        }
        server |= more
        return {"server": {k: v for k, v in server.items() if (k, v) != ("imageRef", None)}}

    def root_volume(self, **more: Any) -> dict[str, Any]:
        """A volume made of the image, to boot from."""
        volume = {"boot_index": 0, "source_type": "image", "destination_type": "volume"}
        return volume | {"uuid": self.image, "volume_size": 1} | more

    async def create(self, who: Persona | None = None, **more: Any) -> str:
        """An ACTIVE server."""
        who = who or self.cloud.member
        answer = await who.post("/compute/v2.1/servers", self.body(**more), version=V)
        assert answer.status_code == 202, answer.text
        await self.cloud.settled()
        id: str = answer.json()["server"]["id"]
        return id

    async def show(self, id: str, who: Persona | None = None) -> dict[str, Any]:
        answer = await (who or self.cloud.admin).get(f"/compute/v2.1/servers/{id}", version=V)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["server"]
        return found

    async def act(self, id: str, action: dict[str, Any], who: Persona | None = None) -> int:
        answer = await (who or self.cloud.member).post(
            f"/compute/v2.1/servers/{id}/action", action, version=V
        )
        return answer.status_code


async def make(cloud: Cloud) -> World:
    who = cloud.member
    made = await cloud.admin.post(
        "/image/v2/images",
        {"name": "i", "disk_format": "raw", "container_format": "bare", "visibility": "public"},
    )
    assert made.status_code == 201, made.text
    image = made.json()["id"]
    put = await cloud.admin.call(
        "PUT",
        f"/image/v2/images/{image}/file",
        content=bytes(65536),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert put.status_code == 204, put.text
    flavor = await cloud.admin.post(
        "/compute/v2.1/flavors", {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 1}}
    )
    assert flavor.status_code == 200, flavor.text
    network = await who.post("/networking/v2.0/networks", {"network": {"name": "n"}})
    assert network.status_code == 201, network.text
    network_id = network.json()["network"]["id"]
    subnet = {"network_id": network_id, "cidr": "10.0.0.0/16", "ip_version": 4}
    answer = await who.post("/networking/v2.0/subnets", {"subnet": subnet})
    assert answer.status_code == 201, answer.text
    return World(cloud, image, flavor.json()["flavor"]["id"], network_id)
