"""One dnsmasq for each network: addresses for known machines only, names, routes.

It is started inside the namespace, goes on when the agent ends, and is found again by its pid file and what
/proc says about that process. A new reservation is read on SIGHUP; anything else starts it anew, because
dnsmasq holds on to leases that the files no longer name. Guests do not notice: it is authoritative, so it
confirms the leases of its predecessor.
"""

from __future__ import annotations

import ipaddress
import os
import re
import signal
import subprocess
import time
from functools import lru_cache
from pathlib import Path

import structlog

from haneul.kernel import whole_files
from haneul.kernel.errors import DriverError, ImpossibleHere
from haneul.services.network.drivers.interface import DhcpReservation, NetworkSpec, SubnetSpec
from haneul.services.network.drivers.linux.devices import BRIDGE

logger = structlog.get_logger(__name__)

METADATA_ADDRESS = "169.254.169.254"
LEASE_S = 86400
ADVERTISED_EVERY_S = 60


def configuration(spec: NetworkSpec, folder: Path) -> str:
    lines = [
        "port=53",
        f"interface={BRIDGE}",
        "except-interface=lo",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        "no-ping",
        "dhcp-authoritative",
        "leasefile-ro",
        # Its files lie in the agent's folder, which nobody else may enter.
        "user=root",
        "group=root",
        f"pid-file={folder}/pid",
        f"dhcp-hostsfile={folder}/hosts",
        f"addn-hosts={folder}/names",
        "dhcp-lease-max=65536",
        f"dhcp-option-force=option:mtu,{spec.mtu}",
    ]
    advertised = [s.ipv6_ra_mode for s in served(spec) if s.ipv6_ra_mode]
    if advertised:
        # Guests learn of prefixes and of DHCP here; a way out is what routers advertise themselves.
        lines.append(f"ra-param={BRIDGE},mtu:{spec.mtu},{ADVERTISED_EVERY_S},0")
    if "dhcpv6-stateful" in advertised:
        lines.append("enable-ra")
    for number, subnet in enumerate(served(spec)):
        lines += _subnet_lines(f"s{number}", subnet, spec.has_metadata)
    return "\n".join(lines) + "\n"


def served(spec: NetworkSpec) -> list[SubnetSpec]:
    return [s for s in spec.subnets if s.is_dhcp_enabled and s.dhcp_address]


def _subnet_lines(tag: str, subnet: SubnetSpec, has_metadata: bool) -> list[str]:
    network = ipaddress.ip_network(subnet.cidr)
    if subnet.ip_version == 6:
        servers = ",".join(f"[{ip}]" for ip in subnet.dns_nameservers or [subnet.dhcp_address])
        return [
            f"dhcp-range=set:{tag},{network.network_address},{range_mode(subnet)},{network.prefixlen},{LEASE_S}s",
            f"dhcp-option=tag:{tag},option6:dns-server,{servers}",
        ]
    servers = ",".join(subnet.dns_nameservers or [subnet.dhcp_address or ""])
    lines = [
        f"dhcp-range=set:{tag},{network.network_address},static,{network.netmask},{LEASE_S}s",
        f"dhcp-option=tag:{tag},option:dns-server,{servers}",
        f"dhcp-option=tag:{tag},option:router" + (f",{subnet.gateway_ip}" if subnet.gateway_ip else ""),
    ]
    routes = [(r.destination, r.nexthop) for r in subnet.host_routes]
    if has_metadata:
        routes.append((f"{METADATA_ADDRESS}/32", subnet.dhcp_address or ""))
    if routes and subnet.gateway_ip:
        # Clients that understand classless routes ignore the router option, so it is said here again.
        routes.append(("0.0.0.0/0", subnet.gateway_ip))
    if routes:
        flat = ",".join(f"{destination},{nexthop}" for destination, nexthop in routes)
        lines.append(f"dhcp-option=tag:{tag},option:classless-static-route,{flat}")
    return lines


def range_mode(subnet: SubnetSpec) -> str:
    """What dnsmasq calls the way in which guests of an IPv6 subnet come by their addresses."""
    if subnet.ipv6_ra_mode == "slaac":
        return "ra-only"
    if subnet.ipv6_ra_mode == "dhcpv6-stateless":
        return "ra-stateless"
    return "static"


def host_lines(spec: NetworkSpec, reservations: list[DhcpReservation]) -> set[str]:
    """A line for each reservation whose address lies in a served subnet."""
    networks = [ipaddress.ip_network(s.cidr) for s in served(spec)]
    lines = set()
    for one in reservations:
        ip = ipaddress.ip_address(one.ip)
        if any(ip in network for network in networks):
            shown = f"[{ip}]" if ip.version == 6 else str(ip)
            tag = f",set:{_tag(one)}" if one.options else ""
            lines.add(f"{one.mac}{tag},{shown}" + (f",{one.hostname}" if _is_hostname(one.hostname) else ""))
    return lines


def _tag(reservation: DhcpReservation) -> str:
    return f"port-{reservation.port_id}"


def option_lines(reservations: list[DhcpReservation]) -> set[str]:
    """A line for each option that one port has of its own. Options may also be called by their numbers.

    Some names and values no DHCP server knows. dnsmasq does not start with one of those, and a network may be
    shared: it is left out, and all others are served.
    """
    lines = set()
    for one in reservations:
        for option in one.options:
            kind = "option6:" if option.ip_version == 6 else "" if option.name.isdigit() else "option:"
            value = f",{option.value}" if option.value else ""
            if _is_known(kind + option.name, value):
                lines.add(f"tag:{_tag(one)},{kind}{option.name}{value}")
    return lines


@lru_cache(maxsize=4096)
def _is_known(name: str, value: str) -> bool:
    """Whether dnsmasq takes the option; the log says of one that it does not."""
    command = ["dnsmasq", "--test", "--conf-file=/dev/stdin"]
    line = f"dhcp-option=tag:port,{name}{value}\n"  # files have rules of their own for quotes
    try:
        done = subprocess.run(command, input=line.encode(), capture_output=True, check=False)
    except FileNotFoundError as error:
        raise ImpossibleHere("dnsmasq is not installed.") from error
    if done.returncode != 0:
        logger.warning("no DHCP server knows this option", name=name)
    return done.returncode == 0


def name_lines(reservations: list[DhcpReservation]) -> set[str]:
    return {f"{one.ip} {one.hostname}" for one in reservations if _is_hostname(one.hostname)}


def _is_hostname(name: str | None) -> bool:
    """Users choose names; what cannot be a host name must not reach dnsmasq's files."""
    return (
        name is not None and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", name) is not None
    )


def ensure(spec: NetworkSpec, reservations: list[DhcpReservation], folder: Path) -> None:
    """The network's dnsmasq serves exactly these. Runs in the network's namespace."""
    if not served(spec):
        ensure_gone(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    hosts = host_lines(spec, reservations)
    known = set(_read(folder / "hosts").splitlines())
    # Not a file of its own: dnsmasq 2.90 does not survive reading tagged options again.
    options = "".join(f"dhcp-option={line}\n" for line in sorted(option_lines(reservations)))
    configured = write(folder / "conf", configuration(spec, folder) + options)
    changed = write(folder / "hosts", "".join(f"{line}\n" for line in sorted(hosts)))
    changed |= write(folder / "names", "".join(f"{n}\n" for n in sorted(name_lines(reservations))))
    pid = running(folder)
    if pid is not None and not configured and known <= hosts:
        if changed:
            os.kill(pid, signal.SIGHUP)
        return
    ensure_gone(folder, keep_files=True)
    launch(folder)


def ensure_gone(folder: Path, keep_files: bool = False) -> None:
    """No dnsmasq of this folder runs."""
    pid = running(folder)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        while running(folder) is not None:
            time.sleep(0.001)
    if not keep_files:
        for name in ("conf", "hosts", "names", "pid"):
            (folder / name).unlink(missing_ok=True)


def running(folder: Path) -> int | None:
    """The pid of the dnsmasq that was started with this folder's configuration."""
    try:
        pid = int(_read(folder / "pid") or "0")
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (ValueError, OSError):
        return None
    return pid if f"--conf-file={folder}/conf".encode() in command else None


def launch(folder: Path) -> None:
    command = ["dnsmasq", f"--conf-file={folder}/conf"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise ImpossibleHere("dnsmasq is not installed.") from error
    if done.returncode != 0:
        raise DriverError(f"dnsmasq: {done.stderr.decode(errors='replace').strip()}")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def write(path: Path, text: str) -> bool:
    """Whether the file was different before."""
    if path.exists() and path.read_text() == text:
        return False
    whole_files.write(path, text, outlives_power=False)
    return True
