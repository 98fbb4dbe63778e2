"""network: the rules that a group begins with have no description"""

import sqlalchemy as sa
from alembic import op

revision = "network_0003_first_rules"
down_revision = "network_0002_external_subnets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("network_security_group_rules") as table:
        table.alter_column("description", existing_type=sa.Text(), nullable=True)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
