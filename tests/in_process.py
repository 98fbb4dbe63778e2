"""Calls an application in the same process, as `httpx` does and with its answers, in a third of the time.

Half of the time of most tests went into `httpx`: what it can do for a browser (cookies, redirections, proxies,
encodings) is asked of each call. What is plain is done here, and all else is still done there.
"""

from __future__ import annotations

import asyncio
import json as json_module
import re
from typing import Any

import httpx

PLAIN_URL = re.compile(r"/[A-Za-z0-9._~/:@!$&'()*+,;=-]*(\?[A-Za-z0-9._~/:@!$()*+,;=&?-]*)?")
"""What stays as it is when a URL is brought into form."""
PLAIN_WORD = re.compile(r"[A-Za-z0-9._-]+")
SEEN_BY_HTTPX = {"set-cookie", "content-encoding"}
USUAL = {
    "host": "",
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "connection": "keep-alive",
    "user-agent": f"python-httpx/{httpx.__version__}",
}


def _with_query(url: Any, params: Any) -> Any:
    """The URL with these parameters, or None where httpx is to say how they are written."""
    if not params:
        return url
    if not isinstance(url, str) or "?" in url or not isinstance(params, dict):
        return None
    if not all(isinstance(value, str) and PLAIN_WORD.fullmatch(key + value) for key, value in params.items()):
        return None
    return url + "?" + "&".join(f"{key}={value}" for key, value in params.items())


class Answer(httpx.Response):
    """One that knows its request without having been made of it."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *request: Any) -> None:
        super().__init__(status, headers=headers, stream=httpx.AsyncByteStream())
        self._content = body
        self.is_closed = self.is_stream_consumed = True
        self._asked = request

    @property
    def request(self) -> httpx.Request:
        base, method, path, headers, content = self._asked
        return httpx.Request(method, base.join(path), headers=headers, content=content)


class InProcess(httpx.AsyncClient):
    """A client of one application. `client` is the address from which it seems to call."""

    def __init__(self, app: Any, base_url: str, client: tuple[str, int] = ("127.0.0.1", 123)) -> None:
        super().__init__(transport=httpx.ASGITransport(app, client=client), base_url=base_url)
        self._app = app
        self._address = client
        self._usual = USUAL | {"host": self.base_url.netloc.decode()}

    async def request(  # type: ignore[override]  # what is not named here has its usual value, or goes to httpx
        self,
        method: str,
        url: Any,
        *,
        headers: Any = None,
        json: Any = None,
        content: Any = None,
        **others: Any,
    ) -> httpx.Response:
        given = {
            name: value
            for name, value in others.items()
            if value is not None and value is not httpx.USE_CLIENT_DEFAULT
        }
        params = given.pop("params", None)
        sent = self._sent(method, _with_query(url, params), headers, json, content)
        if given or sent is None:
            given |= {"params": params}
            return await super().request(method, url, headers=headers, json=json, content=content, **given)
        path, fields, body = sent
        status, answered, data = await self._call(method, path, fields, body)
        if any(name in SEEN_BY_HTTPX for name in (raw.decode().lower() for raw, _ in answered)):
            return await self._as_httpx(method, path, fields, status, answered, data)
        return Answer(status, answered, data, self.base_url, method, path, fields, body)

    def _sent(
        self, method: str, url: Any, headers: Any, json: Any, content: Any
    ) -> tuple[str, dict[str, str], bytes] | None:
        """Path, headers and body of a plain call; None if it is not plain."""
        if not isinstance(url, str) or not PLAIN_URL.fullmatch(url) or "//" in url or "/." in url:
            return None
        if not isinstance(content, bytes | None) or len(self.cookies.jar) > 0:
            return None
        if not isinstance(headers, dict | None) or (content is not None and json is not None):
            return None
        fields = dict(self._usual)
        for name, value in (headers or {}).items():
            if not isinstance(name, str) or not isinstance(value, str) or not (name + value).isascii():
                return None
            fields[name.lower()] = value
        body = content or b""
        if json is not None:
            text = json_module.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            body = text.encode()
            fields.setdefault("content-type", "application/json")
        if body or method in ("POST", "PUT", "PATCH"):
            fields.setdefault("content-length", str(len(body)))
        return url, fields, body

    async def _call(
        self, method: str, url: str, fields: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path, _, query = url.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "scheme": self.base_url.scheme,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "server": (self.base_url.host, self.base_url.port),
            "client": self._address,
            "root_path": "",
        }
        requests = [{"type": "http.request", "body": body, "more_body": False}]
        is_over = asyncio.Event()
        starts: list[Any] = []
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if requests:
                return requests.pop()
            await is_over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert not starts
                starts.append(message)
            elif message["type"] == "http.response.body":
                assert not is_over.is_set()
                if method != "HEAD":
                    parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    is_over.set()

        await self._app(scope, receive, send)
        assert is_over.is_set()
        (start,) = starts
        return start["status"], list(start.get("headers", ())), b"".join(parts)

    async def _as_httpx(
        self, method: str, url: str, fields: Any, status: int, answered: Any, data: bytes
    ) -> httpx.Response:
        """The answer with its cookies kept and its body unpacked."""
        request = self.build_request(method, url, headers=fields)
        answer = httpx.Response(status, headers=answered, stream=httpx.ByteStream(data), request=request)
        self.cookies.extract_cookies(answer)
        await answer.aread()
        return answer
