"""block storage: backups, and what owners are told of failed work"""

import sqlalchemy as sa
from alembic import op

revision = "block_storage_0003_backups_and_m"
down_revision = "block_storage_0002_migration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block_storage_backups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("volume_id", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("availability_zone", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("stored_as", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("object_count", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Text(), nullable=True),
        sa.Column("restored_to", sa.Text(), nullable=True),
        sa.Column("data_at", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_backups")),
    )
    with op.batch_alter_table("block_storage_backups", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_block_storage_backups_created_at_id"), ["created_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_block_storage_backups_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_block_storage_backups_project_id_created_at_id"),
            ["project_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_block_storage_backups_stored_as"), ["stored_as"], unique=False)
        batch_op.create_index(batch_op.f("ix_block_storage_backups_volume_id"), ["volume_id"], unique=False)

    op.create_table(
        "block_storage_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_storage_messages")),
    )
    with op.batch_alter_table("block_storage_messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_block_storage_messages_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_block_storage_messages_project_id_created_at_id"),
            ["project_id", "created_at", "id"],
            unique=False,
        )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
