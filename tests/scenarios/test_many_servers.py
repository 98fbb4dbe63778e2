"""A hundred simulated hosts and five hundred servers, through the public API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.test_control_planes import BATCH, lift_quotas, new_servers
from tests.installed import Caller, Installed
from tests.waiting import looks

SERVERS = 500


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Installed]:
    made = Installed(tmp_path / "cloud", "--hosts", "100")
    try:
        yield made
    finally:
        made.run("down")


@pytest.mark.slow
def test_every_server_runs_and_the_hosts_share_them(large: Installed) -> None:
    with contextlib.closing(Caller(large)) as caller:
        lift_quotas(caller)
        body = {"server": new_servers(caller)}
        for _ in range(SERVERS // BATCH):
            assert caller.call("POST", "/compute/v2.1/servers", body).status_code == 202
        for _ in looks(0.5):
            found = caller.servers()
            if set(found.values()) == {"ACTIVE"}:
                break
        assert len(found) == SERVERS
        assert set(found.values()) == {"ACTIVE"}
        pages, marker = 0, ""
        seen: set[str] = set()
        while True:
            page = caller.call("GET", f"/compute/v2.1/servers?limit=200{marker}").json()["servers"]
            if not page:
                break
            pages += 1
            seen |= {s["id"] for s in page}
            marker = f"&marker={page[-1]['id']}"
        assert (pages, seen) == (3, set(found))
        hosts = caller.call("GET", "/compute/v2.1/os-hypervisors/detail").json()["hypervisors"]
        assert {h["running_vms"] for h in hosts} == {SERVERS // 100}
    assert "OK" in large.run("verify")
