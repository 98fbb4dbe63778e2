"""image: lists go on from images that are gone"""

import sqlalchemy as sa
from alembic import op

revision = "image_0002_past_images"
down_revision = "image_0001_begins"
branch_labels = None
depends_on = None

TABLE = "image_past_images"


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "visibility")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("owner", "name")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("disk_format", "container_format")),
        sa.Column("size", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("created_at", "updated_at", "deleted_at")),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_deleted_at"), TABLE, ["deleted_at"])


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
