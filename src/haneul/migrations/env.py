"""How Alembic runs here: on a connection that the caller gives."""

from alembic import context

from haneul.control_plane import load_tables
from haneul.kernel.db import METADATA

load_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
