"""Every route says what it answers and what it can fail with, and the documents say it too.

That it is true is seen by `tests/answers.py`, whatever the tests call.
"""

from __future__ import annotations

import ast
import inspect

import msgspec
import pytest

from haneul import control_plane
from haneul.kernel.http.answers import COMMON_ERRORS, UNDECLARED, is_json
from haneul.kernel.http.openapi import document
from tests.architecture.source import SERVICES, files, place, tree


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_what_it_answers(service: str) -> None:
    routes = control_plane.served(service).routes
    silent = [f"{r.method} {r.path}" for r in routes if UNDECLARED in r.answers.values()]
    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_route_declares_what_every_route_can_fail_with(service: str) -> None:
    for route in control_plane.served(service).routes:
        assert not set(route.errors) & set(COMMON_ERRORS), route
        assert len(set(route.errors)) == len(route.errors), route


@pytest.mark.parametrize("service", SERVICES)
def test_the_documents_have_the_answers_and_the_errors(service: str) -> None:
    served = control_plane.served(service)
    made = document(served.manifest, served.routes, "http://cloud.test", served.envelope)
    msgspec.json.encode(made)
    for route in served.routes:
        operation = made["paths"][served.manifest.path + route.path or "/"][route.method.lower()]
        responses = operation["responses"]
        for status, answer in route.answers.items():
            content = responses[str(status)].get("content", {})
            is_described = any("schema" in each for each in content.values())
            assert is_described == is_json(answer), route
        for error in route.errors:
            response = responses[str(error.status)]
            assert error.code in response["x-errors"], route
            assert any(error.code in each.get("examples", {}) for each in response["content"].values()), route


@pytest.mark.parametrize("service", SERVICES)
def test_the_microversions_that_handlers_ask_for_have_names(service: str) -> None:
    unnamed = [
        f"{place(path)}:{node.lineno}"
        for path in files(service)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, (ast.Attribute, ast.Name))
        and ast.unparse(node.func).rsplit(".", 1)[-1] == "wants"
        and any(isinstance(each, ast.Tuple) for each in node.args)
    ]
    assert unnamed == [], "versions.py of the service names what came with each"


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_docstring(service: str) -> None:
    """It is what the reference says of the route."""
    routes = control_plane.served(service).routes
    silent = [f"{r.method} {r.path}" for r in routes if not inspect.getdoc(inspect.unwrap(r.handler))]
    assert silent == []
