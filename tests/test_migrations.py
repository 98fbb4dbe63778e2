"""The migrations lead to what the models declare, on both databases, and are rehearsed first."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from haneul import store
from haneul.control_plane import load_tables
from haneul.kernel.db import METADATA
from haneul.migrations import head
from tests import postgresql


def upgrade(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "haneul.migrations", url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_newest_revision_is_what_is_declared(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    upgrade(url)
    load_tables()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
        found = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'index'"))
        names = {name for (name,) in found}
    engine.dispose()
    ours = [d for d in differences if "test_" not in str(d)]  # tables that other tests declare
    sorts = {i.name for t in METADATA.tables.values() for i in t.indexes if "_sorted_" in str(i.name)}
    assert ours == []
    assert sorts <= names  # expressions are not read back


def test_a_store_that_is_current_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store.ensure_current(url)
    before = (tmp_path / "x.db").stat().st_mtime_ns
    store.ensure_current(url)
    assert (tmp_path / "x.db").stat().st_mtime_ns == before


def test_a_store_that_cannot_be_upgraded_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE operations (something TEXT)")  # stands in the way
    connection.commit()
    connection.close()
    with pytest.raises(store.StoreProblem):
        store.ensure_current(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("operations",)]
    connection.close()


@pytest.mark.postgres
def test_postgresql_gets_there_too() -> None:
    with postgresql.running() as url:
        store.ensure_current(url)
        done = subprocess.run(
            ["psql", url, "-Atc", "SELECT version_num FROM alembic_version"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.strip() == head()


def test_two_do_not_open_one_store(tmp_path: Path) -> None:
    held = store.lock(tmp_path)
    with pytest.raises(store.StoreProblem):
        store.lock(tmp_path)
    os.close(held)
    os.close(store.lock(tmp_path))
