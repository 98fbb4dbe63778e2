"""greetings: the first table"""

import sqlalchemy as sa
from alembic import op

revision = "greetings_0001_begins"
down_revision = None
branch_labels = ("greetings",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "greetings_greetings",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "project_id", "text", "tags")),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greetings_greetings")),
    )
    op.create_index(
        op.f("ix_greetings_greetings_project_id_created_at"),
        "greetings_greetings",
        ["project_id", "created_at"],
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
