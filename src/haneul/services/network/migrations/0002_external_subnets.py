"""network: subnets know that their network is external"""

import sqlalchemy as sa
from alembic import op

revision = "network_0002_external_subnets"
down_revision = "network_0001_begins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("network_subnets") as table:
        table.add_column(sa.Column("is_external", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE network_subnets SET is_external = "
        "(SELECT n.is_external FROM network_networks n WHERE n.id = network_subnets.network_id)"
    )
    with op.batch_alter_table("network_subnets") as table:
        table.alter_column("is_external", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
