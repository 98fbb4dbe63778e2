"""What stock clients send in a day, asked of our cloud: it answers as real OpenStack did, but for what
`differences.tsv` names, with the reason. A new difference fails, and so does one that is mended and still listed.
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from haneul import service_folders
from haneul.services.block_storage import public as block_storage
from haneul.services.identity import public as identity
from tests.conftest import SERVICES, Cloud
from tests.replay.distil import Line
from tests.replay.shapes import differences, shape

HERE = Path(__file__).parent
RECORDINGS = sorted(path.stem for path in (HERE / "recordings").glob("*.jsonl"))
ROOTS = {
    "identity": "/identity",
    "compute": "/compute",
    "network": "/networking",
    "image": "/image",
    "volume": "/volume",
    "placement": "/placement",
}
NAME = re.compile(r"\{([nt]\d+|host)\}")
UNEXPLAINED = "?"
NOTHING = "nothing"
ADMIN_PASSWORD = "peer"
"""In the recorded cloud, whose logins are replayed."""


class Replay:
    """Sends a recording's requests to a cloud, with its own ids in place of the recorded ones."""

    def __init__(self, cloud: Cloud, lines: list[Line]) -> None:
        self.cloud = cloud
        self.lines = lines
        self.names = {"host": cloud.hosts[0]}
        self.logins = {line["login"]: line for line in reversed(lines) if "login" in line}
        self.unmade: dict[str, str] = {}
        """The request whose answer should have shown a name, and did not."""

    async def differences(self) -> Iterator[tuple[str, str]]:
        found = []
        for line in self.lines:
            found += [(_request(line), each) for each in await self._differs(line)]
        return iter(dict.fromkeys(found))

    async def _differs(self, line: Line) -> list[str]:
        if missing := [
            n for n in NAME.findall(json.dumps([line["path"], line.get("body")])) if n in self.unmade
        ]:
            self._forget(line)
            return [f"cannot be asked: {self.unmade[missing[0]]}"]
        answer = await self._ask(line)
        if answer.status_code == 401 != line["status"]:  # the token is gone: clients log in again
            await self._log_in(line.get("as"))
            answer = await self._ask(line)
        if line["method"] not in ("GET", "HEAD"):
            await self.cloud.settled()
        if answer.status_code != line["status"]:
            self._forget(line)
            return [f"{answer.status_code}, not {line['status']}"]
        self._learn(line, answer)
        return list(differences(line["shape"], _shape(answer)))

    async def _log_in(self, person: str | None) -> None:
        if person not in self.logins:
            return
        line = self.logins[person]
        answer = await self._ask(line)
        self.names[person] = answer.headers.get("X-Subject-Token", NOTHING)

    async def _ask(self, line: Line) -> httpx.Response:
        headers = dict(line.get("headers", {}))
        for key, header in (("as", "X-Auth-Token"), ("about", "X-Subject-Token")):
            if key in line:
                headers[header] = self.names.get(line[key], NOTHING)
        body = line.get("body")
        if isinstance(body, dict) and body.keys() == {"bytes"}:
            content = base64.b64decode(body["bytes"])
        else:
            content = b"" if body is None else self._filled(json.dumps(body)).encode()
            headers.setdefault("content-type", "application/json")
        path = ROOTS[line["service"]] + self._filled(line["path"])
        answer = await self.cloud.http.request(line["method"], path, headers=headers, content=content)
        assert answer.status_code != 500, f"{line['method']} {path} {body}: {answer.text}"
        return answer

    def _filled(self, text: str) -> str:
        return NAME.sub(lambda m: self.names.get(m[1], m[0]), text)

    def _learn(self, line: Line, answer: httpx.Response) -> None:
        if "login" in line:
            self.names[line["login"]] = answer.headers["X-Subject-Token"]
        for name, path in line.get("gives", {}).items():
            try:
                self.names[name] = self._at(answer.json(), path)
            except (LookupError, StopIteration, TypeError, ValueError):
                self.unmade[name] = _request(line)

    def _at(self, answer: Any, path: list[Any]) -> str:
        for step in path:
            if isinstance(answer, list) and isinstance(step, str):
                key, _, value = step.partition("=")
                answer = next(item for item in answer if item.get(key) == self._filled(value))
            else:
                answer = answer[step]
        if not isinstance(answer, str | int):
            raise TypeError(answer)
        return str(answer)

    def _forget(self, line: Line) -> None:
        self.unmade |= dict.fromkeys(line.get("gives", {}), _request(line))


def _shape(answer: httpx.Response) -> Any:
    if not answer.content:
        return shape(None)
    try:
        return shape(answer.json())
    except ValueError:
        return "bytes"


def _request(line: Line) -> str:
    """What kind of request it is: the path without ids, the names of its questions, an action's name."""
    path, _, query = line["path"].partition("?")
    words = [line["method"], line["service"], NAME.sub("{id}", path)]
    if keys := sorted({pair.split("=")[0] for pair in query.split("&")} - {""}):
        words[-1] += "?" + "&".join(keys)
    if path.endswith("/action"):
        words.append("+".join(line["body"]))
    return " ".join(words)


def _listed() -> dict[tuple[str, str], tuple[set[str], str]]:
    """The clients that meet each difference, and its reason."""
    rows = [line.split("\t") for line in (HERE / "differences.tsv").read_text().splitlines()]
    return {(request, what): (set(clients.split(",")), reason) for request, what, clients, reason in rows}


def _rewrite(client: str, found: set[tuple[str, str]]) -> None:
    clients: dict[tuple[str, str], set[str]] = defaultdict(set)
    reasons = {}
    for key, (known, reason) in _listed().items():
        clients[key] = known - {client}
        reasons[key] = reason
    for key in found:
        clients[key].add(client)
    rows = [
        (*key, ",".join(sorted(who)), reasons.get(key, UNEXPLAINED)) for key, who in clients.items() if who
    ]
    rows.sort(key=lambda row: (row[0].split(" ", 2)[1:], row))
    (HERE / "differences.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


@pytest.mark.parametrize("client", RECORDINGS)
async def test_a_days_work_is_answered_as_upstream_does(
    client: str, cloud: Cloud, request: pytest.FixtureRequest
) -> None:
    text = (HERE / "recordings" / f"{client}.jsonl").read_text()
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
        await identity.bootstrap(ctx, admin_password=ADMIN_PASSWORD)
        for manifest in map(service_folders.manifest, SERVICES):
            url = f"{ctx.platform.endpoint}{manifest.endpoint}"
            await identity.ensure_service(ctx, manifest.type, manifest.catalog_name, url)
    replay = Replay(cloud, [json.loads(line) for line in text.splitlines()])
    found = set(await replay.differences())
    if request.config.getoption("--rewrite-golden"):
        _rewrite(client, found)
    listed = {key for key, (clients, _) in _listed().items() if client in clients}
    new, gone = sorted(found - listed), sorted(listed - found)
    assert not new, "\n".join(map(" -> ".join, new[:20]))
    assert not gone, "these are mended: take them off the list\n" + "\n".join(map(str, gone[:20]))


def test_every_difference_has_its_reason() -> None:
    assert [key for key, (_, reason) in _listed().items() if reason == UNEXPLAINED] == []
