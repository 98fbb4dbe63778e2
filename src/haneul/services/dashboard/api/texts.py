"""What pages say, in the languages that there are. A text is named by its English; catalogues have the others.

`msg` marks a text in Python that a page will show; templates say `t("...")`. Tests compare both with the
catalogues.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "pages" / "texts"
LANGUAGES = {"en": "English", "ko": "한국어"}
FIRST = "en"
LONGEST_HEADER = 200


def msg(text: str) -> str:
    """The same; it will be shown to people, in their language."""
    return text


@cache
def catalogue(language: str) -> dict[str, str]:
    """English text -> that language's."""
    if language == FIRST:
        return {}
    content = tomllib.loads((FOLDER / f"{language}.toml").read_text())
    return {str(english): str(other) for english, other in content.items()}


class Texts:
    """Speaks one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = catalogue(language)

    def __call__(self, text: str, **values: Any) -> str:
        translated = self._catalogue.get(text, text)
        return translated.format(**values) if values else translated


def chosen(wish: str, accepted: str) -> str:
    """The language of somebody with this choice, or with these that their browser names in order."""
    if wish in LANGUAGES:
        return wish
    weighted = []
    for number, each in enumerate(accepted[:LONGEST_HEADER].split(",")):
        name, _, weight = each.strip().lower().partition(";q=")
        try:
            weighted.append((-float(weight or 1), number, name.partition("-")[0]))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(weighted) if name in LANGUAGES), FIRST)
