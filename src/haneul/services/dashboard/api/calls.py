"""The dashboard's only way to the cloud: requests to the public APIs with the token of who uses it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from haneul.kernel.http import inner

VERSIONS = "compute 2.96, volume 3.70, placement 1.39"
"""The microversions whose answers the pages know."""


PATH_CHARACTERS = "/%:@!$&'()*+,;=~"
"""What stands in a path as it is, beside letters and digits: no page's text begins a query."""


def segment(text: str) -> str:
    """What was entered, as one part of a path."""
    return quote(text, safe="")


class Refused(Exception):
    """An API did not do what was asked; `status` is 0 where there is no such service here."""

    def __init__(
        self, status: int, message: str, *, request_id: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.request_id = request_id
        self.headers = headers or {}


@dataclass(frozen=True)
class Call:
    """One request that a page made, for who wants to learn the API."""

    method: str
    path: str
    status: int
    milliseconds: float


class Api:
    """The APIs as one person may use them."""

    def __init__(
        self, app: Any, *, address: str, token: str = "", endpoints: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self._address = address
        self._token = token
        self.endpoints = endpoints or {}
        self.calls: list[Call] = []

    def as_holder_of(self, token: str) -> Api:
        """The same with another token; what it calls is counted here too."""
        other = Api(self._app, address=self._address, token=token, endpoints=self.endpoints)
        other.calls = self.calls
        return other

    def has(self, service: str) -> bool:
        """Whether the catalogue lists such a service."""
        return service in self.endpoints

    def path(self, service: str, path: str) -> str:
        base = self.endpoints.get(service)
        if base is None:
            raise Refused(0, f"There is no {service} service in this cloud.")
        return base + path

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """The decoded answer. A value of None is no parameter."""
        return await self.ask("GET", service, path, query=query)

    async def post(self, service: str, path: str, body: Any) -> Any:
        return await self.ask("POST", service, path, body=body)

    async def put(self, service: str, path: str, body: Any = None) -> Any:
        return await self.ask("PUT", service, path, body=body)

    async def patch(self, service: str, path: str, body: Any) -> Any:
        return await self.ask("PATCH", service, path, body=body)

    async def delete(self, service: str, path: str) -> None:
        await self.ask("DELETE", service, path)

    async def ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded answer, None if it is empty; Refused if it is a refusal."""
        answer = await self.request(method, self.path(service, path), query=query, body=body, headers=headers)
        return decoded(answer)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> inner.InnerAnswer:
        """The whole answer, whatever its status is below 400; Refused beyond."""
        wanted = [(k, v) for k, v in (query or {}).items() if v is not None]
        target = quote(path, safe=PATH_CHARACTERS) + ("?" + urlencode(wanted, doseq=True) if wanted else "")
        fields = {"accept": "application/json", "openstack-api-version": VERSIONS}
        if self._token:
            fields["x-auth-token"] = self._token
        content = b""
        if isinstance(body, bytes):
            content = body
        elif body is not None:
            fields["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        fields |= headers or {}
        began = time.perf_counter()
        answer = await inner.call(
            self._app, method, target, headers=fields, body=content, address=self._address
        )
        took = (time.perf_counter() - began) * 1000
        self.calls.append(Call(method, target, answer.status, round(took, 1)))
        if answer.status >= 400:
            request_id = answer.headers.get("x-openstack-request-id", "")
            raise Refused(answer.status, message(answer), request_id=request_id, headers=answer.headers)
        return answer


def decoded(answer: inner.InnerAnswer) -> Any:
    if not answer.body:
        return None
    if answer.headers.get("content-type", "").startswith("application/json"):
        return msgspec.json.decode(answer.body)
    return answer.body.decode(errors="replace")


def message(answer: inner.InnerAnswer) -> str:
    """What a fault says, in whatever envelope."""
    if answer.headers.get("content-type", "").startswith("application/json"):
        fault = msgspec.json.decode(answer.body)
        while isinstance(fault, (dict, list)) and fault:
            if isinstance(fault, list):
                fault = fault[0]
                continue
            for name in ("message", "detail", "NeutronError"):
                if isinstance(fault.get(name), str) and fault[name]:
                    return str(fault[name])
            fault = next((v for v in fault.values() if isinstance(v, (dict, list))), None)
    text = answer.body.decode(errors="replace")
    words = text.partition("<br />")[2] if "<br />" in text else text
    return " ".join(words.replace("<br />", " ").replace("</body>", "").replace("</html>", "").split())[:500]


def services(catalog: list[dict[str, Any]]) -> dict[str, str]:
    """Service type -> path, of what the catalogue gives to everybody."""
    return {
        entry["type"]: urlsplit(endpoint["url"]).path.rstrip("/")
        for entry in catalog
        for endpoint in entry["endpoints"]
        if endpoint["interface"] == "public"
    }


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """The answers of several calls made at once; a refusal stands in the place of its answer."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refused):
            raise answer
    return list(answers)


def part(answer: Any, name: str, default: Any) -> Any:
    """That part of the answer, or the default where it was a refusal."""
    return answer.get(name, default) if isinstance(answer, dict) else default
