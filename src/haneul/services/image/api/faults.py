"""The image service's fault envelope: a small HTML page, or for who would rather have JSON a document of the same."""

from __future__ import annotations

from html import escape

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import TITLES
from haneul.kernel.http.faults import for_programs as envelope_for_programs

__all__ = ["envelope", "envelope_for_programs"]


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    status = f"{error.status} {TITLES.get(error.status, 'Error')}"
    page = (
        f"<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n"
        f"  {escape(error.text, quote=False)}<br /><br />\n\n\n\n </body>\n</html>"
    )
    return "text/html; charset=UTF-8", page.encode()
