"""/metrics, in Prometheus's format: for who asks from this machine, and through nobody else."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_OF_PROXIES = ("FORWARDED", "X-FORWARDED-FOR", "VIA")


class Metrics:
    async def on_get(self, req: Any, resp: Any) -> None:
        if not _is_from_here(req):
            resp.status = 404
            return
        resp.content_type = CONTENT_TYPE_LATEST
        resp.data = generate_latest()


def _is_from_here(req: Any) -> bool:
    try:
        is_local = ip_address(req.remote_addr or "").is_loopback
    except ValueError:
        return False
    return is_local and not any(req.get_header(name) for name in _OF_PROXIES)
