"""Networks by the kernel's own means: a namespace for each network and router, bridges, nftables, dnsmasq."""

from haneul.services.network.drivers.linux.driver import LinuxNetwork

__all__ = ["LinuxNetwork"]
