"""block storage: groups"""

import sqlalchemy as sa
from alembic import op

revision = "block_storage_0004_groups"
down_revision = "block_storage_0003_backups_and_m"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block_storage_group_snapshots",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("settled", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_group_snapshots")),
    )
    with op.batch_alter_table("block_storage_group_snapshots", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_block_storage_group_snapshots_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_block_storage_group_snapshots_group_id"), ["group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_block_storage_group_snapshots_project_id_created_at"),
            ["project_id", "created_at"],
            unique=False,
        )

    op.create_table(
        "block_storage_group_types",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("specs", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_group_types")),
        sa.UniqueConstraint("name", name=op.f("uq_block_storage_group_types_name")),
    )
    with op.batch_alter_table("block_storage_group_types", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_block_storage_group_types_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "block_storage_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("volume_type_ids", sa.Text(), nullable=False),
        sa.Column("settled", sa.Text(), nullable=False),
        sa.Column("availability_zone", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("group_snapshot_id", sa.Text(), nullable=True),
        sa.Column("source_group_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_groups")),
    )
    with op.batch_alter_table("block_storage_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_storage_groups_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_block_storage_groups_project_id_created_at"),
            ["project_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_block_storage_groups_type_id"), ["type_id"], unique=False)

    with op.batch_alter_table("block_storage_snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_snapshot_id", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_block_storage_snapshots_group_snapshot_id"), ["group_snapshot_id"], unique=False
        )

    with op.batch_alter_table("block_storage_volumes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_id", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_block_storage_volumes_group_id"), ["group_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
