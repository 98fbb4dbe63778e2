"""The migrations lead to what the models declare, on both databases, and are rehearsed first."""

from __future__ import annotations

import lzma
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
from haneul.migrations import heads
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


def test_every_revision_has_a_name_that_postgresql_keeps() -> None:
    assert [name for name in heads() if len(name) > 32] == []


@pytest.mark.slow
def test_a_store_that_is_current_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store.ensure_current(url)
    before = (tmp_path / "x.db").stat().st_mtime_ns
    store.ensure_current(url)
    assert (tmp_path / "x.db").stat().st_mtime_ns == before


@pytest.mark.slow
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
    assert set(done.stdout.split()) == heads()


@pytest.mark.slow
def test_two_do_not_open_one_store(tmp_path: Path) -> None:
    held = store.lock(tmp_path)
    with pytest.raises(store.StoreProblem):
        store.lock(tmp_path)
    os.close(held)
    os.close(store.lock(tmp_path))


STORES = Path(__file__).parent / "stores"
HISTORY = {"alembic_version"}


def stored(name: str) -> str:
    return lzma.decompress((STORES / name).read_bytes()).decode()


def content(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, by column."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {t: [dict(row) for row in connection.execute(f'SELECT * FROM "{t}" ORDER BY 1')] for t in tables}
    connection.close()
    return {table: each for table, each in rows.items() if table not in HISTORY}


def is_kept(before: dict[str, list[dict[str, object]]], after: dict[str, list[dict[str, object]]]) -> bool:
    """Whether every row that was there is there, with what it had; new columns may have come."""
    return all(
        len(rows) == len(after[table])
        and all(old.items() <= new.items() for old, new in zip(rows, after[table], strict=True))
        for table, rows in before.items()
    )


@pytest.mark.parametrize("name", sorted(p.name for p in STORES.glob("*.sqlite.sql.xz")))
@pytest.mark.slow
def test_an_older_store_is_upgraded_with_everything_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / "haneul.db"
    connection = sqlite3.connect(path)
    connection.executescript(stored(name))
    connection.close()
    before = content(path)
    assert sum(bool(rows) for rows in before.values()) > 40
    store.ensure_current(f"sqlite:///{path}")
    assert is_kept(before, content(path))
    connection = sqlite3.connect(path)
    assert {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")} == heads()
    connection.close()


@pytest.mark.postgres
@pytest.mark.parametrize("name", sorted(p.name for p in STORES.glob("*.postgresql.sql.xz")))
def test_an_older_store_on_postgresql_is_upgraded_with_everything_kept(tmp_path: Path, name: str) -> None:
    def dumped(url: str) -> list[tuple[str, str]]:
        """Each row: its table and columns, and its values. New columns come last."""
        words = ["pg_dump", "--data-only", "--column-inserts", "--exclude-table=alembic_version", url]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        rows = [line for line in done.stdout.splitlines() if line.startswith("INSERT")]
        return [(into, values) for into, _, values in (row[:-2].partition(") VALUES (") for row in rows)]

    with postgresql.running() as url:
        quietly = ["psql", "-q", "-v", "ON_ERROR_STOP=1", url]
        subprocess.run(quietly, input=stored(name), text=True, check=True, stdout=subprocess.DEVNULL)
        before = dumped(url)
        assert len(before) > 200
        store.ensure_current(url)
        after = dumped(url)
        lost = [
            (into, values)
            for into, values in before
            if not any(i.startswith(into) and v.startswith(values) for i, v in after)
        ]
        assert lost == []


@pytest.mark.slow
def test_two_who_add_a_revision_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both follow the same one; both hold, and who comes next follows both."""
    services = tmp_path / "services"
    history = services / "greetings" / "migrations"
    history.mkdir(parents=True)
    (services / "greetings/__init__.py").write_text("")
    (services / "greetings/manifest.py").write_text(
        "from haneul.kernel.manifest import Manifest\n"
        'MANIFEST = Manifest("greetings", "greeting", "greetings", "Greetings", "/greetings", "/greetings")\n'
    )

    def revision(file: str, id: str, after: str, labels: str = "None") -> None:
        (history / file).write_text(
            f'"""x"""\nimport sqlalchemy as sa\nfrom alembic import op\nrevision = "{id}"\n'
            f"down_revision = {after}\nbranch_labels = {labels}\ndepends_on = None\n\n\n"
            f'def upgrade():\n    op.create_table("{id}", sa.Column("id", sa.Text))\n'
        )

    revision("0001_begins.py", "greetings_0001_begins", "None", '("greetings",)')
    revision("0002_hello.py", "greetings_0002_hello", '"greetings_0001_begins"')
    environment = os.environ | {"HANEUL_SERVICES_PATH": str(services)}
    path = tmp_path / "x.db"

    def migrate(*words: str) -> str:
        line = [sys.executable, "-m", "haneul.migrations", f"sqlite:///{path}", *words]
        done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    migrate()
    revision("0002_goodbye.py", "greetings_0002_goodbye", '"greetings_0001_begins"')
    migrate()
    assert {"greetings_0002_hello", "greetings_0002_goodbye"} <= content(path).keys()
    written = Path(migrate("--revise", "greetings", "Both at once").strip())
    assert written.name == "0003_both_at_once.py"
    assert 'down_revision = ["greetings_0002_goodbye", "greetings_0002_hello"]' in written.read_text()
    assert "greetings_0003_both_at_once" in migrate()
