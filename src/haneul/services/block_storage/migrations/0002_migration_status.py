"""block storage: what administrators say of a volume's migration"""

import sqlalchemy as sa
from alembic import op

<<<<<<< HEAD:src/haneul/services/block_storage/migrations/0002_migration_status.py
revision = "block_storage_0002_migration"
=======
revision = "block_storage_0002_migrations"
>>>>>>> accepted:src/haneul/services/block_storage/migrations/0002_migrations.py
down_revision = "block_storage_0001_begins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("block_storage_volumes", sa.Column("migration_status", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
