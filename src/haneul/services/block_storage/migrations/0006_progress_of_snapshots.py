"""block storage: progress of snapshots"""

import sqlalchemy as sa
from alembic import op

revision = "block_storage_0006_progress_of_s"
down_revision = "block_storage_0005_promises_encr"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("block_storage_snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("progress", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
