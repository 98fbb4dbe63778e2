"""Every operation of upstream's reference is answered, or `docs/services/image.md` says why not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import Cloud

LINES = Path(__file__).with_name("upstream_operations.txt").read_text().splitlines()
PAGE = Path(__file__).parents[3] / "docs" / "services" / "image.md"
ID = "00000000-0000-4000-8000-000000000000"


async def test_every_operation_is_answered_or_refused_for_a_reason(cloud: Cloud) -> None:
    """Nothing has these names, so most answers are faults; never are they "no such address or method"."""
    nowhere = await cloud.admin.get("/image/v2/no-such-thing")
    unanswered = []
    for line in LINES:
        method, path = line.split()
        answer = await cloud.admin.call(method, "/image" + re.sub(r"{\w+}", ID, path))
        is_unknown = answer.status_code == 404 and answer.text == nowhere.text
        if answer.status_code == 405 or is_unknown:
            unanswered.append(f"{method} {path.removeprefix('/v2/')}")
    assert unanswered == ["DELETE tasks/{task_id}"]
    page = PAGE.read_text()
    assert all(f"`{operation}`" in page for operation in unanswered)
