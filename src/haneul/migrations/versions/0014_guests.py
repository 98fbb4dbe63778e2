"""volumes: how large their users know them to be"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("block_storage_attachments", sa.Column("seen_gb", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE block_storage_attachments SET seen_gb = (SELECT size FROM block_storage_volumes v "
        "WHERE v.id = block_storage_attachments.volume_id) WHERE status = 'attached'"
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
