"""Pictures of every page, to be looked at: `make screenshots`.

Boots a simulated cloud with a server in it, and photographs each page in both themes, both languages, and as wide
as a desk and as narrow as a telephone. `--state DIR` takes a cloud that runs instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from haneul.bootstrap import passwords
from haneul.installation import Installation

CHROMIUM = "/usr/bin/chromium"
WAYS = (
    ("light-en", "light", "en", 1280),
    ("dark-ko", "dark", "ko", 1280),
    ("phone-light-ko", "light", "ko", 360),
    ("phone-dark-en", "dark", "en", 360),
)
"""(folder, theme, language, width); every theme with every language would show nothing more."""
PLAIN = (
    "", "/servers", "/launch", "/images", "/images/new", "/keypairs", "/flavors", "/volumes", "/volumes/new", "/snapshots",
    "/topology", "/networks", "/networks/new", "/routers", "/addresses", "/groups", "/groups/new", "/access", "/credentials",
    "/credentials/new", "/scopes", "/password", "/nothing",
)  # fmt: skip
OF_OVERSEERS = (
    "/admin/hosts", "/admin/servers", "/admin/operations", "/admin/projects", "/admin/users", "/admin/roles",
)  # fmt: skip
LISTS = (
    "/servers",
    "/images",
    "/volumes",
    "/networks",
    "/routers",
    "/groups",
    "/admin/projects",
    "/admin/users",
)
"""Of each of these, the first that it lists is shown too."""
TABS = ("console", "log", "interfaces", "volumes", "history", "why", "delete", "resize")


def main() -> None:
    options = argparse.ArgumentParser(description="Pictures of every page.")
    options.add_argument("--state", type=Path)
    options.add_argument("--to", type=Path, default=Path("docs/screenshots"))
    options.add_argument("--only", action="append", default=[], help="pages whose path begins so")
    options.add_argument("--ways", action="append", default=[])
    wanted = options.parse_args()
    if wanted.state:
        photograph(wanted.state, wanted)
        return
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        haneul = [str(Path(sys.executable).parent / "haneul")]
        subprocess.run(
            [
                *haneul,
                "up",
                "--simulate",
                "--detach",
                "--demo",
                "--no-clouds",
                "--port",
                "0",
                "--state",
                folder,
            ],
            check=True,
        )
        try:
            photograph(state, wanted)
        finally:
            subprocess.run([*haneul, "down", "--state", folder], check=True)


def photograph(state: Path, wanted: Any) -> None:
    """Every page that was asked for is a picture, and what is wider than its window is named."""
    record = Installation(state).running()
    assert record is not None, f"no cloud runs in {state}"
    base = f"{record.endpoint}/dashboard"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, theme, language, width in WAYS:
            if wanted.ways and name not in wanted.ways:
                continue
            for user in ("demo", "admin"):
                context = chromium.new_context(
                    viewport={"width": width, "height": 800},
                    locale=language,
                    color_scheme=theme,  # type: ignore[arg-type]
                )
                try:
                    _of(context, base, user, passwords(state)[user], wanted, wanted.to / name)
                finally:
                    context.close()
        chromium.close()


def _of(context: BrowserContext, base: str, user: str, password: str, wanted: Any, to: Path) -> None:
    page = context.new_page()
    page.goto(f"{base}/login")
    if user == "demo" and not wanted.only:
        _take(page, to / "login.png")
    page.fill("input[name=name]", user)
    page.fill("input[name=password]", password)
    page.click("main button.primary")
    page.wait_for_selector("nav.side", state="attached")
    paths: list[str] = list(PLAIN if user == "demo" else OF_OVERSEERS)
    for each in [p for p in LISTS if p in paths]:
        page.goto(base + each)
        link = page.locator("main tbody td a").first
        if link.count():
            first = (link.get_attribute("href") or "").removeprefix("/dashboard")
            paths.append(first)
            if each == "/servers":
                paths += [f"{first}/{tab}" for tab in TABS]
    for path in paths:
        if wanted.only and not any(path == o or (o and path.startswith(o)) for o in wanted.only):
            continue
        page.goto(base + path)
        words = [w if len(w) < 30 else "one" for w in path.strip("/").split("/")]
        _take(page, to / ("-".join(words) or "overview").__add__(".png"))


def _take(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(path), full_page=True)
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if beyond > 0:
        print(f"{path}: {beyond} px wider than the window")


if __name__ == "__main__":
    main()
