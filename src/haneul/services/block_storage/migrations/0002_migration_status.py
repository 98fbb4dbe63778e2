"""block storage: what administrators say of a volume's migration"""

import sqlalchemy as sa
from alembic import op

revision = "block_storage_0002_migration_status"
down_revision = "block_storage_0001_begins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("block_storage_volumes", sa.Column("migration_status", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
