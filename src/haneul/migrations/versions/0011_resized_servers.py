"""servers: what they were before a resize that is not confirmed"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("compute_servers", sa.Column("resized_from", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
