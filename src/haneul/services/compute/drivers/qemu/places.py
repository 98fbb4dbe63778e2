"""Where the devices of a running machine sit, as QEMU's own object tree knows it.

`query-pci` does not tell what is behind a root port before the guest's firmware has looked there, too.
"""

from __future__ import annotations

from typing import Any

from haneul.services.compute.drivers.qemu.command_line import Places, is_port
from haneul.services.compute.drivers.qemu.qmp import Qmp

DEVICES = "/machine/peripheral"


async def names(qmp: Qmp) -> list[str]:
    """The ids of all devices that have one."""
    return [item["name"] for item in await qmp.execute("qom-list", {"path": DEVICES})]


async def find(qmp: Qmp) -> Places:
    """The place of every disk and NIC."""
    known = await names(qmp)
    at = {name: await _place(qmp, name) for name in known if name.startswith(("disk-", "nic-"))}
    return Places(ports=sum(map(is_port, known)), at=at)


async def _place(qmp: Qmp, name: str) -> dict[str, str]:
    bus = (await _property(qmp, name, "parent_bus")).rpartition("/")[2]
    if is_port(bus):
        return {"bus": bus}
    return {"addr": f"0x{await _property(qmp, name, 'addr') >> 3:x}"}


async def _property(qmp: Qmp, name: str, property: str) -> Any:
    return await qmp.execute("qom-get", {"path": f"{DEVICES}/{name}", "property": property})
