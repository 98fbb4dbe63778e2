"""images: what lists are asked for; tickets"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (("label", "created_at", "image_id"), ("label", "owner", "created_at", "image_id"))
INDEXES += (("label", "visibility", "created_at", "image_id"),)


def upgrade() -> None:
    labels = op.create_table(
        "image_labels",
        sa.Column("image_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "label", name=op.f("pk_image_labels")),
    )
    fill(labels)
    for fields in INDEXES:
        op.create_index(op.f(f"ix_image_labels_{'_'.join(fields)}"), "image_labels", list(fields))
    op.drop_index(op.f("ix_image_images_name"), "image_images")
    op.create_index(op.f("ix_image_images_name_created_at_id"), "image_images", ["name", "created_at", "id"])
    for name, absent in (("name", "''"), ("size", "-1")):
        fields = [sa.text(f"coalesce({name}, {absent})"), "created_at", "id"]
        op.create_index(f"ix_image_images_sorted_{name}_created_at_id", "image_images", fields)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE haneul_tickets AS bigint START WITH 4000000000000000")


def label(name: str, value: str) -> str:
    return hashlib.blake2b(f"{name}\0{value}".encode(errors="surrogatepass"), digest_size=16).hexdigest()


def fill(labels: sa.Table) -> None:
    """The images that are there are found as new ones are."""
    bind = op.get_bind()
    images = bind.execute(
        sa.text("SELECT id, owner, visibility, created_at, tags, properties FROM image_images")
    )
    for part in images.partitions(1000):
        rows = []
        for id, owner, visibility, created_at, tags, properties in part:
            values = {label("", t) for t in json.loads(tags)}
            values |= {label(*each) for each in json.loads(properties).items()}
            shared = {"image_id": id, "owner": owner, "visibility": visibility, "created_at": created_at}
            rows += [shared | {"label": each} for each in sorted(values)]
        if rows:
            bind.execute(sa.insert(labels), rows)


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only; restore the copy from before")
