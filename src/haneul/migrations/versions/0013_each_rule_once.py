"""network: a security group has each rule once, however it is spelled

Rules that stood twice already stay: each but the first is told apart by its id.
"""

import sqlalchemy as sa
from alembic import op

from haneul.services.network.model.security_groups import meaning, normalized_cidr

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "network_security_group_rules"
COMPARED: tuple[str, ...] = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
COMPARED += ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")


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
        text = meaning(rule)
        if (group_id, text) in known:
            text = f"{text} {id}"
        known.add((group_id, text))
        rows.append({"id": id, "meaning": text, "cidr": normalized_cidr(rule["remote_ip_prefix"])})
    if rows:
        bind.execute(write, rows)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
