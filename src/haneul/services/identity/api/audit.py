"""Events for every change of identity, derived from its routes: no handler speaks of them.

What a route changes is read from its path: `PUT /projects/{project_id}/users/{user_id}/roles/{role_id}`
creates a role assignment. The event is logged in the handler's own transaction; a change that fails
leaves none.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Reply, Request, Route
from haneul.services.identity.events import IdentityChanged, Initiator, Target

VERBS = {"POST": "created", "PUT": "created", "PATCH": "updated", "DELETE": "deleted"}
LOGINS = ("/v3/auth/", "/v3/ec2tokens", "/v3/s3tokens", "/v3/OS-OAUTH2/token")
"""What is asked there changes nothing that others could see."""
_SPECIAL = {
    "user_password": ("updated", "user"),
    "project_tag": ("updated", "project"),
    "domain_config": ("updated", "domain_config"),
}
_ACCOUNTS = ("user", "group", "project", "domain", "role", "trust")


def audited(route: Route) -> Route:
    """The route, whose success is an event if it changes something."""
    names = [name for name, kind in route.arguments if kind == "ctx"]
    if route.method not in VERBS or not names or _is_login(route):
        return route
    action, kind = action_of(route)

    @functools.wraps(route.handler)
    async def handler(**values: Any) -> Any:
        ctx: Context = values[names[0]]
        result = await route.handler(**values)
        if isinstance(result, Reply) and (result.status or route.status) >= 400:
            return result
        path = _path_values(route, values)
        events = [_event(ctx, action, kind, id, path) for id in _ids(route, path, result)]
        if route.transaction:
            await _log(ctx, events)
        else:
            await ctx.transact(_log, events)
        return result

    return replace(route, handler=handler)


def _path_values(route: Route, values: dict[str, Any]) -> dict[str, str]:
    """The parameters of the path, also where the handler reads the path by itself."""
    request = next((value for value in values.values() if isinstance(value, Request)), None)
    if request is None:
        return {name: values[name] for name, source in route.arguments if source == "path"}
    template = route.path.split("/")
    words = request.path.split("/")[-len(template) :]
    return {name[1:-1]: word for name, word in zip(template, words, strict=False) if name.startswith("{")}


def _is_login(route: Route) -> bool:
    return route.path.startswith(LOGINS) and route.method != "DELETE"


def action_of(route: Route) -> tuple[str, str]:
    """The verb, and the kind of what it is done to."""
    words = [word for word in route.path.removeprefix("/v3").split("/") if word]
    kinds = [_singular(word) for word in words if not word.startswith(("{", "OS-")) and word != "auth"]
    if "inherited_to_projects" in kinds:
        kinds.remove("inherited_to_projects")
    if kinds[-1] == "role" and len(kinds) > 1:
        return VERBS[route.method], "role_assignment"
    special = _SPECIAL.get("_".join(kinds[:2]))
    return special or (VERBS[route.method], "_".join(kinds))


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _ids(route: Route, path: dict[str, str], result: Any) -> Iterator[str | None]:
    """The ids of what was changed: from the answer where it was made there, else the last of the path."""
    body = result.body if isinstance(result, Reply) else result
    if route.method == "POST" and isinstance(body, dict):
        for made in body.values():
            for one in made if isinstance(made, list) else [made]:
                if isinstance(one, dict) and "id" in one:
                    yield one["id"]
        return
    action, kind = action_of(route)
    owner = path.get(f"{kind}_id") if action == "updated" else None
    yield owner or next(reversed(path.values()), None)


def _event(ctx: Context, action: str, kind: str, id: str | None, path: dict[str, str]) -> IdentityChanged:
    auth = ctx.auth
    typed = f"data/security/account/{kind}" if kind in _ACCOUNTS else f"data/security/{kind}"
    return IdentityChanged(
        f"{action}.{kind}",
        Target(typed, id, path),
        Initiator(
            "service/security/account/user",
            auth.user_id,
            auth.user_name,
            auth.user_domain_id,
            auth.project_id,
        ),
        id,
    )


async def _log(ctx: Context, events: list[IdentityChanged]) -> None:
    for event in events:
        await ctx.emit(event)
