"""Bring the store at a URL up to date."""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from haneul import private
from haneul.migrations import folders, heads

LONGEST = 32
"""Letters of a revision's name: PostgreSQL keeps it in a column of that width."""
ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(7309453205263411)")
"""Who else starts on this database waits until we are done, and then finds nothing to do."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders().values()))
    return config


def engine_of(url: str) -> sa.Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return sa.create_engine(url, poolclass=sa.NullPool)


def _run_sqlite(url: str) -> None:
    engine = engine_of(url)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    engine.dispose()


def upgrade_sqlite(url: str) -> None:
    """Rehearse on a copy, then do it."""
    path = Path(url.removeprefix("sqlite:///"))
    if path.exists() and path.stat().st_size:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="rehearsal-") as folder:
            copy = Path(folder) / "copy.db"
            source, target = sqlite3.connect(path), sqlite3.connect(copy)
            source.backup(target)
            source.close()
            target.close()
            _run_sqlite(f"sqlite:///{copy}")
            shutil.rmtree(folder, ignore_errors=True)
    _run_sqlite(url)


def upgrade_postgresql(url: str) -> None:
    """PostgreSQL changes tables in transactions: rehearse, roll back, then do it."""
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    async def run(*, keep: bool) -> None:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        config = configuration()

        def upgrade(connection: sa.Connection) -> None:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")

        async with engine.connect() as connection:
            transaction = await connection.begin()
            await connection.execute(ONE_AT_A_TIME)
            await connection.run_sync(upgrade)
            await (transaction.commit() if keep else transaction.rollback())
        await engine.dispose()

    asyncio.run(run(keep=False))
    asyncio.run(run(keep=True))


def revise(url: str, branch: str, message: str) -> Path:
    """Write the revision of that branch which leads from the store's shape to the declared one."""
    engine = engine_of(url)
    config = configuration()
    folder = folders().get(branch)
    if folder is None:
        sys.exit(f"there is no branch {branch!r}; there are: {', '.join(filter(None, folders()))}")
    number = max((int(path.name[:4]) for path in folder.glob("[0-9]*.py")), default=0) + 1
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")[:40]
    revision = f"{branch}_{number:04d}_{slug}"[:LONGEST].rstrip("_")
    config.set_main_option("file_template", f"{number:04d}_{slug}")
    with (
        engine.connect() as connection,
        contextlib.redirect_stdout(sys.stderr),
    ):  # Alembic tells of what it does
        config.attributes["connection"] = connection
        config.attributes["branch"] = branch
        command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=revision,
            head=sorted(heads(branch)),  # type: ignore[arg-type]  # several: the revision follows all of them
            version_path=str(folder),
        )
    engine.dispose()
    return folder / f"{number:04d}_{slug}.py"


def main() -> int:
    private.begin()
    parser = argparse.ArgumentParser(prog="python -m haneul.migrations")
    parser.add_argument("url", help="where the store is; -: it is read from the standard input")
    parser.add_argument("--revise", nargs=2, metavar=("SERVICE", "MESSAGE"), help="or `kernel`")
    options = parser.parse_args()
    if options.url == "-":
        options.url = sys.stdin.readline().strip()
    if options.revise:
        print(revise(options.url, *options.revise))
        return 0
    if options.url.startswith("sqlite:"):
        upgrade_sqlite(options.url)
    else:
        upgrade_postgresql(options.url)
    print(f"The store is at {', '.join(sorted(heads()))}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
