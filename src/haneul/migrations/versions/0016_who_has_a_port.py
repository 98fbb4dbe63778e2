"""network: who has a port, apart from its labels; ports deleted under their servers"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HOLDERS = (
    ("server", "device_owner LIKE 'compute:%'", "compute_servers", "h.project_id = p.project_id"),
    (
        "network:router_interface",
        "device_owner = 'network:router_interface'",
        "network_routers",
        "h.project_id = p.project_id",
    ),
    (
        "network:router_gateway",
        "device_owner = 'network:router_gateway'",
        "network_routers",
        "p.project_id = ''",
    ),
    (
        "network:floatingip",
        "device_owner = 'network:floatingip'",
        "network_floating_ips",
        "h.own_port_id = p.id",
    ),
)
"""Held as; what its label says; where who has it stands; what must hold besides, for the label to be true."""


def upgrade() -> None:
    for name in ("held_as", "held_by"):
        op.add_column("network_ports", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    ports = "UPDATE network_ports AS p SET held_as = '{kind}', held_by = {by} WHERE {true}"
    for kind, label, table, besides in HOLDERS:
        true = f"{label} AND EXISTS (SELECT 1 FROM {table} h WHERE h.id = p.device_id AND {besides})"
        op.execute(ports.format(kind=kind, by="device_id", true=true))
    true = "device_owner = 'network:distributed' AND project_id = ''"
    op.execute(ports.format(kind="network:distributed", by="network_id", true=true))
    with op.batch_alter_table("network_ports") as batch_op:
        batch_op.alter_column("held_as", server_default=None)
        batch_op.alter_column("held_by", server_default=None)
        batch_op.create_index(batch_op.f("ix_network_ports_held_by"), ["held_by"], unique=False)
    op.create_table(
        "network_lost_ports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_lost_ports")),
    )
    op.create_index(op.f("ix_network_lost_ports_server_id"), "network_lost_ports", ["server_id"])


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
