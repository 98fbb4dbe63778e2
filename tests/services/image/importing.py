"""What the tests of imports have in common: how one is asked for, and what it leaves."""

from __future__ import annotations

from typing import Any

from haneul.kernel.reconciler import Runner
from haneul.services.image.reconcilers.dead_uploads import remove_dead_uploads
from haneul.services.image.store.leftovers import LEFTOVERS
from haneul.services.image.store.stores import stores
from tests.conftest import Cloud, Persona
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import IMAGES, create

TASKS = "/image/v2/tasks"
SEVERAL = {"second": {"type": "file"}, "memory": {"type": "fake", "weight": -1}}
LOOPBACK = {"private_networks": ("127.0.0.0/8",), "allowed_ports": ()}


def configure(cloud: Cloud, **options: Any) -> None:
    cloud.platform.config["image"] = options


async def ask(who: Persona, id: str, method: dict[str, Any] | str, **more: Any) -> int:
    name = {"name": method} if isinstance(method, str) else method
    return (await who.post(f"{IMAGES}/{id}/import", json={"method": name, **more})).status_code


async def staged(cloud: Cloud, data: bytes, **attributes: Any) -> str:
    id = (await create(cloud.member, **attributes))["id"]
    assert await send(cloud.member, id, data, "stage") == 204
    return id


async def imported(cloud: Cloud, id: str, method: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    assert await ask(cloud.member, id, method, **more) == 202
    await cloud.settled()
    return await show(cloud.member, id)


async def task_of(cloud: Cloud, id: str) -> dict[str, Any]:
    return (await cloud.member.get(f"{IMAGES}/{id}/tasks")).json()["tasks"][0]


async def look(cloud: Cloud) -> None:
    await Runner(cloud.platform, []).look(remove_dead_uploads)


async def leftovers(cloud: Cloud) -> list[Any]:
    async with cloud.platform.reading() as ctx:
        return await LEFTOVERS.find(ctx.tx)


async def world(cloud: Cloud) -> object:
    await look(cloud)
    second = cloud.platform.folder / "images-second"
    memory: Any = stores(cloud.platform).built("memory")
    kept = sorted(p.name for p in second.iterdir()) if second.exists() else []
    return stored_files(cloud), kept, sorted(memory.images), await leftovers(cloud)
