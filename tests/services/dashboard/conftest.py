"""A furnished cloud and browsers without scripts: they follow links and send forms as they stand in pages."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from haneul.bootstrap import bootstrap, passwords
from tests.conftest import SERVICES, Cloud

HOME = "/dashboard"
HTML = {"Accept": "text/html"}


class Forms(HTMLParser):
    """The forms of a page: where each goes and what it would send as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self._select = ""
        self._options: list[str] = []
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append((values["action"], []))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        if tag == "input" and "name" in values:
            if values.get("type") not in ("checkbox", "radio"):
                fields.append((values["name"], values.get("value", "")))
            elif "checked" in values:
                fields.append((values["name"], values.get("value", "on")))
        elif tag == "select":
            self._select, self._options = values["name"], []
        elif tag == "option" and self._select:
            self._options.insert(0 if "selected" in values else len(self._options), values.get("value", ""))
        elif tag == "textarea":
            fields.append((values["name"], ""))
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            if self._options:
                self.forms[-1][1].append((self._select, self._options[0]))
            self._select = ""
        elif tag == "textarea" and self._area is not None:
            name, _ = self.forms[-1][1].pop()
            self.forms[-1][1].append((name, self._area.removeprefix("\n")))
            self._area = None


class Browser:
    """Somebody at the dashboard, with cookies and no scripts."""

    def __init__(self, cloud: Cloud, *, language: str = "en") -> None:
        self.cloud = cloud
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(cloud.plane.app.falcon),  # type: ignore[arg-type]
            base_url="http://cloud.test",
            headers={**HTML, "Accept-Language": language},
        )
        self.page = ""
        self.answer: httpx.Response = None  # type: ignore[assignment]

    async def get(self, path: str, **options: Any) -> str:
        """The page that is there in the end."""
        return await self._follow(await self.http.get(self._address(path), **options))

    async def send(self, where: str, **entered: Any) -> str:
        """The form of this page that goes there, as it stands but for what is entered; where that leads."""
        where = self._address(where)
        wanted = [fields for path, fields in Forms(self.page).forms if path == where]
        assert wanted, f"{self.answer.url} has no form for {where}"
        values: dict[str, Any] = {}
        for name, value in wanted[0]:
            values[name] = [*values[name], value] if name in values else [value]
        values |= {k: v if isinstance(v, list) else [v] for k, v in entered.items()}
        answer = await self.http.post(where, data=values)
        return await self._follow(answer)

    async def _follow(self, answer: httpx.Response) -> str:
        for _ in range(5):
            assert answer.status_code != 500, answer.text
            if answer.status_code != 303:
                break
            answer = await self.http.get(answer.headers["Location"])
        self.answer, self.page = answer, answer.text
        return self.page

    @staticmethod
    def _address(path: str) -> str:
        return path if path.startswith(HOME) else HOME + path

    async def log_in(self, name: str) -> str:
        await self.get("/login")
        return await self.send("/login", name=name, password=passwords(self.cloud.platform.folder)[name])


@pytest.fixture
async def furnished(cloud: Cloud) -> Cloud:
    """A cloud as `haneul up` begins one."""
    await bootstrap(cloud.platform, SERVICES)
    return cloud


@pytest.fixture
async def stranger(furnished: Cloud) -> Browser:
    return Browser(furnished)


@pytest.fixture
async def demo(furnished: Cloud) -> Browser:
    browser = Browser(furnished)
    page = await browser.log_in("demo")
    assert "Overview" in page, page
    return browser


@pytest.fixture
async def admin(furnished: Cloud) -> Browser:
    browser = Browser(furnished)
    await browser.log_in("admin")
    return browser


async def until(browser: Browser, path: str, text: str) -> str:
    """The page, once it has that text."""
    for _ in range(500):
        if text in (page := await browser.get(path)):
            return page
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} never shows {text}: {page}")


@pytest.fixture
async def with_image(furnished: Cloud) -> str:
    """The id of an image that everybody may boot."""
    new = {"name": "little", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    image = (await furnished.admin.post("/image/v2/images", new)).json()
    octets = {"Content-Type": "application/octet-stream"}
    answer = await furnished.admin.put(
        f"/image/v2/images/{image['id']}/file", content=b"\0" * 1024, headers=octets
    )
    assert answer.status_code == 204, answer.text
    return str(image["id"])
