"""`haneul up --demo`, again and again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.installed import Caller, Installed


@pytest.mark.slow
def test_the_demo_is_made_once_and_left_as_somebody_left_it(tmp_path: Path) -> None:
    installed = Installed(tmp_path / "cloud", "--demo")
    again = ("up", "--simulate", "--hosts", "3", "--agent-process", "--port", "0", "--detach", "--demo")
    try:
        with contextlib.closing(Caller(installed, "haneul-demo")) as caller:
            (server,) = caller.servers()
            answer = caller.call("POST", f"/compute/v2.1/servers/{server}/action", {"os-stop": None})
            assert answer.status_code == 202
        assert "already running" in installed.run(*again)
        installed.run("down")
        assert "The server hello is SHUTOFF, as somebody left it." in installed.run(*again)
        with contextlib.closing(Caller(installed, "haneul-demo")) as caller:
            assert caller.servers() == {server: "SHUTOFF"}
            answer = caller.call("POST", f"/compute/v2.1/servers/{server}/action", {"os-start": None})
            assert answer.status_code == 202
        installed.run("down")
        assert "The server hello answers at" in installed.run(*again)
        assert "OK" in installed.run("verify")
    finally:
        installed.run("down")
