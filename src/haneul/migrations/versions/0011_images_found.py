"""images: indexes for what lists are asked; tickets"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE haneul_tickets AS bigint START WITH 4000000000000000")


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
