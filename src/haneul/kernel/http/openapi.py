"""OpenAPI documents, made of the routes: what is declared is what is described.

Routes that only some microversions know say so in their description.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from haneul.kernel.http.routes import Route, version_text
from haneul.kernel.http.schema import Window
from haneul.kernel.manifest import Manifest


def document(manifest: Manifest, routes: Sequence[Route], endpoint: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of one service."""
    bodies = [r.body for r in routes if r.body is not None]
    answers = [r.answer for r in routes if _is_struct(r.answer)]
    schemas, components = msgspec.json.schema_components(
        [*bodies, *answers], ref_template="#/components/schemas/{name}"
    )
    of_body = dict(zip((id(r) for r in routes if r.body is not None), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        item = paths.setdefault(manifest.path + route.path or "/", {})
        operation = _operation(manifest, route, of_body.get(id(route)))
        if route.method.lower() not in item:
            item[route.method.lower()] = operation
        else:  # the same path and method in an earlier or later window
            known = item[route.method.lower()]
            known["description"] += f"\n\n{operation['description']}"
            _merge_bodies(known, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{manifest.title} ({manifest.type})", "version": _version(manifest)},
        "servers": [{"url": endpoint}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
    }


def _version(manifest: Manifest) -> str:
    return manifest.microversions.maximum if manifest.microversions else "1"


def _is_struct(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, msgspec.Struct)


def _operation(manifest: Manifest, route: Route, body: Any) -> dict[str, Any]:
    doc = (route.handler.__doc__ or "").strip()
    found: dict[str, Any] = {
        "operationId": f"{manifest.name}.{route.handler.__module__.rsplit('.', 1)[-1]}.{route.handler.__name__}",
        "summary": doc.split("\n")[0],
        "description": doc + _window(route.window),
        "tags": [route.handler.__module__.rsplit(".", 1)[-1]],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in route.path_names
        ],
        "responses": {str(route.status): {"description": "Success"}, "default": {"description": "A fault"}},
    }
    if route.auth:
        found["security"] = [{"token": []}]
    if route.policy is not None:
        found["x-policy"] = route.policy.name
    if body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": body} for kind in route.content_types},
        }
    return found


def _merge_bodies(known: dict[str, Any], other: dict[str, Any]) -> None:
    if "requestBody" not in known or "requestBody" not in other:
        return
    for kind, content in other["requestBody"]["content"].items():
        mine = known["requestBody"]["content"].setdefault(kind, content)
        if mine is not content:
            options = mine["schema"].get("anyOf", [mine["schema"]])
            mine["schema"] = {"anyOf": [*options, content["schema"]]}


def _window(window: Window) -> str:
    text = ""
    if window.since:
        text += f" Since {version_text(window.since)}."
    if window.until:
        text += f" Until {version_text(window.until)}."
    return text
