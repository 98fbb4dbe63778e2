"""Bodies that are forms (application/x-www-form-urlencoded)"""

from __future__ import annotations

from urllib.parse import parse_qs

from haneul.kernel.http.routes import Request

MOST_FIELDS = 100


async def fields(request: Request, limit: int) -> dict[str, str]:
    """The first value of each field; none if the body is of another kind, or cannot be read as a form."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    raw = await request.body(limit)
    try:
        lists = parse_qs(raw.decode(), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in lists.items()}
