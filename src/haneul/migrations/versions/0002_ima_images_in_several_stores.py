"""Images in several stores, with tasks and a cache."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "image_cached",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("image_id", sa.Text(), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.Text(), nullable=False),
        sa.Column("last_accessed", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "image_id", name=op.f("pk_image_cached")),
    )
    with op.batch_alter_table("image_cached", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_image_cached_image_id"), ["image_id"], unique=False)

    op.create_table(
        "image_leftovers",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store", "blob", name=op.f("pk_image_leftovers")),
    )
    op.create_table(
        "image_tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("image_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_tasks")),
    )
    with op.batch_alter_table("image_tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_image_tasks_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_tasks_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_image_tasks_image_id_created_at"), ["image_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_image_tasks_owner_created_at"), ["owner", "created_at"], unique=False
        )

    with op.batch_alter_table("image_images", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stores", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("locations", sa.Text(), nullable=False, server_default="[]"))
        batch_op.create_index(batch_op.f("ix_image_images_os_hash_value"), ["os_hash_value"], unique=False)

    op.execute("UPDATE image_images SET stores = '[\"file\"]' WHERE blob IS NOT NULL")
    with op.batch_alter_table("image_images", schema=None) as batch_op:
        batch_op.alter_column("stores", server_default=None)
        batch_op.alter_column("locations", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
