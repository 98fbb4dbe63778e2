"""Cards are a table: another service speaks the dialect of networks, in words of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from haneul.services.greetings.api import cards as api  # type: ignore[import-not-found]

from haneul.kernel.http.tables import Attribute, Resource, kinds
from haneul.kernel.policy import rule
from tests.conftest import Cloud, Persona

PATH = "/greetings/v1/cards"


async def made(who: Persona, **card: Any) -> dict[str, Any]:
    answer = await who.post(PATH, {"card": {"name": "a", **card}})
    assert answer.status_code == 201, answer.text
    return answer.json()["card"]


async def names(who: Persona, query: str = "") -> list[str]:
    answer = await who.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return [card["name"] for card in answer.json()["cards"]]


async def test_a_card_is_its_projects_and_a_shared_one_everybodys(cloud: Cloud) -> None:
    own = await made(cloud.member)
    assert own["colour"] == "white" and own["project_id"] == own["tenant_id"]
    shared = await made(cloud.admin, name="s", shared=True)
    assert sorted(await names(cloud.reader)) == ["a", "s"]
    assert await names(cloud.stranger) == ["s"]
    assert (await cloud.stranger.get(f"{PATH}/{own['id']}")).status_code == 404
    assert (await cloud.stranger.delete(f"{PATH}/{shared['id']}")).status_code == 403
    assert (await cloud.member.delete(f"{PATH}/{own['id']}")).status_code == 204
    assert await names(cloud.stranger) == ["s"]


async def test_lists_are_narrowed_sorted_cut_and_paged(cloud: Cloud) -> None:
    for name, colour in (("a", "red"), ("b", "white"), ("c", "red")):
        await made(cloud.member, name=name, colour=colour)
    assert await names(cloud.member, "colour=red&sort_key=name&sort_dir=desc") == ["c", "a"]
    assert await names(cloud.member, "shared=yes") == []
    some = await cloud.member.get(f"{PATH}?fields=name&sort_key=name&limit=1")
    assert some.json()["cards"] == [{"name": "a"}]
    assert [link["rel"] for link in some.json()["cards_links"]] == ["next", "previous"]
    whole = (await cloud.member.get(f"{PATH}?sort_key=name")).json()["cards"]
    assert len(whole) == 2, "the service says how long a page is"
    assert await names(cloud.member, f"sort_key=name&marker={whole[-1]['id']}") == ["c"]
    for wrong in ("nothing=1", "sort_key=nothing", "shared=perhaps", "limit=-1"):
        assert (await cloud.member.get(f"{PATH}?{wrong}")).status_code == 400, wrong


async def test_many_come_at_once_or_none(cloud: Cloud) -> None:
    both = await cloud.member.post(PATH, {"cards": [{"name": "a"}, {"name": "b"}]})
    assert both.status_code == 201 and len(both.json()["cards"]) == 2
    one_wrong = await cloud.member.post(PATH, {"cards": [{"name": "c"}, {"name": "d", "colour": "blue"}]})
    assert one_wrong.status_code == 400
    assert sorted(await names(cloud.member)) == ["a", "b"]


async def test_refusals_are_in_the_words_of_the_service(cloud: Cloud) -> None:
    without_name = await cloud.member.post(PATH, {"card": {}})
    assert without_name.status_code == 400 and "A card needs: name" in without_name.text
    blue = await cloud.member.post(PATH, {"card": {"name": "a", "colour": "blue"}})
    assert blue.status_code == 400 and "colour is wrong" in blue.text
    unknown = await cloud.member.post(PATH, {"card": {"name": "a", "size": 1}})
    assert unknown.status_code == 400 and "size" in unknown.text
    card = await made(cloud.member)
    assert (await cloud.member.put(f"{PATH}/{card['id']}", {"card": {"id": "x"}})).status_code == 400


async def test_a_card_has_tags(cloud: Cloud) -> None:
    red, blue = await made(cloud.member, name="r"), await made(cloud.member, name="b")
    tags = f"{PATH}/{red['id']}/tags"
    assert (await cloud.member.put(tags, {"tags": ["x", "y"]})).json() == {"tags": ["x", "y"]}
    assert (await cloud.member.put(f"{PATH}/{blue['id']}/tags/y")).status_code == 201
    assert (await cloud.reader.put(f"{tags}/z")).status_code == 403
    assert await names(cloud.member, "tags=x,y") == ["r"]
    assert sorted(await names(cloud.member, "tags-any=x,y")) == ["b", "r"]
    assert await names(cloud.member, "not-tags=x") == ["b"]
    assert (await cloud.member.get(f"{tags}/z")).status_code == 404
    assert (await cloud.member.delete(f"{tags}/x")).status_code == 204
    assert (await cloud.member.get(tags)).json() == {"tags": ["y"]}


async def test_a_change_is_refused_where_the_card_is_no_longer_as_it_was(cloud: Cloud) -> None:
    card = await made(cloud.member)
    path, seen = f"{PATH}/{card['id']}", {"If-Match": f"revision_number={card['revision_number']}"}
    first = await cloud.member.put(path, {"card": {"name": "b"}}, headers=seen)
    assert first.status_code == 200 and first.json()["card"]["revision_number"] > card["revision_number"]
    second = await cloud.member.put(path, {"card": {"name": "c"}}, headers=seen)
    assert second.status_code == 412 and "revision" in second.text
    assert await names(cloud.member) == ["b"]


async def test_an_attribute_whose_rule_is_missing_is_nobodys(cloud: Cloud) -> None:
    """Colours are declared to have a rule for their change, and the policy has none of that name."""
    card = await made(cloud.admin, colour="white")
    for who in (cloud.admin, cloud.member):
        own = await made(who)
        refused = await who.put(f"{PATH}/{own['id']}", {"card": {"colour": "red"}})
        assert refused.status_code == 403 and "update_card:colour" in refused.text
    assert (await cloud.admin.get(f"{PATH}/{card['id']}")).json()["card"]["colour"] == "white"
    assert (await cloud.member.post(PATH, {"card": {"name": "a", "shared": True}})).status_code == 403


def test_a_rule_that_would_protect_nothing_stops_the_start() -> None:
    rules = {**api.WORDS.rules, "update_card:name": rule("update_card:name", "role:admin")}
    with pytest.raises(TypeError, match="update_card:name"):
        replace(api.CARD, words=replace(api.WORDS, rules=rules))


def test_a_table_and_its_structs_have_the_same_attributes() -> None:
    more = (*api.CARD.attributes, Attribute("size", kinds.integer(0)))
    with pytest.raises(TypeError, match="size"):
        Resource(api.WORDS, "card", more, api.CARD.things, api.CARD.not_found, api.CARD.new)
