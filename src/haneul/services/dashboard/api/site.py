"""/dashboard: pages, beside the routes. A page is looked after here from the request's cookies to the answer's.

A form counts only if it comes from a page of this session: it carries a token that only such a page has, and the
browser says that it comes from here.
"""

from __future__ import annotations

import base64
import time
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import falcon.asgi
import msgspec
import structlog
from falcon.routing import CompiledRouter

from haneul.kernel import log
from haneul.kernel.errors import BadRequest, Forbidden, HaneulError, MethodNotAllowed, NotFound, TooLarge
from haneul.kernel.http.app import Application
from haneul.kernel.http.page_safety import protect
from haneul.kernel.http.routes import Query
from haneul.kernel.http.static_files import StaticFiles, compressed, takes_gzip
from haneul.kernel.ids import new_request_id
from haneul.services.dashboard import errors
from haneul.services.dashboard.api import texts
from haneul.services.dashboard.api.calls import PATH_CHARACTERS, Api, Refused, segment
from haneul.services.dashboard.api.rendering import Rendering
from haneul.services.dashboard.api.visits import (
    HOME,
    Answer,
    Download,
    NothingNew,
    Page,
    Pages,
    Place,
    Redirect,
    Visit,
)
from haneul.services.dashboard.model import sessions as model
from haneul.services.dashboard.operations import sessions

FOLDER = Path(__file__).parent.parent / "pages"
SESSION, VISIT, NOTICE = "haneul_session", "haneul_visit", "haneul_notice"
LANGUAGE, THEME, CALLS = "haneul_language", "haneul_theme", "haneul_calls"
THEMES = ("auto", "light", "dark")
FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM = 512 << 10
LONGEST_NOTICE = 600
FOR_A_SESSION = 0
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Scripts run that a page of ours names: objects of anybody are at the same address, and may be scripts too."""
ELSEWHERE = ("cross-site", "same-site")
"""What a browser says of requests that a page of somebody else made."""
logger = structlog.get_logger(__name__)


def mount(app: Application, declared: Iterable[Pages]) -> None:
    """The pages, and what they load, are beside the routes."""
    app.home = HOME
    site = Site(app, _rendering())
    app.missing_page = site.missing
    app.falcon.add_route(f"{HOME}/static/{{name:path}}", _statics())
    entrance = _Entrance(app, site, tuple(declared))
    for path in ("", "/{rest:path}"):
        app.falcon.add_route(HOME + path, entrance)


@cache
def _statics() -> StaticFiles:
    return StaticFiles(FOLDER / "static")


@cache
def _rendering() -> Rendering:
    """The templates, compiled once for all applications that show them."""
    return Rendering(FOLDER / "templates", _statics())


class _Answers:
    """What answers each method; the router wants to see all of them at whatever it leads to."""

    def __init__(self) -> None:
        for method in ("get", "head", "post", "put", "patch", "delete", "options"):
            setattr(self, f"on_{method}", self._respond)

    async def _respond(self, req: Any, resp: Any, **path: str) -> None:
        raise NotImplementedError


class _Places(_Answers):
    """What is at one path, by method."""

    def __init__(self, places: dict[str, Place]) -> None:
        super().__init__()
        self.places = places


@cache
def _router_of(declared: tuple[Pages, ...]) -> CompiledRouter:
    """The places of these pages by their paths, compiled once for all applications that have them."""
    by_path: dict[str, dict[str, Place]] = defaultdict(dict)
    for pages in declared:
        for place in pages.places:
            by_path[place.path][place.method] = place
    router = CompiledRouter()
    scaffold = falcon.asgi.App(router=router)
    for path, places in by_path.items():
        scaffold.add_route(HOME + path, _Places(places))
    return router


class _Entrance(_Answers):
    """Where all requests for pages come in. The way on from it is made when the first one comes."""

    def __init__(self, app: Application, site: Site, declared: tuple[Pages, ...]) -> None:
        super().__init__()
        self._app = app
        self._site = site
        self._declared = declared

    async def _respond(self, req: Any, resp: Any, **path: str) -> None:
        match = _router_of(self._declared).find(req.path)
        if match is None:
            await self._app.nothing_here(req, resp)
            return
        at = cast(_Places, match[0])
        place = at.places.get("GET" if req.method == "HEAD" else req.method)
        await self._site.serve(place, bool(at.places), req, resp, match[2])


class Site:
    def __init__(self, app: Application, rendering: Rendering) -> None:
        self._app = app
        self._rendering = rendering

    async def missing(self, req: Any, resp: Any) -> None:
        """A page that says that there is none."""
        await self.serve(None, False, req, resp, {})

    async def serve(
        self, place: Place | None, is_there: bool, req: Any, resp: Any, path: dict[str, str]
    ) -> None:
        """The page, or one that says why not."""
        began = time.perf_counter()
        visit = self._visit(req)
        try:
            answer = await self._answer(place, is_there, visit, req, path)
        except Refused as refusal:
            answer = self._refused(visit, refusal)
        except errors.NoSession:
            answer = self._to_login(visit)
        except HaneulError as problem:
            answer = _failed(problem.status, problem.text, visit.request_id)
        except Exception:
            logger.exception(
                "page failed", path=log.cut(req.path), method=req.method, request_id=visit.request_id
            )
            problem = HaneulError()
            answer = _failed(problem.status, problem.text, visit.request_id)
        try:
            self._send(visit, answer, req, resp)
        except Exception:
            logger.exception(
                "page cannot be drawn", path=log.cut(req.path), method=req.method, request_id=visit.request_id
            )
            self._send(visit, _failed(500, HaneulError().text, visit.request_id), req, resp)
        who = visit.session.user_id if visit.session else None
        log.access(req.method, req.path, resp.status, time.perf_counter() - began, visit.request_id, who)

    def _visit(self, req: Any) -> Visit:
        known = {name: value for name, value in req.cookies.items() if name.startswith("haneul_")}
        platform = self._app.platform
        address = req.remote_addr or ""
        theme = known.get(THEME, "")
        return Visit(
            path=quote(req.path),
            query=Query(""),
            form=Query(""),
            texts=texts.Texts(texts.chosen(known.get(LANGUAGE, ""), req.get_header("accept-language") or "")),
            theme=theme if theme in THEMES else THEMES[0],
            now=platform.clock.now(),
            address=address,
            api=Api(self._app.falcon, address=address),
            platform=platform,
            is_fragment=req.get_header("hx-request") == "true",
            request_id=new_request_id(),
            known=known,
            shows_calls=known.get(CALLS) == "1",
        )

    async def _answer(
        self, place: Place | None, is_there: bool, visit: Visit, req: Any, path: dict[str, str]
    ) -> Answer:
        visit.query = Query(req.query_string)
        if secret := visit.known.get(SESSION):
            try:
                visit.session = await sessions.of(visit.platform, secret)
            except errors.NoSession:
                visit.cookies[SESSION] = "", -1
            else:
                visit.secret = secret
                visit.api = Api(
                    self._app.falcon,
                    address=visit.address,
                    token=visit.session.token,
                    endpoints=visit.session.endpoints,
                )
        if visit.session is None:
            visit.secret = visit.known.get(VISIT) or model.new_secret()
        if place is None:
            raise MethodNotAllowed if is_there else NotFound
        if "\0" in req.path or {".", ".."} & set(path.values()):  # a browser takes these for another address
            raise NotFound
        if visit.session is None and not place.is_public:
            return self._to_login(visit)
        if place.needs and not visit.api.has(place.needs):
            raise NotFound
        if place.method == "POST":
            visit.form = await _form(req)
            if _is_from_elsewhere(req, self._app.platform.endpoint) or not model.is_form_token(
                visit.secret, visit.form.get("form_token") or ""
            ):
                raise Forbidden(
                    visit.t("This form is out of date, or comes from another site. Open the page again.")
                )
        return await place.show(visit, **{name: segment(value) for name, value in path.items()})

    def _refused(self, visit: Visit, refusal: Refused) -> Answer:
        if refusal.status == 401:  # the token is good for nothing any more, and so is the session
            visit.cookies[SESSION] = "", -1
            return self._to_login(visit)
        status = refusal.status if 400 <= refusal.status < 600 else 404
        return _failed(status, refusal.message, refusal.request_id or visit.request_id)

    def _to_login(self, visit: Visit) -> Answer:
        visit.session = None
        wanted = visit.path if visit.path != HOME and not visit.is_fragment else ""
        return Redirect("/login" + (f"?next={segment(wanted)}" if wanted else ""))

    def _send(self, visit: Visit, answer: Answer, req: Any, resp: Any) -> None:
        resp.set_header("Referrer-Policy", "same-origin")
        resp.set_header("Cache-Control", "no-store")
        resp.set_header("Vary", "Accept-Encoding, Accept-Language, Cookie")
        resp.set_header("x-openstack-request-id", visit.request_id)
        nonce = model.new_secret()
        protect(resp, POLICY.format(nonce=nonce))
        if isinstance(answer, Redirect):
            self._redirect(visit, answer, resp)
        elif isinstance(answer, NothingNew):
            resp.status = 204
        elif isinstance(answer, Download):
            resp.content_type = answer.content_type
            resp.downloadable_as = answer.name
            resp.data = answer.content
        else:
            notice = _notice(visit.known.get(NOTICE, "")) if not visit.is_fragment else None
            if notice is not None:
                visit.cookies.setdefault(NOTICE, ("", -1))
            if visit.session is None and visit.secret != visit.known.get(VISIT):
                visit.cookies[VISIT] = visit.secret, FOR_A_SESSION
            content = self._rendering.page(visit, answer, notice, nonce)
            resp.status = answer.status
            resp.content_type = "text/html; charset=utf-8"
            if takes_gzip(req):
                resp.set_header("Content-Encoding", "gzip")
                content = compressed(content)
            resp.data = content
        is_secure = self._app.platform.endpoint.startswith("https:")
        for name, (value, seconds) in visit.cookies.items():
            if seconds < 0:
                resp.unset_cookie(name, path=HOME, same_site="Lax")
            else:
                resp.set_cookie(
                    name,
                    value,
                    max_age=seconds or None,
                    path=HOME,
                    http_only=True,
                    secure=is_secure,
                    same_site="Lax",
                )

    def _redirect(self, visit: Visit, answer: Redirect, resp: Any) -> None:
        where = quote(HOME + answer.path, safe=f"{PATH_CHARACTERS}?")
        if visit.is_fragment:
            resp.set_header("HX-Redirect", where)
            resp.status = 204
        else:
            resp.status = 303
            resp.set_header("Location", where)
        if answer.notice:
            cookie = msgspec.json.encode([answer.is_bad, answer.notice[:LONGEST_NOTICE]])
            visit.cookies[NOTICE] = base64.urlsafe_b64encode(cookie).decode(), FOR_A_SESSION


async def _form(req: Any) -> Query:
    kind = (req.content_type or "").split(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise BadRequest(f"A form is sent as {FORM_TYPE}.")
    raw = bytearray()
    async for chunk in req.stream:
        raw += chunk
        if len(raw) > LARGEST_FORM:
            raise TooLarge(limit=LARGEST_FORM)
    if (req.get_header("content-length") or str(len(raw))) != str(len(raw)):
        raise BadRequest("The connection was closed before the whole form had arrived.")
    try:
        return Query(raw.decode("ascii"))
    except UnicodeDecodeError:
        raise BadRequest("A form is sent in ASCII, with everything else written as %XX.") from None


def _is_from_elsewhere(req: Any, endpoint: str) -> bool:
    """Whether a page of somebody else sent it, as far as the browser says."""
    if req.get_header("sec-fetch-site") in ELSEWHERE:
        return True
    origin = req.get_header("origin")
    if origin is None:
        return False
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return True
    return named not in (req.netloc, urlsplit(endpoint).netloc)


def _notice(text: str) -> tuple[bool, str] | None:
    """(whether it is bad news, the news), which the page before this one left."""
    try:
        is_bad, parts = msgspec.json.decode(base64.urlsafe_b64decode(text), type=tuple[bool, str])
    except (ValueError, msgspec.MsgspecError):
        return None
    return is_bad, parts


def _failed(status: int, message: str, request_id: str) -> Page:
    return Page("failed.html", {"status": status, "message": message, "request_id": request_id}, status)
