"""Pages out of templates. Everything that a template shows is text: only templates have HTML.

Jinja2 is imported, and a template compiled, with the first page that needs it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from haneul.kernel import times
from haneul.kernel.http.static_files import StaticFiles
from haneul.services.dashboard.api import texts
from haneul.services.dashboard.api.navigation import sections
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import Page, Visit
from haneul.services.dashboard.manifest import MANIFEST
from haneul.services.dashboard.model.sessions import form_token

GOOD = {"active", "available", "up", "enabled", "in-use", "succeeded", "done", "true", "success", "build_ok"}
BAD = {"error", "down", "failed", "error_deleting", "killed", "deactivated", "unwound", "lost"}
IDLE = {
    "shutoff",
    "paused",
    "suspended",
    "shelved",
    "shelved_offloaded",
    "disabled",
    "deleted",
    "false",
    "soft_deleted",
}
MOMENT = 45
MINUTE, HOUR, DAY = 60, 3600, 86400


def tone(word: str) -> str:
    """The colour that goes with a state's word: good, bad, idle, or busy for all that passes."""
    lower = word.lower().split(" ")[0]
    for name, words in (("good", GOOD), ("bad", BAD), ("idle", IDLE)):
        if lower in words:
            return name
    return "busy"


def size(mib: Any) -> str:
    """So many MiB in the largest unit that fits."""
    amount = float(mib or 0)
    for unit in ("MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.10g} {unit}" if amount == int(amount) else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.10g} TiB" if amount == int(amount) else f"{amount:.1f} TiB"


def moment(text: Any) -> datetime | None:
    """The time that an API wrote, in UTC."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return times.read(text)
    except ValueError:
        return None


def ago(visit: Visit, text: Any) -> str:
    """How long ago that was, in words."""
    at = moment(text)
    if at is None:
        return "–"
    seconds = int((visit.now - at).total_seconds())
    if seconds < MOMENT:
        return visit.t("just now") if seconds > -MOMENT else written(text)
    if seconds < HOUR:
        return visit.t("{n} min ago", n=max(1, seconds // MINUTE))
    if seconds < DAY:
        return visit.t("{n} h ago", n=seconds // HOUR)
    return visit.t("{n} d ago", n=seconds // DAY)


def written(text: Any) -> str:
    at = moment(text)
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else "–"


def took(thing: dict[str, Any]) -> str:
    """How long a step or an operation lasted."""
    began, ended = moment(thing.get("started_at") or thing.get("accepted_at")), moment(thing.get("ended_at"))
    if began is None or ended is None:
        return "–"
    seconds = (ended - began).total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


NEXT_THEME = {"auto": "dark", "dark": "light", "light": "auto"}
THEME_NAMES = {"auto": msg("as the system"), "dark": msg("dark"), "light": msg("light")}


class Rendering:
    def __init__(self, folder: Path, statics: StaticFiles) -> None:
        self._folder = folder
        self._statics = statics

    @cached_property
    def _environment(self) -> Any:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(self._folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"tone": tone, "size": size, "written": written, "took": took}
        environment.globals |= {
            "home": MANIFEST.path,
            "static": lambda name: f"{MANIFEST.path}/static/{name}?v={self._statics.version(name)}",
            "languages": texts.LANGUAGES,
            "next_theme": NEXT_THEME,
            "theme_names": THEME_NAMES,
        }
        return environment

    def page(self, visit: Visit, page: Page, notice: tuple[bool, str] | None, nonce: str) -> bytes:
        """The page as it leaves."""
        values = {
            "visit": visit,
            "t": visit.texts,
            "ago": lambda text: ago(visit, text),
            "form_token": form_token(visit.secret) if visit.secret else "",
            "notice": notice,
            "nonce": nonce,
            "sections": sections(visit) if visit.session else [],
            "calls": visit.api.calls,
        }
        rendered: str = self._environment.get_template(page.template).render(values | page.values)
        return rendered.encode()
