"""compute: servers that are gone"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "compute_past_servers"
TEXTS = ("id", "project_id", "user_id", "name", "hostname", "vm_state", "flavor", "image_properties")
TEXTS += ("access_ip_v4", "access_ip_v6", "reservation_id", "hints", "disk_config")
TEXTS += ("created_at", "updated_at", "terminated_at")
OPTIONAL_TEXTS = ("description", "host", "zone", "image_id", "key_name", "launched_at")
OPTIONAL_TEXTS += ("locked_by", "locked_reason", "fault")
INDEXES = (
    ("project_id", "created_at", "id"),
    ("created_at", "id"),
    ("updated_at",),
    ("project_id", "updated_at"),
    ("terminated_at",),
    ("project_id", "id", "terminated_at", "launched_at"),
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Text(), nullable=True) for name in OPTIONAL_TEXTS),
        sa.Column("power_state", sa.BigInteger(), nullable=False),
        sa.Column("launch_index", sa.BigInteger(), nullable=False),
        sa.Column("config_drive", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for fields in INDEXES:
        op.create_index(op.f(f"ix_{TABLE}_{'_'.join(fields)}"), TABLE, list(fields))


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
