"""OpenAPI documents, made of the routes: what is declared is what is described.

Routes that only some microversions know say so in their description.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from haneul.kernel.http.answers import Content, alternatives, in_version, is_json, window_text
from haneul.kernel.http.faults import Envelope, plain
from haneul.kernel.http.routes import Route
from haneul.kernel.manifest import Manifest


def document(
    manifest: Manifest, routes: Sequence[Route], endpoint: str, envelope: Envelope = plain
) -> dict[str, Any]:
    """The OpenAPI 3.1 document of one service, whose faults look as `envelope` makes them."""
    parts = [(id(route), part, shape) for route in routes for part, shape in _shapes(route)]
    schemas, components = msgspec.json.schema_components(
        [shape for _, _, shape in parts], ref_template="#/components/schemas/{name}"
    )
    described: dict[int, dict[Any, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for (route_id, part, _), schema in zip(parts, schemas, strict=True):
        described[route_id][part].append(schema)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        item = paths.setdefault(manifest.path + route.path or "/", {})
        operation = _operation(manifest, route, described[id(route)], envelope)
        if route.method.lower() not in item:
            item[route.method.lower()] = operation
        else:  # the same path and method in an earlier or later window
            known = item[route.method.lower()]
            known["description"] += f"\n\n{operation['description']}"
            if "requestBody" in known and "requestBody" in operation:
                _merge_content(known["requestBody"]["content"], operation["requestBody"]["content"])
            _merge_responses(known["responses"], operation["responses"])
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


BODY = "body"


def _shapes(route: Route) -> Iterator[tuple[Any, Any]]:
    """(part, shape) of what the route takes, and gives with each status, in all versions."""
    if route.body is not None:
        yield BODY, route.body
    for status, answer in route.answers.items():
        if is_json(answer):
            for shape in alternatives(answer):
                yield status, in_version(shape, None)


def _operation(
    manifest: Manifest, route: Route, schemas: dict[Any, list[Any]], envelope: Envelope
) -> dict[str, Any]:
    doc = (route.handler.__doc__ or "").strip()
    operation: dict[str, Any] = {
        "operationId": f"{manifest.name}.{route.handler.__module__.rsplit('.', 1)[-1]}.{route.handler.__name__}",
        "summary": doc.split("\n")[0],
        "description": f"{doc} {window_text(route.window)}".rstrip(),
        "tags": [route.handler.__module__.rsplit(".", 1)[-1]],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in route.path_names
        ],
        "responses": _responses(route, schemas, envelope),
    }
    if route.auth:
        operation["security"] = [{"token": []}]
    if route.policy is not None:
        operation["x-policy"] = route.policy.name
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": schemas[BODY][0]} for kind in route.content_types},
        }
    return operation


def _responses(route: Route, schemas: dict[Any, list[Any]], envelope: Envelope) -> dict[str, Any]:
    """What it gives by status, and what it can fail with beside what every route can."""
    responses: dict[str, Any] = {}
    for status, answer in route.answers.items():
        response: dict[str, Any] = {"description": "Success"}
        if isinstance(answer, Content):
            response["content"] = {kind: {} for kind in answer.types}
        elif status in schemas:
            response["content"] = {"application/json": {"schema": _any_of(schemas[status])}}
        responses[str(status)] = response
    for error in sorted(route.errors, key=lambda e: (e.status, e.code)):
        response = responses.setdefault(str(error.status), {"description": "", "x-errors": {}})
        response.setdefault("x-errors", {})[error.code] = error.message
        response["description"] = " ".join(
            filter(None, (response["description"], f"`{error.code}`: {error.message}"))
        )
        kind, body = envelope(error(error.message), "req-ID")
        is_text = not kind.startswith("application/json")
        example = {"value": body.decode() if is_text else msgspec.json.decode(body)}
        content = response.setdefault("content", {}).setdefault(kind.split(";")[0], {})
        content.setdefault("examples", {})[error.code] = example
    return {**responses, "default": {"description": "A fault that any request can meet"}}


def _any_of(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _merge_responses(known: dict[str, Any], other: dict[str, Any]) -> None:
    for status, response in other.items():
        mine = known.setdefault(status, response)
        if mine is response:
            continue
        if "content" in response:
            _merge_content(mine.setdefault("content", {}), response["content"])
        for code, message in response.get("x-errors", {}).items():
            if code not in mine.setdefault("x-errors", {}):
                mine["x-errors"][code] = message
                mine["description"] += f" `{code}`: {message}"


def _merge_content(known: dict[str, Any], other: dict[str, Any]) -> None:
    for kind, content in other.items():
        mine = known.setdefault(kind, content)
        if mine is content or mine == content:
            continue
        mine.setdefault("examples", {}).update(content.get("examples", {}))
        options = [
            s for c in (mine, content) if "schema" in c for s in c["schema"].get("anyOf", [c["schema"]])
        ]
        if options:
            mine["schema"] = _any_of([s for i, s in enumerate(options) if s not in options[:i]])
