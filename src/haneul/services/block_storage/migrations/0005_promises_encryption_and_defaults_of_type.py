"""block storage: promises, encryption and defaults of types; states of services"""

import sqlalchemy as sa
from alembic import op

revision = "block_storage_0005_promises_encr"
down_revision = "block_storage_0004_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block_storage_default_types",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_block_storage_default_types")),
    )
    with op.batch_alter_table("block_storage_default_types", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_storage_default_types_type_id"), ["type_id"], unique=False)

    op.create_table(
        "block_storage_qos_specs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("specs", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_qos_specs")),
        sa.UniqueConstraint("name", name=op.f("uq_block_storage_qos_specs_name")),
    )
    with op.batch_alter_table("block_storage_qos_specs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_block_storage_qos_specs_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "block_storage_service_states",
        sa.Column("binary", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("binary", "host", name=op.f("pk_block_storage_service_states")),
    )
    op.create_table(
        "block_storage_type_encryptions",
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("control_location", sa.Text(), nullable=False),
        sa.Column("cipher", sa.Text(), nullable=True),
        sa.Column("key_size", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type_id", name=op.f("pk_block_storage_type_encryptions")),
    )
    with op.batch_alter_table("block_storage_types", schema=None) as batch_op:
        batch_op.add_column(sa.Column("qos_specs_id", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_block_storage_types_qos_specs_id"), ["qos_specs_id"], unique=False
        )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
