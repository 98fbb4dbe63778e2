"""What each API says of its versions to clients who have no token yet, in upstream's words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud

BASE = "http://cloud.test"
DOCS = "http://docs.openstack.org/"
NOVA = {
    "id": "v2.1", "status": "CURRENT", "updated": "2013-07-23T11:33:21Z", "version": "2.104", "min_version": "2.1",
    "links": [{"rel": "self", "href": f"{BASE}/compute/v2.1/"}],
}  # fmt: skip
OLD_NOVA = {
    "id": "v2.0", "status": "DEPRECATED", "updated": "2025-07-04T12:00:00Z", "version": "", "min_version": "",
    "links": [{"rel": "self", "href": f"{BASE}/compute/v2/"}],
}  # fmt: skip
KEYSTONE = {
    "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
    "links": [{"rel": "self", "href": f"{BASE}/identity/v3/"}],
    "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
}  # fmt: skip


def described(document: dict[str, Any], version: str) -> dict[str, Any]:
    """The same as a document of its own has it."""
    kind = f"application/vnd.openstack.compute+json;version={version}"
    return {
        **document,
        "links": [*document["links"], {"rel": "describedby", "type": "text/html", "href": DOCS}],
        "media-types": [{"base": "application/json", "type": kind}],
    }


DOCUMENTS: dict[str, tuple[int, dict[str, Any]]] = {
    "/compute/": (200, {"versions": [OLD_NOVA, NOVA]}),
    "/compute/v2.1/": (200, {"version": described(NOVA, "2.1")}),
    "/compute/v2/": (200, {"version": described(OLD_NOVA, "2")}),
    "/identity/": (300, {"versions": {"values": [KEYSTONE]}}),
    "/identity/v3/": (200, {"version": KEYSTONE}),
    "/networking/": (
        200,
        {
            "versions": [
                {
                    "id": "v2.0",
                    "status": "CURRENT",
                    "links": [{"rel": "self", "href": f"{BASE}/networking/v2.0/"}],
                }
            ]
        },
    ),
    "/placement/": (
        200,
        {
            "versions": [
                {
                    "id": "v1.0",
                    "max_version": "1.39",
                    "min_version": "1.0",
                    "status": "CURRENT",
                    "links": [{"rel": "self", "href": ""}],
                }
            ]
        },
    ),
}


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_version_is_told_of_in_upstreams_words(cloud: Cloud, path: str) -> None:
    status, document = DOCUMENTS[path]
    answer = await cloud.http.get(path)
    assert (answer.status_code, answer.json()) == (status, document)


@pytest.mark.parametrize(("path", "status"), [("/image/", 300), ("/image/versions", 200)])
async def test_images_have_one_current_version_and_all_before_it(
    cloud: Cloud, path: str, status: int
) -> None:
    answer = await cloud.http.get(path)
    assert answer.status_code == status
    versions = answer.json()["versions"]
    assert [v["id"] for v in versions if v["status"] == "CURRENT"] == [versions[0]["id"]]
    assert [v["id"] for v in versions] == [f"v2.{n}" for n in reversed(range(len(versions)))]
    for each in versions:
        assert each["links"] == [{"rel": "self", "href": f"{BASE}/image/v2/"}]
        assert set(each) == {"id", "status", "links"}


@pytest.mark.parametrize(("path", "status"), [("/volume/", 300), ("/volume/v3/", 200)])
async def test_volumes_have_all_in_one_document(cloud: Cloud, path: str, status: int) -> None:
    answer = await cloud.http.get(path)
    assert answer.status_code == status
    (version,) = answer.json()["versions"]
    assert (version["id"], version["status"], version["min_version"]) == ("v3.0", "CURRENT", "3.0")
    assert {"rel": "self", "href": f"{BASE}/volume/v3/"} in version["links"]
    assert {link["rel"] for link in version["links"]} == {"self", "describedby"}
    assert version["media-types"][0]["type"] == "application/vnd.openstack.volume+json;version=3"
