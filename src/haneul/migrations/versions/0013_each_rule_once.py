"""network: a security group has each rule once, however it is spelled

Rules that stood twice already stay: each but the first is told apart by its id.
"""

import ipaddress
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "network_security_group_rules"
COMPARED: tuple[str, ...] = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
COMPARED += ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")

PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17,
    "udplite": 136, "vrrp": 112,
}  # fmt: skip
WITH_PORTS = {6, 17, 33, 132, 136}


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("normalized_cidr", sa.Text(), nullable=True))
        table.add_column(sa.Column("meaning", sa.Text(), nullable=True))
    fill()
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("meaning", existing_type=sa.Text(), nullable=False)
        table.create_unique_constraint(
            table.f(f"uq_{TABLE}_security_group_id_meaning"), ["security_group_id", "meaning"]
        )
        table.drop_index(table.f(f"ix_{TABLE}_security_group_id"))


def fill() -> None:
    bind = op.get_bind()
    rules = bind.execute(
        sa.text(f"SELECT id, security_group_id, {', '.join(COMPARED)} FROM {TABLE} ORDER BY created_at, id")
    ).all()
    write = sa.text(f"UPDATE {TABLE} SET meaning = :meaning, normalized_cidr = :cidr WHERE id = :id")
    known = set()
    rows = []
    for id, group_id, *values in rules:
        rule = dict(zip(COMPARED, values, strict=True))
        cidr = normalized(rule["remote_ip_prefix"])
        text = meaning(rule, cidr)
        if (group_id, text) in known:
            text = f"{text} {id}"
        known.add((group_id, text))
        rows.append({"id": id, "meaning": text, "cidr": cidr})
    if rows:
        bind.execute(write, rows)


def normalized(prefix: str | None) -> str | None:
    return str(ipaddress.ip_network(prefix, strict=False)) if prefix else None


def meaning(rule: dict[str, Any], cidr: str | None) -> str:
    """What two rules of one group may not share, as it was written when this revision was new."""
    number = protocol_number(rule["protocol"])
    if number == 1 and rule["ethertype"] == "IPv6":
        number = 58
    ports = (rule["port_range_min"], rule["port_range_max"])
    if ports == (1, 65535) and (number is None or number in WITH_PORTS):
        ports = (None, None)
    remote = None if cidr in ("0.0.0.0/0", "::/0") else cidr
    groups = (rule["remote_group_id"], rule["remote_address_group_id"])
    parts = [rule["direction"], rule["ethertype"], number, *ports, remote, *groups]
    return " ".join("+" if part is None else str(part) for part in parts)


def protocol_number(text: str | None) -> int | None:
    if text is None or text.lower() in ("", "any"):
        return None
    return PROTOCOLS[text.lower()] if text.lower() in PROTOCOLS else int(text)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
