"""Every list finds what real OpenStack finds for the same question, but for what `differences.tsv` names.

A line there: the question, what upstream finds, what we find, and why that is so for good.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from haneul.services.block_storage import public as block_storage
from haneul.services.identity import public as identity
from tests.conftest import Cloud
from tests.filters.questions import Question
from tests.filters.world import World, build

BASES = {
    "network": "/networking/v2.0",
    "image": "/image/v2",
    "identity": "/identity/v3",
    "compute": "/compute/v2.1",
    "volume": "/volume/v3",
}
HERE = Path(__file__).parent
UNEXPLAINED = "?"


class Ours:
    def __init__(self, cloud: Cloud) -> None:
        self.people = {"admin": cloud.admin, "member": cloud.member}

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        options: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        if isinstance(body, bytes):
            options["headers"] = {"Content-Type": "application/octet-stream"}
        answer = await self.people[who].call(method, BASES[service] + path, version=version, **options)
        with contextlib.suppress(ValueError):
            return answer.status_code, answer.json()
        return answer.status_code, answer.text


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text().splitlines()]


def test_each_difference_has_its_reason() -> None:
    assert [line for line in rows("differences.tsv") if len(line) != 7 or line[-1] == UNEXPLAINED] == []


async def test_lists_find_what_upstream_finds(cloud: Cloud, request: pytest.FixtureRequest) -> None:
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
        await identity.bootstrap(ctx, admin_password="a password")
    world = World(Ours(cloud))
    await build(world)
    differences = []
    for *asked, right in rows("answers.tsv"):
        question = Question(*asked)
        try:
            answer = await world.ask(question.who, question.kind, question.query, question.version or None)
        except KeyError as missing:
            answer = f"there is no attribute {missing}"
        if answer != right:
            differences.append([*question, right, answer])
    why = {tuple(line[:-1]): line[-1] for line in rows("differences.tsv")}
    if request.config.getoption("--rewrite-golden"):
        lines = ["\t".join((*d, why.get(tuple(d), UNEXPLAINED))) for d in differences]
        (HERE / "differences.tsv").write_text("".join(line + "\n" for line in lines))
    known = [list(line) for line in why]
    new = [d for d in differences if d not in known]
    gone = [d for d in known if d not in differences]
    assert not new, "\n".join(map(str, new[:20]))
    assert not gone, "these are mended: take them off the list\n" + "\n".join(map(str, gone[:20]))
