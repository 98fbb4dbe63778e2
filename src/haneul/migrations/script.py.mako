<%! import json %>"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${json.dumps(up_revision)}
down_revision = ${"None" if not down_revision else json.dumps(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
