"""What came of a request about many things: always 200, with what became of each in the body."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.http.routes import Reply, Request
from haneul.services.object_storage.operations.bulk import Outcome


def reply(
    outcome: Outcome,
    request: Request,
    *,
    counted: str = "Number Deleted",
    problem_status: str = "400 Bad Request",
) -> Reply:
    """As JSON where that is asked for, else as lines."""
    status = "200 OK"
    if outcome.problem or outcome.failures:
        status = problem_status
    elif counted == "Number Deleted" and not outcome.done and outcome.not_found:
        status = "404 Not Found"
    document: dict[str, Any] = {
        counted: outcome.done,
        "Response Status": status,
        "Response Body": outcome.problem,
    }
    if counted == "Number Deleted":
        document["Number Not Found"] = outcome.not_found
    document["Errors"] = [list(failure) for failure in outcome.failures]
    if "json" in (request.header("accept") or ""):
        return Reply(msgspec.json.encode(document), status=200, content_type="application/json")
    lines = [f"{name}: {value}" for name, value in document.items() if name != "Errors"]
    lines.append("Errors:")
    lines += [f"{path}, {problem}" for path, problem in outcome.failures]
    return Reply("\n".join(lines).encode("utf-8", "replace"), status=200, content_type="text/plain")
