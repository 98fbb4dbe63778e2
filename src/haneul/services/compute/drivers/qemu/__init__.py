"""Machines as QEMU processes, driven through QMP; they run on while the agent is away."""

from haneul.services.compute.drivers.qemu.driver import QemuHypervisor

__all__ = ["QemuHypervisor"]
