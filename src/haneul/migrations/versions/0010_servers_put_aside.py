"""servers: what they are rescued with, and the images of shelved ones"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("compute_servers", sa.Column("rescue", sa.Text(), nullable=True))
    op.add_column("compute_servers", sa.Column("shelved_image_id", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
