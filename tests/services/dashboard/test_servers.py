"""From nothing to a server and back, with links and forms only."""

from __future__ import annotations

from tests.services.dashboard.conftest import Browser, until


async def launched(demo: Browser, name: str = "first") -> str:
    """The path of a new server that runs."""
    await demo.get("/launch")
    await demo.send("/launch", name=name)
    path = demo.answer.url.path
    assert path.startswith("/dashboard/servers/"), demo.page
    await until(demo, path, "ACTIVE")
    return path


async def test_a_server_is_launched_stopped_and_deleted(demo: Browser, with_image: str) -> None:
    path = await launched(demo)
    assert "first" in await demo.get("/servers")
    await demo.get(path)
    await demo.send(f"{path}/act", action="stop")
    assert "Accepted: Stop." in demo.page
    await until(demo, path, "SHUTOFF")
    await demo.get(f"{path}/delete")
    assert "everything on it" in demo.page
    await demo.send(f"{path}/delete")
    await demo.cloud.settled()
    assert "No server runs here yet." in await demo.get("/servers")


async def test_every_tab_of_a_server_shows_something(demo: Browser, with_image: str) -> None:
    path = await launched(demo)
    for tab in (
        "console",
        "log",
        "interfaces",
        "volumes",
        "history",
        "why",
        "resize",
        "rebuild",
        "snapshot",
        "edit",
        "metadata",
    ):
        await demo.get(f"{path}/{tab}")
        assert demo.answer.status_code == 200, (tab, demo.page)
        assert "first" in demo.page
