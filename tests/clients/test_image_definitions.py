"""The stock client's commands for metadata definitions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.serving import Served
from tests.clients.stock import Client

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own


@pytest.fixture
def paint(admin: Client) -> Iterator[str]:
    admin.run("image metadef namespace create --public Paint")
    yield "Paint"
    admin.run("image metadef namespace delete Paint")


def namespaces(who: Client, *more: str) -> set[str]:
    return {row["namespace"] for row in who.json("image metadef namespace list", *more)}


def test_namespaces(admin: Client, demo: Client, served: Served) -> None:
    made = admin.json(
        "image metadef namespace create --display-name Old --description old --private --protected Mural"
    )
    assert (made["visibility"], made["protected"]) == ("private", True)
    assert "Mural" not in namespaces(demo)
    assert "403" in admin.refused("image metadef namespace delete Mural")
    admin.run(
        "image metadef namespace set --display-name New --description new --public --unprotected --tag one "
        "--tag two Mural"
    )
    shown = admin.json("image metadef namespace show Mural")
    assert (shown["display_name"], shown["description"]) == ("New", "new")
    assert (shown["visibility"], shown["protected"]) == ("public", False)
    assert "one" in str(shown["tags"])
    assert "two" in str(shown["tags"])
    assert "Mural" in namespaces(demo)
    admin.run("image metadef namespace unset --tag one Mural")
    assert "one" not in str(admin.json("image metadef namespace show Mural")["tags"])
    admin.run("image metadef namespace unset --all-tags Mural")
    assert served.sdk("haneul").image.get("/metadefs/namespaces/Mural/tags").json()["tags"] == []
    admin.run("image metadef namespace set --private --protected Mural")
    admin.run("image metadef namespace set --unprotected Mural")
    private = {row["namespace"] for row in admin.json("image metadef namespace list --visibility private")}
    assert private == {"Mural"}
    admin.run("image metadef namespace delete Mural")
    assert "Mural" not in namespaces(admin)
    admin.run("image metadef namespace create --unprotected Mural")
    admin.run("image metadef namespace delete Mural")
    assert "403" in demo.refused("image metadef namespace create Mine")


def test_objects(admin: Client, paint: str) -> None:
    made = admin.json("image metadef object create --namespace Paint Wall")
    assert (made["name"], made["namespace_name"]) == ("Wall", "Paint")
    admin.run("image metadef object update --name Fence Paint Wall")
    assert [row["name"] for row in admin.json("image metadef object list Paint")] == ["Fence"]
    assert admin.json("image metadef object show Paint Fence")["name"] == "Fence"
    said = admin.refused("image metadef object property show Paint Fence colour")
    assert "colour" in said
    admin.run("image metadef object delete Paint Fence")
    assert admin.json("image metadef object list Paint") == []


def test_a_property_of_an_object_is_shown(admin: Client, served: Served, paint: str) -> None:
    properties = {"colour": {"type": "string", "title": "Colour"}}
    served.sdk("haneul").image.create_metadef_object("Paint", name="Wall", properties=properties)
    shown = admin.json("image metadef object property show Paint Wall colour")
    assert (shown["name"], shown["title"]) == ("colour", "Colour")


def test_properties(admin: Client, paint: str) -> None:
    schema = '{"enum": ["red", "green"]}'
    made = admin.json(
        "image metadef property create --name colour --title Old --type string Paint --schema", schema
    )
    assert (made["name"], made["title"], made["enum"]) == ("colour", "Old", ["red", "green"])
    schema = '{"enum": ["blue"]}'
    admin.run(
        "image metadef property set --name color --title New --type string Paint colour --schema", schema
    )
    shown = admin.json("image metadef property show Paint color")
    assert (shown["title"], shown["enum"]) == ("New", ["blue"])
    assert [row["name"] for row in admin.json("image metadef property list Paint")] == ["color"]
    admin.run("image metadef property delete Paint color")
    assert admin.json("image metadef property list Paint") == []


def test_types_of_resources(admin: Client, demo: Client, paint: str) -> None:
    admin.run(
        "image metadef resource type association create --properties-target image Paint OS::Cinder::Volume"
    )
    admin.run("image metadef resource type association create Paint OS::Own::Thing")
    listed = admin.json("image metadef resource type association list Paint")
    assert {row["Name"] for row in listed} == {"OS::Cinder::Volume", "OS::Own::Thing"}
    known = {row["Name"] for row in demo.json("image metadef resource type list")}
    assert {"OS::Cinder::Volume", "OS::Own::Thing"} <= known
    found = {
        row["namespace"] for row in demo.json("image metadef namespace list --resource-types OS::Own::Thing")
    }
    assert found == {"Paint"}
    admin.run("image metadef resource type association delete Paint OS::Own::Thing")
    admin.run("image metadef namespace set --public --protected Paint")
    refused = admin.refused("image metadef resource type association delete Paint OS::Cinder::Volume")
    assert "protected" in refused
    admin.run("image metadef resource type association delete --force Paint OS::Cinder::Volume")
    assert admin.json("image metadef resource type association list Paint") == []
    admin.run("image metadef namespace set --public --unprotected Paint")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("image metadef namespace show Nothing", "Nothing"),
        ("image metadef namespace delete Nothing", "Nothing"),
        ("image metadef object create --namespace Nothing Wall", "Nothing"),
        ("image metadef object show Paint Nothing", "Nothing"),
        ("image metadef property show Paint Nothing", "Nothing"),
        ("image metadef property create --name x --title x --type colour --schema {} Paint", "colour"),
        ("image metadef property create --name x --title x --type string --schema {[ Paint", "schema"),
        ("image metadef resource type association create Nothing OS::Own::Thing", "Nothing"),
        ("image metadef namespace create Paint", "Paint"),
    ],
)
def test_what_is_wrong_is_named(admin: Client, paint: str, command: str, said: str) -> None:
    assert said in admin.refused(command)
    assert admin.json("image metadef property list Paint") == []
