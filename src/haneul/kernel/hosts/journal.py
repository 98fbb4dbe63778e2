"""What an agent remembers of calls, so that a late one does nothing and a repeated one is answered alike.

For each resource on a host there is the latest operation and step that called, and the answers given to that
step. Steps of an operation follow each other, so whoever repeats a call repeats one of the latest step, and
the answers to earlier steps are forgotten.

The file is written without waiting for the disk: it outlives the process, not the machine. After a power
failure the machines are gone too, and calls that name the state wanted may safely run again.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from pathlib import Path

from haneul.kernel.hosts.channel import CallOrigin

log = logging.getLogger(__name__)

_TABLES = """
CREATE TABLE IF NOT EXISTS latest (
    host TEXT, resource TEXT, operation INTEGER, step TEXT, UNIQUE (host, resource));
CREATE TABLE IF NOT EXISTS answers (
    host TEXT, resource TEXT, call BLOB, answer BLOB, PRIMARY KEY (host, resource, call)) WITHOUT ROWID;
"""
_LATEST = "SELECT operation, step FROM latest WHERE host = ? AND resource = ?"
_SET_LATEST = "INSERT OR REPLACE INTO latest (host, resource, operation, step) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM answers WHERE host = ? AND resource = ?"
_ANSWER = """
SELECT answer FROM answers JOIN latest USING (host, resource)
WHERE host = ? AND resource = ? AND call = ? AND operation = ? AND step = ?
"""
_ADD_ANSWER = """
INSERT OR REPLACE INTO answers SELECT host, resource, ?, ? FROM latest
WHERE host = ? AND resource = ? AND operation = ? AND step = ?
"""
_OLDEST = "SELECT rowid, host, resource FROM latest ORDER BY rowid LIMIT ?"


class Journal:
    """At most `keep` resources are remembered; those not called for longest are forgotten first."""

    def __init__(self, path: Path | None = None, *, keep: int = 50_000) -> None:
        self._keep = keep
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError:
            if path is None:
                raise
            log.warning("%s is damaged, as after a power failure; starting an empty one", path)
            for file in path.parent.glob(path.name + "*"):
                file.unlink()
            self._connection = _open(path)
        self._count = self._connection.execute("SELECT count(*) FROM latest").fetchone()[0]

    def close(self) -> None:
        self._connection.close()

    def admit(self, host: str, origin: CallOrigin) -> bool:
        """Whether the call is not out of date; the latest operation and step are then its own."""
        key = (host, origin.resource)
        latest = self._latest(key)
        if latest == (origin.operation, origin.step):
            return True
        if latest is not None and latest[0] > origin.operation:
            return False
        if latest is None:
            self._count += 1
            self._prune()
        else:
            self._connection.execute(_FORGET, key)
        self._connection.execute(_SET_LATEST, (*key, origin.operation, origin.step))
        return True

    def is_late(self, host: str, origin: CallOrigin) -> bool:
        """Whether a later operation has called for the resource."""
        latest = self._latest((host, origin.resource))
        return latest is not None and latest[0] > origin.operation

    def answer(self, host: str, origin: CallOrigin, call: bytes) -> bytes | None:
        """What the same call of the same step was answered, if it was."""
        key = (host, origin.resource, call, origin.operation, origin.step)
        row = self._connection.execute(_ANSWER, key).fetchone()
        return row[0] if row else None

    def add(self, host: str, origin: CallOrigin, call: bytes, answer: bytes) -> None:
        """Remember the answer, unless the resource has moved on to another step meanwhile."""
        key = (host, origin.resource, origin.operation, origin.step)
        self._connection.execute(_ADD_ANSWER, (call, answer, *key))

    def _latest(self, key: tuple[str, str]) -> tuple[int, str] | None:
        row: tuple[int, str] | None = self._connection.execute(_LATEST, key).fetchone()
        return row

    def _prune(self) -> None:
        if self._count <= self._keep:
            return
        oldest = self._connection.execute(_OLDEST, (max(1, self._keep // 10),)).fetchall()
        self._connection.execute("BEGIN")
        for rowid, host, resource in oldest:
            self._connection.execute("DELETE FROM latest WHERE rowid = ?", (rowid,))
            self._connection.execute(_FORGET, (host, resource))
        self._connection.execute("COMMIT")
        self._count -= len(oldest)


def _open(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path or ":memory:", isolation_level=None, check_same_thread=False, timeout=10
    )
    try:
        # Not waiting comes first: to become a WAL, the file is written, too.
        for pragma in ("synchronous=OFF", "journal_mode=WAL", "cache_size=-1024"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.executescript(_TABLES)
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the journal is damaged")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def fingerprint(interface: str, method: str, arguments: bytes) -> bytes:
    """The same for the same call, and for no other."""
    digest = hashlib.blake2b(arguments, digest_size=16)
    digest.update(f"\0{interface}.{method}".encode())
    return digest.digest()
