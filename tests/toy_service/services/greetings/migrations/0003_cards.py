"""greetings: the table of cards"""

import sqlalchemy as sa
from alembic import op

revision = "greetings_0003_cards"
down_revision = "greetings_0002_ribbons"
branch_labels = None
depends_on = None

TEXTS = ("id", "project_id", "name", "colour", "tags", "created_at", "updated_at")


def upgrade() -> None:
    op.create_table(
        "greetings_cards",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greetings_cards")),
    )
    op.create_index(
        op.f("ix_greetings_cards_project_id_created_at"), "greetings_cards", ["project_id", "created_at"]
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
