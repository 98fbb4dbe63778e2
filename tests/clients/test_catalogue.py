"""The stock client's commands for the catalogue, policies and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.serving import Served
from tests.clients.stock import Client

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own


def test_the_catalogue_is_what_the_token_carries(admin: Client, demo: Client, served: Served) -> None:
    [keystone] = [s for s in demo.json("catalog list") if s["Type"] == "identity"]
    assert {e["url"] for e in keystone["Endpoints"]} == {served.auth_url}
    assert demo.json("catalog show identity")["type"] == "identity"
    assert demo.json("catalog show glance")["type"] == "image"
    assert "nothing" not in demo.run(
        "catalog show nothing -f value"
    )  # the client prints nothing and is content


def test_regions(admin: Client) -> None:
    admin.run("region create --description old Europe")
    admin.run("region create --parent-region Europe Korea")
    admin.run("region create Asia")
    admin.run("region set --parent-region Asia --description new Korea")
    shown = admin.json("region show Korea")
    assert (shown["parent_region"], shown["description"]) == ("Asia", "new")
    assert [r["Region"] for r in admin.json("region list --parent-region Asia")] == ["Korea"]
    assert admin.json("region list --parent-region Europe") == []
    assert "RegionOne" in {r["Region"] for r in admin.json("region list")}
    admin.run("region delete Korea Asia Europe")
    assert [r["Region"] for r in admin.json("region list")] == ["RegionOne"]


def test_services(admin: Client) -> None:
    made = admin.json("service create --name thing --description old --disable things")
    assert (made["type"], made["enabled"]) == ("things", False)
    admin.run("service set --type items --name item --description new --enable thing")
    shown = admin.json("service show item")
    assert (shown["id"], shown["type"], shown["description"]) == (made["id"], "items", "new")
    assert shown["enabled"] is True
    [row] = [each for each in admin.json("service list --long") if each["Name"] == "item"]
    assert (row["Enabled"], row["Description"]) == (True, "new")
    admin.run("service set --disable", made["id"])
    assert admin.json("service show items")["enabled"] is False
    admin.run("service delete item")
    assert "item" not in admin.names("service list")
    admin.run("service create --enable --name thing things")
    admin.run("service delete thing")


@pytest.fixture
def things(admin: Client) -> Iterator[str]:
    """A service, and another region."""
    admin.run("region create RegionTwo")
    yield admin.json("service create --name thing things")["id"]
    admin.run("service delete thing")
    admin.run("region delete RegionTwo")


def test_endpoints(admin: Client, demo: Client, things: str) -> None:
    made = admin.json("endpoint create --region RegionTwo --disable things internal http://there/")
    admin.run("endpoint create --enable things public http://here/")
    admin.run(
        "endpoint set --region RegionOne --interface admin --url http://elsewhere/ --service thing --enable",
        made["id"],
    )
    shown = admin.json("endpoint show", made["id"])
    assert (shown["interface"], shown["url"], shown["region"]) == ("admin", "http://elsewhere/", "RegionOne")
    assert shown["enabled"] is True
    listed = admin.json("endpoint list --service thing --interface admin --region RegionOne")
    assert [row["ID"] for row in listed] == [made["id"]]
    urls = {e["url"] for e in demo.json("catalog show things")["endpoints"]}
    assert urls == {"http://elsewhere/", "http://here/"}
    admin.run("endpoint set --disable", made["id"])
    assert {e["url"] for e in demo.json("catalog show things")["endpoints"]} == {"http://here/"}
    admin.run("endpoint delete", made["id"])
    assert [row["URL"] for row in admin.json("endpoint list --service thing")] == ["http://here/"]


def test_a_project_sees_the_endpoints_it_was_given(admin: Client, things: str, served: Served) -> None:
    alt = served.client("haneul-alt")
    endpoint = admin.json("endpoint create things public http://here/")["id"]
    admin.run("endpoint add project --project-domain default", endpoint, "alt")
    assert [s["Type"] for s in alt.json("catalog list")] == ["things"]
    listed = admin.json("endpoint list --project alt --project-domain default")
    assert [row["ID"] for row in listed] == [endpoint]
    projects = admin.json("endpoint list --endpoint", endpoint)
    assert [row["Name"] for row in projects] == ["alt"]
    admin.run("endpoint remove project --project-domain default", endpoint, "alt")
    assert len(alt.json("catalog list")) > 3


def test_a_project_sees_the_groups_of_endpoints_it_was_given(
    admin: Client, things: str, served: Served, tmp_path: Path
) -> None:
    alt = served.client("haneul-alt")
    filters = tmp_path / "filters.json"
    filters.write_text(json.dumps({"interface": "public"}))
    made = admin.json("endpoint group create --description old group", str(filters))
    assert made["filters"] == {"interface": "public"}
    admin.run("endpoint create things public http://here/")
    filters.write_text(json.dumps({"service_id": things}))
    admin.run("endpoint group set --name set --description new group --filters", str(filters))
    shown = admin.json("endpoint group show set")
    assert (shown["id"], shown["description"]) == (made["id"], "new")
    assert shown["filters"] == {"service_id": things}
    admin.run("endpoint group add project --project-domain default set alt")
    assert [s["Type"] for s in alt.json("catalog list")] == ["things"]
    assert admin.names("endpoint group list") == {"set"}
    assert admin.names("endpoint group list --project alt --domain default") == {"set"}
    assert [row["Name"] for row in admin.json("endpoint group list --endpointgroup set")] == ["alt"]
    admin.run("endpoint group remove project --project-domain default set alt")
    assert len(alt.json("catalog list")) > 3
    admin.run("endpoint group delete set")
    assert admin.json("endpoint group list") == []


def test_policies(admin: Client, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"a": "role:b"}')
    made = admin.json("policy create --type application/json", str(rules))
    assert json.loads(made["rules"]) == {"a": "role:b"}
    rules.write_text("a: role:c")
    admin.run("policy set --type text/yaml", made["id"], "--rules", str(rules))
    shown = admin.json("policy show", made["id"])
    assert (shown["type"], shown["rules"]) == ("text/yaml", "a: role:c")
    [row] = admin.json("policy list --long")
    assert (row["ID"], row["Rules"]) == (made["id"], "a: role:c")
    admin.run("policy delete", made["id"])
    assert admin.json("policy list") == []


def test_limits(admin: Client, demo: Client, things: str) -> None:
    made = admin.json(
        "registered limit create --description old --region RegionTwo --service things --default-limit 5 apples"
    )
    assert (made["default_limit"], made["region_id"], made["service_id"]) == (5, "RegionTwo", things)
    registered = made["id"]
    admin.run(
        "registered limit set --service things --resource-name pears --default-limit 7 --description new "
        "--region RegionOne",
        registered,
    )
    shown = admin.json("registered limit show", registered)
    assert (shown["resource_name"], shown["default_limit"], shown["description"]) == ("pears", 7, "new")
    found = "registered limit list --service things --resource-name pears --region RegionOne"
    assert [row["ID"] for row in admin.json(found)] == [registered]
    own = admin.json(
        "limit create --description old --region RegionOne --project demo --project-domain default "
        "--service things --resource-limit 9 pears"
    )
    assert (own["resource_limit"], own["project_id"]) == (9, admin.json("project show demo")["id"])
    admin.run("limit set --description new --resource-limit 11", own["id"])
    shown = admin.json("limit show", own["id"])
    assert (shown["resource_limit"], shown["description"]) == (11, "new")
    [row] = admin.json(
        "limit list --service things --resource-name pears --region RegionOne --project demo "
        "--project-domain default"
    )
    assert (row["ID"], row["Resource Limit"]) == (own["id"], 11)
    assert demo.json("limit list")[0]["ID"] == own["id"]
    assert "403" in admin.refused("registered limit delete", registered)
    admin.run("limit delete", own["id"])
    admin.run("registered limit delete", registered)
    assert admin.json("limit list") == []
    assert demo.json("registered limit list") == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("region show Nowhere", "Nowhere"),
        ("region create RegionOne", "RegionOne"),
        ("region create --parent-region Nowhere Here", "Nowhere"),
        ("service show none", "none"),
        ("endpoint show none", "none"),
        ("endpoint create none public http://here/", "none"),
        ("endpoint create identity private http://here/", "private"),
        ("endpoint create --region Nowhere identity public http://here/", "Nowhere"),
        ("endpoint group show none", "none"),
        ("endpoint group create bad nowhere.json", "nowhere.json"),
        ("policy show none", "none"),
        ("limit show none", "none"),
        ("registered limit show none", "none"),
        ("registered limit create --service identity --default-limit some users", "some"),
        (
            "limit create --project demo --service identity --resource-limit 1 users",
            "no corresponding registered limit",
        ),
    ],
)
def test_what_is_wrong_is_named(admin: Client, command: str, said: str) -> None:
    assert said in admin.refused(command)


@pytest.mark.parametrize(
    "command", ["service list", "endpoint list", "policy list", "region create mine", "endpoint group list"]
)
def test_members_may_not(demo: Client, command: str) -> None:
    assert "You are not authorized to perform the requested action: identity:" in demo.refused(command)
