"""How Alembic runs here: on a connection that the caller gives."""

from typing import Any

from alembic import context

from haneul.control_plane import load_tables
from haneul.kernel.db import METADATA
from haneul.service_folders import names

load_tables()


def is_compared(thing: Any, name: str | None, kind: str, is_reflected: bool, other: Any) -> bool:
    """Indexes of expressions (`sorts` of `Rows`) cannot be read back from SQLite; tables of other branches are
    not this one's."""
    branch = context.config.attributes.get("branch")
    if kind == "table" and branch is not None:
        return (name or "").startswith(f"{branch}_") or (
            branch == "kernel" and not _is_a_services(name or "")
        )
    return kind != "index" or "_sorted_" not in (name or "")


def _is_a_services(table: str) -> bool:
    return any(table.startswith(f"{service}_") for service in names())


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    include_object=is_compared,
)
with context.begin_transaction():
    context.run_migrations()
