"""greetings: the table of ribbons"""

import sqlalchemy as sa
from alembic import op

revision = "greetings_0002_ribbons"
down_revision = "greetings_0001_begins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "greetings_ribbons",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "project_id", "name")),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greetings_ribbons")),
    )
    op.create_index(
        op.f("ix_greetings_ribbons_project_id_created_at"), "greetings_ribbons", ["project_id", "created_at"]
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
