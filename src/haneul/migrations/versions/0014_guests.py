"""servers: empty disks, tags of devices, files, order of NICs; volumes: how large their users know them to be"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SERVERS = {"local_disks": "[]", "device_tags": "{}", "files": "[]"}


def upgrade() -> None:
    op.add_column("block_storage_attachments", sa.Column("seen_gb", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE block_storage_attachments SET seen_gb = (SELECT size FROM block_storage_volumes v "
        "WHERE v.id = block_storage_attachments.volume_id) WHERE status = 'attached'"
    )
    with op.batch_alter_table("compute_servers") as batch_op:
        for name, empty in SERVERS.items():
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=empty))
    with op.batch_alter_table("compute_servers") as batch_op:
        for name in SERVERS:
            batch_op.alter_column(name, server_default=None)
    with op.batch_alter_table("network_ports") as batch_op:
        batch_op.add_column(sa.Column("slot", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("network_ports") as batch_op:
        batch_op.alter_column("slot", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
