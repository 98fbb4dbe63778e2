"""Makes a recording of what a proxy noted: ids get names, repetitions go.

A line of a recording is a request, the status and the shape of its answer, and what of the answer is sent later:
`gives: {"n7": ["server", "id"]}` says that `{n7}` in later requests stands for this answer's `server.id`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

from tests.replay.proxy import Exchange
from tests.replay.shapes import ID, shape

AGGREGATE = "aggregate#"
"""Before the id of an aggregate, which is a number."""
MADE = re.compile(
    rf"req-{ID.pattern[2:]}|{ID.pattern}|\b(?:[0-9a-f]{{2}}:){{5}}[0-9a-f]{{2}}\b|\b\d+\.\d+\.\d+\.\d+\b|\b[0-9a-f]{{16}}\b|{AGGREGATE}\d+"
)
"""What only a cloud makes up: ids, MACs, addresses, keys of transfers."""
NAMING = ("name", "binary", "host", "hypervisor_hostname", "alias", "type")

Line = dict[str, Any]


def distil(noted: list[Exchange], host: str) -> list[Line]:
    """The recording. `host` is a machine of the recorded cloud; a replaying one has another in its place."""
    people, kept = _people(noted)
    names = _names(kept)
    lines: list[Line] = []
    known: set[str] = set()
    for exchange in kept:
        gives = {
            names[value]: [_without(host, step) for step in path]
            for path, value in _leaves(exchange["answer"])
            if value in names and names[value] not in known
        }

        line = _line(exchange, people, partial(_named, host=host, names=names, known=known))
        if gives or _what(line) not in {_what(each) for each in lines} or line["method"] != "GET":
            lines.append({**line, "gives": gives} if gives else line)
            known |= gives.keys()
    return lines


def _named(text: str, host: str, names: dict[str, str], known: set[str]) -> str:
    """The text with what the cloud made up by its name, as far as an answer has shown it."""
    text = MADE.sub(lambda m: f"{{{names[m[0]]}}}" if names.get(m[0]) in known else m[0], text)
    return str(_without(host, text))


def _without(host: str, step: Any) -> Any:
    return re.sub(rf"\b{re.escape(host)}\b", "{host}", step) if isinstance(step, str) else step


def _line(exchange: Exchange, people: dict[str, str], named: Callable[[str], str]) -> Line:
    line: Line = {key: exchange[key] for key in ("method", "service")}
    path = _path(exchange)
    if exchange["service"] == "volume":
        path = re.sub(r"^/v3/[0-9a-f]{32}", "/v3", path)  # the project, which may be left out
    line["path"] = named(path)
    for header, key in (("x-auth-token", "as"), ("x-subject-token", "about")):
        if token := exchange["people"].get(header):
            line[key] = people.get(token, "nobody")
    headers = {name: value for name, value in exchange["headers"].items() if value != "application/json"}
    if headers:
        line["headers"] = headers
    if exchange["body"] is not None:
        text = json.dumps(exchange["body"])
        for token, person in people.items():
            text = text.replace(token, f"{{{person}}}")
        line["body"] = json.loads(named(text))
    if exchange["token"]:
        line["login"] = people[exchange["token"]]
    line["status"] = exchange["status"]
    line["shape"] = "bytes" if _is_bytes(exchange["answer"]) else shape(exchange["answer"])
    return line


def _path(exchange: Exchange) -> str:
    return re.sub(r"/os-aggregates/(\d+)", rf"/os-aggregates/{AGGREGATE}\1", unquote(exchange["path"]))


def _what(line: Line) -> str:
    """Equal for two requests that ask the same of different things."""
    path, _, query = line["path"].partition("?")
    keys = sorted({pair.split("=")[0] for pair in query.split("&")})
    path = re.sub(r"\{\w+\}", "{}", path)
    who, version = line.get("as"), line.get("headers", {})
    return json.dumps(
        [line["method"], line["service"], path, keys, who, version, line["status"], line["shape"]]
    )


def _people(noted: list[Exchange]) -> tuple[dict[str, str], list[Exchange]]:
    """The names of tokens, and the exchanges without those who only log in again."""
    people: dict[str, str] = {}
    logins: dict[str, str] = {}
    kept = []
    for exchange in noted:
        if token := exchange["token"]:
            login = json.dumps(exchange["body"], sort_keys=True)
            again = login in logins and "password" in login
            people[token] = logins.setdefault(login, f"t{len(logins) + 1}")
            if again:
                continue
        kept.append(exchange)
    return people, kept


def _names(exchanges: list[Exchange]) -> dict[str, str]:
    """Names for what the cloud made up and a client sent later."""
    shown: set[str] = set()
    sent: set[str] = set()
    names: dict[str, str] = {}
    for exchange in exchanges:
        asked = f"{_path(exchange)} {json.dumps(exchange['body'])}"
        for value in MADE.findall(asked):
            if value in shown and value not in sent:
                names.setdefault(value, f"n{len(names) + 1}")
            elif value not in shown:
                sent.add(value)
        shown |= {value for _, value in _leaves(exchange["answer"])}
    return names


def _leaves(answer: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(answer, list):
        for i, value in enumerate(answer):
            yield from _leaves(value, (*path, _which(answer, i)))
    elif isinstance(answer, int) and path[-1:] == ("id",) and path[0] in ("aggregate", "aggregates"):
        yield path, f"{AGGREGATE}{answer}"
    elif isinstance(answer, str) and path[-1:] != ("href",):
        yield path, answer


def _which(items: list[Any], i: int) -> int | str:
    """An item by what names it, or else by its place."""
    if isinstance(items[i], dict):
        for key in NAMING:
            value = items[i].get(key)
            if (
                isinstance(value, str)
                and not MADE.search(value)
                and sum(x.get(key) == value for x in items) == 1
            ):
                return f"{key}={value}"
    return i


def _is_bytes(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.keys() == {"bytes"}
