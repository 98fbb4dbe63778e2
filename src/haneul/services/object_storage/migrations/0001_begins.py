"""object storage: its tables"""

import sqlalchemy as sa
from alembic import op

revision = "object_storage_0001_begins"
down_revision = None
branch_labels = ("object_storage",)
depends_on = None

CODED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    def text(*names: str) -> list[sa.Column]:
        return [sa.Column(name, sa.Text(), nullable=False) for name in names]

    def number(*names: str) -> list[sa.Column]:
        return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]

    op.create_table(
        "object_storage_accounts",
        *text("name", "created_at", "headers"),
        *number("generation"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_object_storage_accounts")),
    )
    op.create_table(
        "object_storage_containers",
        *text("id", "account"),
        sa.Column("name", CODED, nullable=False),
        *text("created_at", "updated_at", "headers"),
        *number("object_count", "bytes_used"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_storage_containers")),
        sa.UniqueConstraint("account", "name", name=op.f("uq_object_storage_containers_account_name")),
    )
    op.create_table(
        "object_storage_objects",
        *text("container_id"),
        sa.Column("name", CODED, nullable=False),
        *number("size"),
        *text("etag", "sha256", "content_type", "created_at", "headers", "data"),
        sa.Column("is_small", sa.Boolean(), nullable=False),
        sa.Column("delete_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("container_id", "name", name=op.f("pk_object_storage_objects")),
    )
    for field in ("delete_at", "data"):
        op.create_index(op.f(f"ix_object_storage_objects_{field}"), "object_storage_objects", [field])
    op.create_table(
        "object_storage_contents",
        *text("data"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("data", name=op.f("pk_object_storage_contents")),
    )
    op.create_table(
        "object_storage_removed",
        *text("data", "removed_at"),
        sa.PrimaryKeyConstraint("data", name=op.f("pk_object_storage_removed")),
    )
    op.create_index(op.f("ix_object_storage_removed_removed_at"), "object_storage_removed", ["removed_at"])


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
