"""Logging in, staying and leaving."""

from __future__ import annotations

from tests.services.dashboard.conftest import Browser


async def test_a_browser_at_the_root_comes_to_the_dashboard(stranger: Browser) -> None:
    answer = await stranger.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")
    assert (await stranger.http.get("/", headers={"Accept": "application/json"})).status_code == 404
    await stranger.get("")
    assert stranger.answer.url.path == "/dashboard/login"


async def test_who_logs_in_sees_their_project(demo: Browser) -> None:
    assert demo.answer.url.path == "/dashboard"
    assert "Quotas of this project" in demo.page
