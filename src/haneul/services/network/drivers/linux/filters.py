"""What nft is told about the ports of one network: who may send as whom, and which rules let traffic through.

Two tables work together, because connection tracking is not to be had in the bridge family:

- `table bridge haneul` sees the ports. It drops false senders without state, and writes on each forwarded
  frame which port it came from (high half of the mark) and which it goes to (low half).
- `table inet haneul` sees the same packets as IP, through br_netfilter, where connections are tracked; it
  knows the ports by their marks. A packet passes the rules of its sender, then those of its receiver.

Each port has chains of its own, reached through maps, so changing one port leaves the others alone. What the
namespace itself sends (from an external network's gateway address) never crosses the bridge's forward hook;
`from_here` holds it to the receiver's rules by its address.

To remove what may not be there, nft is told to add and then delete it, in the same transaction.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from haneul.kernel.errors import DriverError
from haneul.services.network.drivers.interface import PortSpec, RuleSpec
from haneul.services.network.drivers.linux.dhcp import METADATA_ADDRESS

NEIGHBOURS = "{ 133, 134, 135, 136, 130, 131, 132, 143 }"
"""The ICMPv6 types without which IPv6 does not work: neighbours, routers, multicast listeners."""

_NEIGHBOURS_PASS = f"icmpv6 type {NEIGHBOURS} accept"
PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6-encap": 41,
    "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58,
    "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113, "sctp": 132,
    "udplite": 136,
}  # fmt: skip
WITH_PORTS = {6, 17, 33, 132, 136}
ICMP, ICMPV6 = 1, 58


def for_network(bridge_mac: str, tunnel: str, here: Iterable[str]) -> str:
    """The tables and base chains. `here` are the IPv4 addresses that every host of the network has itself."""
    here = sorted(here)
    lines = [
        "add table bridge haneul",
        *(
            f"add map bridge haneul {name} {{ type ifname : verdict; }}"
            for name in ("senders", "incoming", "outgoing")
        ),
        *_base_chain("bridge", "spoofing", "prerouting", -300, ["iifname vmap @senders"]),
        *_base_chain("bridge", "services", "prerouting", -290, _services(bridge_mac, tunnel, here)),
        *_base_chain(
            "bridge", "tunnelling", "output", -290, [f'oifname "{tunnel}" ether saddr {bridge_mac} drop']
        ),
        *_base_chain(
            "bridge",
            "marking",
            "forward",
            -300,
            ["meta mark set 0", "iifname vmap @incoming", "oifname vmap @outgoing"],
        ),
        "add table inet haneul",
        "add map inet haneul egress { type mark : verdict; }",
        "add map inet haneul ingress { type mark : verdict; }",
        "add set inet haneul stateless { type mark; }",
        "add map inet haneul here4 { type ipv4_addr : verdict; }",
        "add map inet haneul here6 { type ipv6_addr : verdict; }",
    ]
    sender, receiver = "meta mark and 0xffff0000", "meta mark and 0x0000ffff"
    lines += _base_chain("inet", "sending", "forward", 0, [*_known(sender), f"{sender} vmap @egress"])
    lines += _base_chain("inet", "receiving", "forward", 1, [*_known(receiver), f"{receiver} vmap @ingress"])
    known = ["ct state established,related accept", "ct state invalid drop", _NEIGHBOURS_PASS]
    answers = ["udp sport { 67, 547 } accept", "ip daddr vmap @here4", "ip6 daddr vmap @here6"]
    lines += _base_chain("inet", "from_here", "output", 0, [*known, *answers])
    return "\n".join(lines) + "\n"


def _known(port: str) -> list[str]:
    """What passes a port without being asked for; replies only where its groups are stateful."""
    stateful = f"{port} != @stateless ct state"
    return [f"{stateful} established,related accept", f"{stateful} invalid drop", _NEIGHBOURS_PASS]


def _base_chain(family: str, name: str, hook: str, priority: int, rules: list[str]) -> list[str]:
    return [
        f"add chain {family} haneul {name} {{ type filter hook {hook} priority {priority}; policy accept; }}",
        f"flush chain {family} haneul {name}",
        *(f"add rule {family} haneul {name} {rule}" for rule in rules),
    ]


def _services(bridge_mac: str, tunnel: str, here: list[str]) -> list[str]:
    """DHCP and metadata are answered by the port's own host, whatever way the guest tries to reach them."""
    rules = [
        f'iifname "{tunnel}" ether saddr {bridge_mac} drop',
        f'iifname "{tunnel}" udp dport {{ 67, 547 }} drop',
    ]
    if here:
        rules.append(f'iifname "{tunnel}" arp daddr ip {{ {", ".join(here)} }} drop')
    # A guest without the classless route asks its router; the frame is taken off the wire before that.
    rules.append(
        f"ip daddr {METADATA_ADDRESS} tcp dport 80 ether daddr set {bridge_mac} meta pkttype set host"
    )
    return rules


def for_port(spec: PortSpec, device: str, number: int) -> str:
    """The chains of a secured port; it is told apart from the network's other ports by `number`."""
    sender, receiver = number << 16, number
    chains = [
        *_chain("bridge", f"from-{device}", _sender_rules(spec)),
        *_chain("bridge", f"in-{device}", [f"meta mark set meta mark and 0x0000ffff or {sender:#010x}"]),
        *_chain("bridge", f"out-{device}", [f"meta mark set meta mark and 0xffff0000 or {receiver:#010x}"]),
        *_chain("inet", f"egress-{device}", [*_rules(spec, "egress"), "drop"]),
        *_chain("inet", f"ingress-{device}", [*_rules(spec, "ingress"), "drop"]),
    ]
    stateless = _stateless(number)
    kind = [f"add {stateless}"] + ([f"delete {stateless}"] if spec.is_stateful else [])
    return "\n".join([*chains, *(f"add {element}" for element in _elements(device, number)), *kind]) + "\n"


def for_no_port(device: str, number: int) -> str:
    """Nothing is left of the port's chains; frames from and to it pass."""
    names = [("bridge", f"{way}-{device}") for way in ("from", "in", "out")]
    names += [("inet", f"{way}-{device}") for way in ("egress", "ingress")]
    lines = [f"add chain {family} haneul {name}" for family, name in names]
    for element in (*_elements(device, number), _stateless(number)):
        lines += [f"add {element}", f"delete {element}"]
    for family, name in names:
        lines += [f"flush chain {family} haneul {name}", f"delete chain {family} haneul {name}"]
    return "\n".join(lines) + "\n"


def for_addresses_here(ports: Iterable[tuple[PortSpec, str]]) -> str:
    """What the namespace itself sends is held to the rules of the secured port that has the address."""
    lines = ["flush map inet haneul here4", "flush map inet haneul here6"]
    seen = set()
    for spec, device in ports:
        for ip in (ipaddress.ip_address(a.ip) for a in spec.addresses):
            if spec.is_secured and ip not in seen:
                seen.add(ip)
                # After a crash a port may be remembered that has no chain yet; the others must not suffer.
                lines.append(f"add chain inet haneul ingress-{device}")
                lines.append(f"add element inet haneul here{ip.version} {{ {ip} : jump ingress-{device} }}")
    return "\n".join(lines) + "\n"


def _chain(family: str, name: str, rules: list[str]) -> list[str]:
    return [
        f"add chain {family} haneul {name}",
        f"flush chain {family} haneul {name}",
        *(f"add rule {family} haneul {name} {rule}" for rule in rules),
    ]


def _stateless(number: int) -> str:
    """The marks of a port that asks of every packet alike, whether it is a reply or not."""
    return f"element inet haneul stateless {{ {number << 16:#010x}, {number:#010x} }}"


def _elements(device: str, number: int) -> list[str]:
    return [
        f'element bridge haneul senders {{ "{device}" : jump from-{device} }}',
        f'element bridge haneul incoming {{ "{device}" : jump in-{device} }}',
        f'element bridge haneul outgoing {{ "{device}" : jump out-{device} }}',
        f"element inet haneul egress {{ {number << 16:#010x} : jump egress-{device} }}",
        f"element inet haneul ingress {{ {number:#010x} : jump ingress-{device} }}",
    ]


def _sender_rules(spec: PortSpec) -> list[str]:
    """Only frames from the port's own addresses and its allowed pairs pass; it serves neither DHCP nor RA."""
    sources: dict[str, list[ipaddress.IPv4Network | ipaddress.IPv6Network]] = {spec.mac: []}
    for address in spec.addresses:
        sources[spec.mac].append(ipaddress.ip_network(address.ip))
    for pair in spec.allowed_address_pairs:
        sources.setdefault(pair.mac or spec.mac, []).append(ipaddress.ip_network(pair.ip, strict=False))
    rules = [
        "ip protocol udp udp sport 67 drop",
        "meta protocol ip6 udp sport 547 drop",
        "meta protocol ip6 icmpv6 type 134 drop",
    ]
    for mac, networks in sources.items():
        rules += _as_one_sender(mac, networks)
    return [*rules, "drop"]


def _as_one_sender(mac: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> list[str]:
    v4 = [n for n in networks if isinstance(n, ipaddress.IPv4Network)]
    v6 = [n for n in networks if isinstance(n, ipaddress.IPv6Network)]
    v6.append(ipaddress.IPv6Network(_link_local(mac)))
    me = f"ether saddr {mac}"
    rules = [
        f"{me} ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
        # Asking whether an address is free is done without having one.
        f"{me} arp saddr ether {mac} arp saddr ip 0.0.0.0 accept",
        f"{me} ip6 saddr :: icmpv6 type {{ 133, 135, 143 }} accept",
        f"{me} ip6 saddr {_any_of(v6)} accept" if _any_of(v6) else f"{me} meta protocol ip6 accept",
    ]
    if v4:
        some = _any_of(v4)
        rules.append(f"{me} ip saddr {some} accept" if some else f"{me} meta protocol ip accept")
        sender = f"{me} arp saddr ether {mac}"
        rules.append(f"{sender} arp saddr ip {some} accept" if some else f"{sender} accept")
    return rules


def _any_of(networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """A set for nft that holds these networks; empty when they are the whole world."""
    merged = list(ipaddress.collapse_addresses(networks))  # type: ignore[type-var]
    if any(n.prefixlen == 0 for n in merged):
        return ""
    shown = (str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n) for n in merged)
    return f"{{ {', '.join(shown)} }}"


def _link_local(mac: str) -> str:
    octets = bytearray.fromhex(mac.replace(":", ""))
    octets[0] ^= 2
    suffix = bytes(octets[:3]) + b"\xff\xfe" + bytes(octets[3:])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + b"\0" * 6 + suffix))


def _rules(spec: PortSpec, direction: str) -> list[str]:
    return [
        f"{match} accept"
        for rule in spec.rules
        if rule.direction == direction and (match := matching(rule)) is not None
    ]


def matching(rule: RuleSpec) -> str | None:
    """What a packet must look like for the rule to let it through; None when none can."""
    version = 6 if rule.ethertype == "IPv6" else 4
    parts = [f"meta nfproto ipv{version}"]
    remotes = _remotes(rule, version)
    if remotes is not None:
        if not remotes:
            return None
        side = "saddr" if rule.direction == "ingress" else "daddr"
        if some := _any_of(remotes):
            parts.append(f"{'ip' if version == 4 else 'ip6'} {side} {some}")
    protocol = _protocol(rule.protocol, version)
    if protocol is None:
        return " ".join(parts)
    parts.append(f"meta l4proto {protocol}")
    if rule.port_min is None:
        return " ".join(parts)
    if protocol in WITH_PORTS:
        top = rule.port_max if rule.port_max is not None else rule.port_min
        parts.append(f"th dport {rule.port_min}-{top}" if top != rule.port_min else f"th dport {top}")
    elif protocol in (ICMP, ICMPV6):
        family = "icmp" if protocol == ICMP else "icmpv6"
        parts.append(f"{family} type {rule.port_min}")
        if rule.port_max is not None:
            parts.append(f"{family} code {rule.port_max}")
    return " ".join(parts)


def _remotes(rule: RuleSpec, version: int) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network] | None:
    """None when the rule asks for nobody in particular."""
    if rule.remote_addresses is None and rule.remote_cidr is None:
        return None
    named = [*(rule.remote_addresses or []), *([rule.remote_cidr] if rule.remote_cidr else [])]
    networks = [ipaddress.ip_network(one, strict=False) for one in named]
    return [n for n in networks if n.version == version]


def _protocol(named: str | None, version: int) -> int | None:
    if named is None or named.lower() in ("any", ""):
        return None
    number = int(named) if named.isdigit() else PROTOCOLS.get(named.lower())
    if number is None:
        raise DriverError(f"There is no protocol {named!r}.")
    return ICMPV6 if number == ICMP and version == 6 else number
