"""The HTTP face of the cloud: every service's routes on one port, and the walk of a request.

Route, version, token, role part of the policy, body, handler, answer: in that order, each failing with
the service's own envelope. A handler runs in one transaction, begun at its first statement; one that
lost a race (`StaleRow`, `Busy`) is run again, because nothing of it was committed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import falcon.asgi
import msgspec
import structlog
from falcon.routing import CompiledRouter

from haneul.kernel import access_rules, denials, log, races, room
from haneul.kernel.auth import ANONYMOUS, Auth
from haneul.kernel.context import NO_TRANSACTION, Asker, Context, Platform, Version
from haneul.kernel.db import ON_BEHALF_OF, Tx
from haneul.kernel.denials import Decisions, Refusal
from haneul.kernel.errors import (
    CONCEALED,
    HOST_FAILURES,
    BadRequest,
    Forbidden,
    HaneulError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    StoreFull,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from haneul.kernel.http import faults, schema
from haneul.kernel.http.exchange import Incoming, Outgoing, as_utf8, in_one_line
from haneul.kernel.http.page_safety import Locked, protect
from haneul.kernel.http.routes import (
    Query,
    Reply,
    Request,
    Route,
    encoded,
)
from haneul.kernel.http.schema import version_text
from haneul.kernel.ids import new_request_id
from haneul.kernel.manifest import Manifest, Microversions
from haneul.kernel.policy import covers_scope
from haneul.kernel.tasks import name_task

logger = structlog.get_logger(__name__)

Authenticate = Callable[[Platform, str], Awaitable[Auth]]
"""(platform, token) -> its authorisation; raises Unauthorized."""

IsFromHolder = Callable[[Platform, Auth, Request], bool]
"""Whether a request came with the certificate that its token is bound to."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "COPY")
NO_VERSION: Version = (0, 0)
LONGEST_REMEMBERED = 64
"""What headers of such a length say of versions is remembered."""


@dataclass(frozen=True, eq=False)
class Served:
    """A service as the HTTP layer sees it. It is equal to itself only."""

    manifest: Manifest
    routes: Sequence[Route]
    envelope: faults.Envelope
    envelope_for_programs: faults.Envelope | None = None
    """In place of a page, for who would rather have JSON."""
    is_frozen: bool = False
    """It answers in its oldest version, and neither reads nor gives the headers that choose one."""


class _Endpoint:
    """All routes of one path, by method and version, and what is the same for all of its requests."""

    def __init__(self, served: Served, routes: Sequence[Route]) -> None:
        self.served = served
        self.by_method: dict[str, list[Route]] = defaultdict(list)
        for route in routes:
            self.by_method[route.method].append(route)
        for method in METHODS:
            setattr(self, f"on_{method.lower()}", _never_called)

    def candidates(self, method: str) -> list[Route] | None:
        candidates = self.by_method.get(method)
        return self.by_method.get("GET") if candidates is None and method == "HEAD" else candidates


async def _never_called(req: Any, resp: Any, **path: str) -> None:
    """What the router wants to see at a resource; `_Face` serves ours itself."""


@lru_cache(maxsize=4)
def _router_of(services: tuple[Served, ...]) -> CompiledRouter:
    """The routes of these services, compiled once for all applications that serve them."""
    router = CompiledRouter()
    scaffold = falcon.asgi.App(router=router)
    for served in services:
        paths: dict[str, list[Route]] = defaultdict(list)
        for route in served.routes:
            paths[served.manifest.path + route.path].append(route)
        for path, routes in paths.items():
            scaffold.add_route(path or "/", _Endpoint(served, routes))
        for path, routes in _frozen(served, paths).items():
            scaffold.add_route(path, _Endpoint(replace(served, is_frozen=True), routes))
    return router


class _Router(CompiledRouter):
    """The routes of the services, then what one application has beside them."""

    def __init__(self, services: CompiledRouter) -> None:
        super().__init__()
        self._services = services

    def find(self, uri: str, req: Any = None) -> Any:
        if uri[:2] == "//":  # who guards a path in front of us does not know it by this name
            return None
        return self._services.find(uri, req) or super().find(uri, req)


class _Face(falcon.asgi.App):
    """Serves the routes of the services; what else there is under the port (pages, sockets) is Falcon's."""

    def __init__(self, application: Application, router: _Router) -> None:
        super().__init__(response_type=Locked, router=router, sink_before_static_route=False)
        self.req_options.strip_url_path_trailing_slash = True
        self.req_options.auto_parse_form_urlencoded = False
        self._application = application
        self._find = router.find

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] in METHODS:
            req = Incoming(scope, receive)
            match = self._find(req.path)
            is_for_people = match is None and self._application.is_for_people(req)
            if not is_for_people and (match is None or isinstance(match[0], _Endpoint)):
                resp = Outgoing()
                if match is None:
                    await self._application.nothing_here(req, resp)
                else:
                    await self._application.serve(match[0], req, resp, match[2])
                await resp.leave(scope, send)
                return
        await super().__call__(scope, receive, send)


class Application:
    def __init__(
        self,
        platform: Platform,
        services: Sequence[Served],
        authenticate: Authenticate,
        is_from_holder: IsFromHolder,
    ) -> None:
        self.platform = platform
        self.authenticate = authenticate
        self.is_from_holder = is_from_holder
        self.services = services
        self.home = ""
        """Where a browser that opens the cloud's own address is sent, if there is a place for people."""
        self.missing_page: Callable[[Any, Any], Awaitable[None]] = self.nothing_here
        """Answers a browser that asks for a page which that place has not."""
        self._keeper = next((s.manifest for s in services if s.manifest.challenge), None)
        self.falcon = _Face(self, _Router(_router_of(tuple(services))))
        self._by_prefix = sorted(
            ((s.manifest.path, s) for s in services), key=lambda pair: len(pair[0]), reverse=True
        )
        self.falcon.add_sink(self.nothing_here, prefix="/")

    def is_for_people(self, req: Any) -> bool:
        """Whether a browser asks for something where pages are, or for the cloud's own address."""
        is_there = self.home and (req.path == "/" or req.path.startswith(f"{self.home}/"))
        return bool(is_there) and "text/html" in req.get_header("accept", default="")

    async def nothing_here(self, req: Any, resp: Any, **_: Any) -> None:
        request_id = new_request_id()
        if self.is_for_people(req):
            if req.path != "/":
                await self.missing_page(req, resp)
                return
            resp.set_header("x-openstack-request-id", request_id)
            resp.status = 303
            resp.set_header("Location", self.home)
            return
        for prefix, served in self._by_prefix:
            if req.path == prefix or req.path.startswith(prefix + "/"):
                request_id = served.manifest.request_id()
                _say_id(served, request_id, resp)
                self._fail(served, NotFound(), request_id, req, resp)
                return
        resp.set_header("x-openstack-request-id", request_id)
        resp.status = 404
        resp.content_type, resp.data = faults.plain(NotFound(), request_id)

    async def serve(self, endpoint: _Endpoint, req: Incoming, resp: Outgoing, path: dict[str, str]) -> None:
        started = time.perf_counter()
        served = endpoint.served
        request_id = served.manifest.request_id()
        if served.manifest.vary:
            resp.set_header("Vary", served.manifest.vary)
        auth, decisions = ANONYMOUS, Decisions()
        try:
            if not served.manifest.takes_trailing_slashes and _has_trailing_slash(req, served.manifest):
                raise NotFound
            version = _negotiate(served, req, resp)
            candidates = endpoint.candidates(req.method)
            route = _choose(candidates, version)
            if route is None:
                if candidates is None:
                    resp.set_header("Allow", ", ".join(sorted(endpoint.by_method)))
                    raise MethodNotAllowed
                raise NotFound
            if "\0" in req.path and not route.reads_path:
                raise NotFound  # nothing has such a name, and not every store can be asked for it
            name_task(f"{served.manifest.type} {route.method} {route.path}")
            if route.auth:
                try:
                    auth = await self._asker(served, route, req)
                except Unauthorized:
                    if not route.lets_anybody_in:
                        raise
                ON_BEHALF_OF.set(auth.project_id or auth.user_id or "")
                if req.method in ("POST", "PUT", "PATCH", "COPY") and self.platform.is_full():
                    raise StoreFull
            await self._handle(route, auth, decisions, request_id, version, req, resp, path)
        except HaneulError as problem:
            error = problem
            if type(problem) in HOST_FAILURES:
                logger.warning("a host failed", reason=problem.text, path=req.path, request_id=request_id)
                error = type(problem)(CONCEALED)
            self._fail(served, error, request_id, req, resp)
            if refusal := decisions.behind(error):
                self._explain(refusal, error, auth, request_id, resp)
        except OSError as problem:
            refusal = room.refusal(problem)
            tell = logger.exception if refusal is None else logger.warning  # a full disk needs no long logs
            tell("request failed", path=log.cut(req.path), method=req.method, request_id=request_id)
            self._fail(served, refusal or HaneulError(), request_id, req, resp)
        except Exception:
            logger.exception(
                "request failed", path=log.cut(req.path), method=req.method, request_id=request_id
            )
            self._fail(served, HaneulError(), request_id, req, resp)
        _say_id(served, request_id, resp)
        log.access(req.method, req.path, resp.status, time.perf_counter() - started, request_id, auth.user_id)

    async def _asker(self, served: Served, route: Route, req: Any) -> Auth:
        """What the request's token stands for; Unauthorized if there is none that may be used for this."""
        token = req.get_header("x-auth-token") or _bearer(req)
        if not token:
            raise Unauthorized
        auth = await self.authenticate(self.platform, token)
        if auth.certificate_thumbprint and not self.is_from_holder(self.platform, auth, Request(req)):
            raise Unauthorized
        if not _is_within_rules(auth, route, served.manifest, req):
            raise Unauthorized
        return auth

    async def _handle(
        self,
        route: Route,
        auth: Auth,
        decisions: Decisions,
        request_id: str,
        version: Version,
        req: Incoming,
        resp: Outgoing,
        path: dict[str, str],
    ) -> None:
        rule, asker = route.policy, Asker(self.platform.policy, auth, decisions)
        if rule and not route.asks_late and not asker.may(rule):
            if route.hides_out_of_scope and not covers_scope(rule, auth.credentials()):
                raise NotFound("The resource could not be found.")
            raise Forbidden(action=rule.name)
        arguments: dict[str, Any] = {}
        context_name = None
        for name, kind in route.arguments:
            if kind == "ctx":
                context_name = name
            elif kind == "path":
                arguments[name] = path[name]
            elif kind == "query":
                arguments[name] = Query(req.query_string)
            elif kind == "request":
                arguments[name] = Request(req)
            else:
                arguments[name] = await self._body(route, req, version)
        is_read = req.method in ("GET", "HEAD")
        db = self.platform.db
        endpoint = self.platform.endpoint

        async def handle(tx: Tx) -> Any:
            ctx = Context(
                self.platform, auth, tx, request_id=request_id, version=version,
                endpoint=endpoint, asker=asker,
            )  # fmt: skip
            return await route.handler(**{context_name: ctx} if context_name else {}, **arguments)

        async def handle_in_transaction() -> Any:
            async with db.reading() if is_read else db.transaction() as tx:
                return await handle(tx)

        if route.transaction:
            result = await races.won(handle_in_transaction)
        else:
            result = await handle(NO_TRANSACTION)
        await self._answer(route, result, version, resp)

    async def _body(self, route: Route, req: Incoming, version: Version) -> Any:
        length = req.content_length
        if length is not None and length > route.limit:
            raise TooLarge(limit=route.limit)
        kind = (req.content_type or "application/json").split(";")[0].strip().lower()
        if kind not in route.content_types and length != 0:
            raise UnsupportedMediaType(content_type=kind)
        raw = await req.stream.read(route.limit + 1)
        if len(raw) > route.limit:
            raise TooLarge(limit=route.limit)
        if length is not None and len(raw) < length:
            raise BadRequest("The request body is shorter than its Content-Length.")
        return schema.decode(route.body, raw, version)

    async def _answer(self, route: Route, result: Any, version: Version, resp: Outgoing) -> None:
        status, content_type = route.status, "application/json"
        if isinstance(result, Reply):
            status = result.status or status
            content_type = result.content_type
            for name, value in result.headers.items():
                put = resp.append_header if name == "Set-Cookie" else resp.set_header
                put(name, as_utf8(value) if result.has_utf8_headers else in_one_line(value))
            result = result.body
        resp.status = status
        if result is None:
            return
        if isinstance(result, msgspec.Struct):
            schema.hide(result, type(result), version)
        if content_type != "application/json":
            resp.content_type = in_one_line(content_type)
            if not content_type.startswith("application/json"):
                protect(resp)
        if isinstance(result, bytes):
            resp.data = result
        elif isinstance(result, AsyncIterator):
            resp.stream = result
        else:
            resp.data = await encoded(result)

    def _explain(
        self,
        refusal: Refusal,
        error: HaneulError,
        auth: Auth,
        request_id: str,
        resp: Any,
    ) -> None:
        """The denial is remembered, and in the fault itself for who may read it there."""
        policy, credentials = self.platform.policy, auth.credentials()
        denial = denials.explain(
            policy,
            refusal,
            credentials,
            request_id=request_id,
            at=self.platform.clock.now(),
            is_hidden=error.status == 404,
        )
        self.platform.denials.add(denial)
        logger.info("denied", request_id=request_id, rule=denial.rule, user_id=denial.user_id)
        if policy.decide(denials.IN_FAULTS, {"user_id": denial.user_id}, credentials):
            resp.data = faults.with_denial(resp.content_type, resp.data, denial)

    def _fail(self, served: Served, error: HaneulError, request_id: str, req: Any, resp: Any) -> None:
        resp.status = error.status
        resp.stream = None
        if error.status == 401 and (keeper := self._keeper):
            where = f"{self.platform.endpoint}{keeper.path}"
            resp.set_header("WWW-Authenticate", f'{keeper.challenge} uri="{where}"')
        resp.content_type, resp.data = served.envelope(error, request_id)
        for_programs = served.envelope_for_programs
        if for_programs and faults.prefers_json(req.get_header("accept", default="")):
            resp.content_type, resp.data = for_programs(error, request_id)
        if not resp.content_type.startswith("application/json"):
            protect(resp)
        if error.status == 429 and "retry_after_s" in error.details:
            resp.set_header("Retry-After", str(error.details["retry_after_s"]))


def _negotiate(served: Served, req: Incoming, resp: Outgoing) -> Version:
    """The microversion of this request; 406 outside the window, 400 if it cannot be read."""
    window = served.manifest.microversions
    if window is None:
        return NO_VERSION
    if served.is_frozen:
        return schema.parse_version(window.minimum)
    wanted = req.get_header("openstack-api-version")
    legacy = req.get_header(window.legacy_header.lower()) if window.legacy_header else None
    is_short = len(wanted or "") + len(legacy or "") < LONGEST_REMEMBERED
    negotiated = _negotiated if is_short else _negotiated.__wrapped__
    version, headers = negotiated(window, wanted, legacy)
    for name, value in headers:
        resp.set_header(name, value)
    return version


@lru_cache(maxsize=1024)
def _negotiated(
    window: Microversions, header: str | None, legacy: str | None
) -> tuple[Version, tuple[tuple[str, str], ...]]:
    """(version, what the answer says of it)"""
    wanted = None
    for part in (header or "").split(","):
        words = part.split()
        if len(words) == 2 and words[0].lower() == window.type:
            wanted = words[1]
    if wanted is None:
        wanted = legacy
    low, high = schema.parse_version(window.minimum), schema.parse_version(window.maximum)
    if wanted is None:
        version = low
    elif wanted == "latest":
        version = high
    else:
        try:
            version = schema.parse_version(wanted)
        except ValueError:
            raise BadRequest(
                f"API Version String '{wanted}' is of invalid format. Must be of format MajorNum.MinorNum."
            ) from None
    if not low <= version <= high:
        raise NotAcceptable(
            f"Version {wanted} is not supported by the API. Minimum is {window.minimum} and maximum is "
            f"{window.maximum}.",
            version=wanted,
            minimum=window.minimum,
            maximum=window.maximum,
        )
    text, vary = version_text(version), "OpenStack-API-Version"
    headers = [(vary, f"{window.type} {text}")]
    if window.legacy_header:
        headers.append((window.legacy_header, text))
        vary += f", {window.legacy_header}"
    return version, (*headers, ("Vary", vary))


def _frozen(served: Served, paths: dict[str, list[Route]]) -> dict[str, list[Route]]:
    """The paths that a service keeps for clients older than its microversions, by what answers there."""
    window = served.manifest.microversions
    if window is None or window.frozen_path is None:
        return {}
    now, frozen = (served.manifest.path + each for each in window.frozen_path)
    oldest = schema.parse_version(window.minimum)
    return {
        frozen + path.removeprefix(now): [r for r in routes if r.window.covers(oldest)]
        for path, routes in paths.items()
        if path.startswith(now + "/")
    }


def _say_id(served: Served, request_id: str, resp: Any) -> None:
    resp.set_header("x-openstack-request-id", request_id)
    if served.manifest.request_id_header:
        resp.set_header(served.manifest.request_id_header, request_id)


def _choose(candidates: list[Route] | None, version: Version) -> Route | None:
    for route in candidates or ():
        if route.window.covers(version):
            return route
    return None


def _bearer(req: Any) -> str | None:
    """The token of a client that speaks OAuth 2.0."""
    scheme, _, token = req.get_header("authorization", default="").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_within_rules(auth: Auth, route: Route, manifest: Manifest, req: Any) -> bool:
    """Whether the token may be used for this at all."""
    if not auth.access_rules or route.ignores_access_rules:
        return True
    return access_rules.allow(auth.access_rules, manifest, req.method, req.path)


def _has_trailing_slash(req: Any, manifest: Manifest) -> bool:
    """Whether the path, as it was sent, ends in a slash below the service's own path and its version's."""
    is_below = req.path.count("/") > manifest.endpoint.count("/")
    return is_below and req.scope["path"].endswith("/")
