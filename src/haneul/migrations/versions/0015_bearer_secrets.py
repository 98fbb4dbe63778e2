"""what opens a console or redeems a request token is kept as a digest

Both live for minutes: those of before open nothing any more, and are asked for again.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM compute_console_tokens")
    op.execute(
        "UPDATE identity_oauth1_request_tokens SET verifier = NULL, user_id = NULL WHERE verifier IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
