"""Requests to the dashboard's pages as no browser sends them, of people who are logged in and of strangers."""

from __future__ import annotations

import time
from urllib.parse import quote, urlencode

import httpx

from haneul import bootstrap, service_folders
from haneul.services.dashboard.api.visits import Pages
from tests.conftest import SERVICES
from tests.security.fuzz import Fuzzer, Sent
from tests.services.dashboard.conftest import Browser
from tests.services.dashboard.test_hostile_addresses import FIELDS

PLACES = [p for pages in service_folders.declared("dashboard", "pages", Pages) for p in pages.places]
LEAVES = (
    "/logout", "/login", "/scopes", "/password", "/login/renew", "/login/passcode", "/enter", "/admin/users/{id}/{wish}",
)  # fmt: skip
"""After these a session is another one, or none, or nobody can begin one any more."""
ODD = (
    "", "0", "-1", "--5", "²", "٣", "9" * 30, "1.5", "é☃", "a?b=c", "../..", "a\r\nb: c", "%2e%2e", "%", "\0", "<b>", "{x}", "{{7*7}}", "x" * 300,
    "y" * 70_000, "0.0.0.0/0", "::/0", "10.0.0.0/33", "2030-01-01", "9999-12-31T23:59", "new:x", "project:x", "a=b\nc=d", "on",
    "delete", "reboot", "http://169.254.169.254/",
)  # fmt: skip
PARAMETERS = (
    "q",
    "sort",
    "dir",
    "marker",
    "size",
    "seen",
    "next",
    "link",
    "id",
    "status",
    "tab",
    "page",
    "kind",
    "way",
)


class PageFuzzer(Fuzzer):
    async def furnish(self) -> None:
        await super().furnish()
        await bootstrap.bootstrap(self.cloud.platform, SERVICES)
        self.browsers = [Browser(self.cloud, language=language) for language in ("en", "ko", "en")]
        self.browsers[0].http.cookies.set("haneul_calls", "1", domain="cloud.test", path="/dashboard")
        await self.browsers[0].log_in("admin")
        await self.browsers[1].log_in("demo")
        self.form_tokens = [_form_token(browser.page) for browser in self.browsers]
        for browser in self.browsers[:2]:
            for path in (
                "/images",
                "/servers",
                "/networks",
                "/volumes",
                "/groups",
                "/admin/projects",
                "/admin/users",
            ):
                await browser.get(path)
                for word in browser.page.split('"'):
                    if word.startswith("/dashboard/") and word.count("/") == 3:
                        self.known.add("id", word.rpartition("/")[2], self.dice)

    def _text(self, name: str) -> str:
        dice = self.dice
        if dice.random() < 0.5:
            return dice.choice(ODD)
        one = self.known.one(f"/{name}s", dice) or self.known.one("id", dice)
        return str(one if one is not None else self.shapes.text(name))

    async def once(self) -> None:
        dice = self.dice
        which = dice.choice((0, 0, 0, 1, 1, 2))
        browser, place = self.browsers[which], dice.choice(PLACES)
        while place.method == "POST" and place.path in LEAVES:
            place = dice.choice(PLACES)
        path = place.path
        while "{" in path:
            text = self._text("id")[:300].encode("utf-8", "replace").decode()
            path = path.split("{")[0] + (quote(text, safe="") or "x") + path.split("}", 1)[1]
        query = ""
        if dice.random() < 0.4:
            pairs = [(dice.choice(PARAMETERS), dice.choice(ODD)[:300]) for _ in range(dice.choice((1, 2, 4)))]
            query = "?" + urlencode(pairs)
        headers = {"HX-Request": "true"} if dice.random() < 0.2 else {}
        content = b""
        if place.method == "POST":
            form = [(name, self._text(name)) for name in dice.sample(FIELDS, dice.choice((0, 2, 6, 15)))]
            form.append(("form_token", self.form_tokens[which]))
            content = urlencode([(n, v.encode("utf-8", "replace")) for n, v in form]).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        sent = Sent(("admin", "demo", "nobody")[which], place.method, f"{path}{query}", None, content)
        before = time.process_time()
        try:
            answer = await browser.http.request(
                place.method, f"/dashboard{path}{query}", headers=headers, content=content
            )
        except Exception as problem:
            self.outcome.failures.append(f"no answer ({type(problem).__name__}: {problem}): {sent}")
            return
        self.outcome.note_hold(time.process_time() - before, sent)
        self._judge(place.method, place.path, sent, answer)
        if which < 2 and "/login" in answer.headers.get("Location", ""):
            await browser.get("/access")
            if browser.answer.url.path.endswith("/login"):
                await browser.log_in(sent.who)
            self.form_tokens[which] = _form_token(browser.page)

    def _judge(self, method: str, path: str, sent: Sent, answer: httpx.Response) -> None:
        outcome = self.outcome
        outcome.statuses[answer.status_code] += 1
        outcome.aimed.add((method, path))
        if answer.status_code < 400:
            outcome.reached.add((method, path))
        problem = ""
        if answer.status_code >= 500:
            problem = str(answer.status_code)
        elif any(odd in answer.headers.get("Location", "").partition("?")[0] for odd in ("\n", "..", "//")):
            problem = f"leads to {answer.headers['Location']}"
        elif "eyJ0" in answer.text or "<b>" in answer.text.replace("<b>&", ""):
            problem = "shows what it may not"
        if problem:
            outcome.failures.append(f"{problem}: {sent}")


def _form_token(page: str) -> str:
    return page.partition('name="form_token" value="')[2].partition('"')[0]
