"""One way to write what people spell in several: addresses, prefixes, MACs, protocols, ranges of ports.

Whatever is kept, looked for or compared goes through here, so that a second spelling is no second thing. A
text that is none of these raises ValueError.
"""

from __future__ import annotations

import re

from haneul.kernel.addresses import address as address
from haneul.kernel.addresses import prefix as prefix

PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17,
    "udplite": 136, "vrrp": 112,
}  # fmt: skip
WITH_PORTS = {6, 17, 33, 132, 136}
ICMP, ICMP_V6 = 1, 58
ONLY_IPV6 = {name for name in PROTOCOLS if "ipv6" in name or name == "icmpv6"}
ALL_PORTS = (1, 65535)
ANYWHERE = ("0.0.0.0/0", "::/0")

_MACS = [
    re.compile(sep.join([f"([0-9a-f]{{1,{digits}}})"] * groups))
    for sep, digits, groups in ((":", 2, 6), ("-", 2, 6), (":", 4, 3), ("-", 4, 3), (r"\.", 4, 3))
] + [re.compile("([0-9a-f]{12})")]


def mac(text: str) -> str:
    """`AA-BB-CC-DD-EE-0F`, `aabb.ccdd.ee0f` and the like are `aa:bb:cc:dd:ee:0f`."""
    for form in _MACS:
        if parts := form.fullmatch(text.lower()):
            digits = "".join(part.zfill(12 // len(parts.groups())) for part in parts.groups())
            return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    raise ValueError(text)


def protocol_number(text: str | None) -> int | None:
    """The number that IP has for the protocol; None for any."""
    if text is None or text.lower() in ("", "any"):
        return None
    if text.lower() in PROTOCOLS:
        return PROTOCOLS[text.lower()]
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255:
        return int(text)
    raise ValueError(text)


def protocol_spellings(number: int) -> list[str]:
    """The protocol's number and all its names."""
    return [str(number), *(name for name, its_number in PROTOCOLS.items() if its_number == number)]


def port_range(protocol: int | None, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """Every port is no range at all."""
    # 1 to 65535 is written as no range, as upstream stores it, so that both say the same rule.
    everything = (low, high) == ALL_PORTS and (protocol is None or protocol in WITH_PORTS)
    return (None, None) if everything else (low, high)
