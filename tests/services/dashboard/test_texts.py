"""Every text of every page is in the catalogues, and nothing else is."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from haneul import service_folders
from haneul.services.dashboard.api.texts import FIRST, LANGUAGES, catalogue, chosen

FOLDER = service_folders.folder("dashboard")
TEMPLATES = sorted((FOLDER / "pages" / "templates").glob("*.html"))
UNTRANSLATED = {"Haneul", "POST /compute/v2.1/servers", "ms", "GiB", "vCPU"}
"""Names, and what is typed as it stands."""
SEEN_BY_PEOPLE = {"title", "alt", "placeholder", "aria-label"}
OTHERS = {"ACTIVE", "https://", "ssh-ed25519 AAAA..."}


def in_templates() -> Iterator[str]:
    for path in TEMPLATES:
        for call in Environment().parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                if isinstance(call.args[0], nodes.Const):
                    yield call.args[0].value
                for each in call.args[0].find_all(nodes.Const):
                    if isinstance(each.value, str):
                        yield each.value


def in_python() -> Iterator[str]:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and _marks(node.func):
                first = node.args[0]
                for each in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value


def _marks(of: ast.expr) -> bool:
    return (isinstance(of, ast.Name) and of.id in ("msg", "t")) or (
        isinstance(of, ast.Attribute) and of.attr == "t"
    )


TEXTS = sorted({*in_templates(), *in_python()} - {""})
STATES = FOLDER / "pages" / "texts"
"""States are words of the APIs: a catalogue may have them."""


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != FIRST])
def test_every_text_is_translated(language: str) -> None:
    known = catalogue(language)
    assert [each for each in TEXTS if each not in known] == []


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != FIRST])
def test_nothing_is_translated_that_is_not_shown(language: str) -> None:
    states = {each for each in catalogue(language) if re.fullmatch(r"[A-Za-z_-]+", each)}
    assert [each for each in catalogue(language) if each not in TEXTS and each not in states] == []


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != FIRST])
def test_a_translation_has_the_same_places_for_values(language: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert not [each for each, said in catalogue(language).items() if places(each) != places(said)]


class Words(HTMLParser):
    """What stands in a page as text, outside of what is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value or "" for name, value in attrs if name in SEEN_BY_PEOPLE]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_say_nothing_by_themselves(path: Path) -> None:
    text = re.sub(r"\{% set \w+ %\}.*?\{% endset %\}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", text, flags=re.DOTALL)
    words = Words()
    words.feed(text)
    spoken = {
        " ".join(each.replace("·", " ").split()) for each in words.words if re.search(r"[A-Za-z]{2}", each)
    }
    assert spoken <= UNTRANSLATED | OTHERS


@pytest.mark.parametrize(
    ("wish", "accepted", "language"),
    [
        ("", "", "en"), ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("", "de,fr;q=0.9", "en"), ("ko", "en", "ko"),
        ("xx", "ko", "ko"), ("", "en;q=0.1,ko;q=0.9", "ko"), ("", "ko;q=x,;;;", "en"),
    ],
)  # fmt: skip
def test_the_language_is_ones_choice_or_the_browsers(wish: str, accepted: str, language: str) -> None:
    assert chosen(wish, accepted) == language
