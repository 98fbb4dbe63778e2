"""dashboard: sessions"""

import sqlalchemy as sa
from alembic import op

revision = "dashboard_0001_begins"
down_revision = None
branch_labels = ("dashboard",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dashboard_sessions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "user_id", "sealed")),
        sa.Column("is_link", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("began_at", "expires_at", "ends_at")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_dashboard_sessions")),
    )
    op.create_index(op.f("ix_dashboard_sessions_expires_at"), "dashboard_sessions", ["expires_at"])
    op.create_index(
        op.f("ix_dashboard_sessions_user_id_began_at"), "dashboard_sessions", ["user_id", "began_at"]
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
