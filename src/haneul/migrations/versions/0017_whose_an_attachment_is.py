"""volumes: which attachments are compute's own; all others only name a server"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "block_storage_attachments"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("by_compute", sa.Boolean(), nullable=False, server_default=sa.false()))
    # compute's own never had a connector, and are of their server's project; what else says so is a label
    op.execute(
        f"UPDATE {TABLE} SET by_compute = true WHERE connector IS NULL AND EXISTS (SELECT 1 FROM "
        f"compute_servers s WHERE s.id = {TABLE}.server_id AND s.project_id = {TABLE}.project_id)"
    )
    with op.batch_alter_table(TABLE) as batch_op:
        batch_op.alter_column("by_compute", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
