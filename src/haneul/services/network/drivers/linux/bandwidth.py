"""Bandwidth limits of a port. Functions run inside the network's namespace.

What the guest receives is what its device sends: a token bucket there does it. What the guest sends is led
through a device of its own (ifb) that has the bucket, since a queue exists only where something is sent.
"""

from __future__ import annotations

from pyroute2 import IPRoute

from haneul.services.network.drivers.interface import QosSpec
from haneul.services.network.drivers.linux import devices

ROOT, INGRESS = 0xFFFFFFFF, 0xFFFFFFF1
BUCKET_HANDLE, INGRESS_HANDLE = 0x10000, 0xFFFF0000
LATENCY = "100ms"
LEAST_BURST = 16 * 1024
"""Bytes; a smaller bucket could not hold one packet as segmentation offload makes them."""


def side_device(device: str) -> str:
    return f"ifb{device[3:]}"


def ensure(route: IPRoute, device: str, qos: QosSpec | None) -> None:
    """The device carries no more than the limits in either direction; without limits, all it can."""
    qos = qos or QosSpec()
    index = devices.devices(route)[device].index
    _ensure_bucket(route, index, qos.ingress_kbps, qos.ingress_burst_kbits)
    side = side_device(device)
    if qos.egress_kbps is None:
        if INGRESS in _queues(route, index):
            route.tc("del", index=index, handle=INGRESS_HANDLE, parent=INGRESS)
        devices.remove(route, side)
        return
    if devices.device(route, side) is None:
        route.link("add", ifname=side, kind="ifb")
    link = devices.devices(route)[side]
    devices.settle(route, link, is_up=True)
    _ensure_bucket(route, link.index, qos.egress_kbps, qos.egress_burst_kbits)
    if INGRESS not in _queues(route, index):
        route.tc("add", "ingress", index, INGRESS_HANDLE)
        redirect = {"kind": "mirred", "direction": "egress", "action": "redirect", "ifindex": link.index}
        everything = ["0x0/0x0+0"]
        route.tc(
            "add-filter", "u32", index, parent=INGRESS_HANDLE, prio=1, protocol=0x0003,
            target=BUCKET_HANDLE, keys=everything, action=redirect,
        )  # fmt: skip


def ensure_gone(route: IPRoute, device: str) -> None:
    """What a limit needed beside the device is gone."""
    devices.remove(route, side_device(device))


def _ensure_bucket(route: IPRoute, index: int, kbps: int | None, burst_kbits: int | None) -> None:
    if kbps is None:
        if _queues(route, index).get(ROOT) == "tbf":
            route.tc("del", index=index, handle=BUCKET_HANDLE, parent=ROOT)
        return
    burst = max(LEAST_BURST, (burst_kbits or kbps * 8 // 10) * 1000 // 8)
    # "replace" changes the limits of a bucket that is there and leaves its queue alone.
    route.tc(
        "replace", "tbf", index, BUCKET_HANDLE,
        parent=ROOT, rate=f"{kbps}kbit", burst=burst, latency=LATENCY,
    )  # fmt: skip


def _queues(route: IPRoute, index: int) -> dict[int, str]:
    """Kinds of the device's queues by their parent."""
    return {q["parent"]: q.get("kind") for q in route.get_qdiscs(index=index) if q["index"] == index}
