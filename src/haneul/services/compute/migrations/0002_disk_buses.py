"""compute: each disk may have a bus of its own"""

import sqlalchemy as sa
from alembic import op

revision = "compute_0002_disk_buses"
down_revision = "compute_0001_begins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("compute_servers") as table:
        table.add_column(sa.Column("disk_buses", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("compute_servers") as table:
        table.alter_column("disk_buses", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
