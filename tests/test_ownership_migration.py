"""A store in which labels were believed: what is really whose is found, and what was only said stays a label.

Made of a stored cloud: what says who has a port, and which attachments are compute's, is taken out of it again, so
the upgrade must find what the system had written there. Beside it stands what members could say then.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul import store
from haneul.control_plane import ControlPlane
from haneul.kernel.auth import SYSTEM
from haneul.kernel.db import open_database
from haneul.service_folders import hooks, names
from tests.test_migrations import stored

pytestmark = pytest.mark.slow
OTHERS = "f" * 32
"""A project that has nothing in that store."""


class OldStore:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(stored("before_branches.sqlite.sql.xz"))
        self.held = self.ports()

    def ports(self) -> dict[str, tuple[str, str]]:
        """Who has each port, as the system wrote it."""
        rows = self.db.execute("SELECT id, held_as, held_by FROM network_ports")
        return {row["id"]: (row["held_as"], row["held_by"]) for row in rows}

    def forget(self) -> None:
        """The store is as it was when labels said who has what."""
        self.db.execute("DROP INDEX ix_network_ports_held_by")
        for name in ("held_as", "held_by"):
            self.db.execute(f"ALTER TABLE network_ports DROP COLUMN {name}")
        self.db.execute("DROP TABLE network_lost_ports")
        self.db.execute("UPDATE alembic_version SET version_num = '0015'")

    def one(self, query: str, *values: Any) -> dict[str, Any]:
        return dict(self.db.execute(query, values).fetchone())

    def add(self, table: str, row: dict[str, Any]) -> str:
        names, places = ", ".join(row), ", ".join("?" * len(row))
        self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))
        return str(row["id"])

    def attachment(self, id: str, **values: Any) -> str:
        columns = ("host", "device", "connector", "connection", "attached_at", "seen_gb")
        row = dict.fromkeys(columns) | {
            "id": id, "mode": "rw", "status": "attached", "delete_on_termination": 0,
            "created_at": "2026-01-01T00:00:00Z", "generation": 0,
        }  # fmt: skip
        return self.add("block_storage_attachments", row | values)

    def verified(self) -> list[str]:
        return asyncio.run(_verified(self.path))


async def _verified(path: Path) -> list[str]:
    plane = ControlPlane(open_database(f"sqlite:///{path}"), endpoint="", folder=path.parent)
    await plane.platform.db.start()
    found = []
    without_data = [
        service for service in names() if service != "image"
    ]  # a store is rows: its images have no files
    for service, verify in hooks(without_data, "verify"):
        async with plane.platform.reading(SYSTEM) as ctx:
            if problem := await verify(ctx):
                found.append(f"{service}: {problem}")
    await plane.platform.db.close()
    return found


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldStore]:
    made = OldStore(tmp_path / "haneul.db")
    yield made
    made.db.close()


def test_who_has_which_port_and_volume_is_found_and_everything_fits(old: OldStore) -> None:
    assert {kind for kind, _ in old.held.values()} >= {"server", "network:floatingip", "network:distributed"}
    old.forget()
    server = old.one("SELECT * FROM compute_servers WHERE id IN (SELECT device_id FROM network_ports)")
    volume = old.one("SELECT * FROM block_storage_volumes WHERE project_id = ?", server["project_id"])
    own = {"volume_id": volume["id"], "project_id": server["project_id"], "server_id": server["id"]}
    old.attachment("compute's", **own)
    old.attachment("a label of its project", **own, connector="{}")
    old.attachment("a label of others", **own | {"project_id": OTHERS})
    port = old.one("SELECT * FROM network_ports WHERE device_id = ?", server["id"])
    told = port | {"project_id": OTHERS, "fixed_ips": "[]", "host": "", "status": "DOWN", "name": ""}
    old.add("network_ports", told | {"id": "a label of others", "mac_address": "fa:16:3e:00:00:01"})
    leg = {
        "id": "a leg of others",
        "mac_address": "fa:16:3e:00:00:02",
        "device_owner": "network:router_interface",
    }
    old.add("network_ports", told | leg)

    store.ensure_current(f"sqlite:///{old.path}")

    labels = dict.fromkeys(("a label of others", "a leg of others"), ("", ""))
    assert old.ports() == old.held | labels
    rows = old.db.execute("SELECT id, by_compute FROM block_storage_attachments")
    assert dict(rows.fetchall()) == {
        "compute's": 1,
        "a label of its project": 0,
        "a label of others": 0,
    }


def test_an_upgraded_store_fits_together(old: OldStore) -> None:
    old.forget()
    store.ensure_current(f"sqlite:///{old.path}")
    assert old.ports() == old.held
    assert old.verified() == []
