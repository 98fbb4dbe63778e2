"""placement: its own history begins"""

revision = "placement_0001_begins"
down_revision = None
branch_labels = ("placement",)
depends_on = "0016"


def upgrade() -> None:
    """Nothing changes: its tables are as the history that all services shared has left them."""


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
