"""What others had to publish about identity, tried on ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Persona
from tests.services.identity.conftest import (
    PASSWORD,
    V3,
    Keystone,
    by_password,
    by_token,
    login_with,
    project,
)
from tests.services.identity.test_signed_requests import ask, ec2_keys, version_4

DEMO: Any = {"project": {"name": "demo", "domain": {"id": "default"}}}


@pytest.fixture
async def admin(keystone: Keystone) -> str:
    return await keystone.token()


@pytest.mark.parametrize("length", [5000, 100_000])
async def test_an_endless_password_stops_nobody(keystone: Keystone, admin: str, length: int) -> None:
    """OSSA-2012-002, OSSN-0081: it is hashed whole, or refused; one that only begins the same is another."""
    assert (await keystone.login("member", "x" * length)).status_code in (400, 401)
    path = f"/users/{keystone.ids['member']}"
    changed = await keystone.call(admin, "PATCH", path, {"user": {"password": "x" * length}})
    right = "x" * length if changed.status_code == 200 else PASSWORD
    assert changed.status_code in (200, 400)
    assert (await keystone.login("member", "x" * (length - 1))).status_code == 401
    assert (await keystone.login("member", right)).status_code == 201


async def test_a_default_project_gives_no_role_in_it(keystone: Keystone, admin: str) -> None:
    """OSSA-2012-013: whoever sets it, and whoever's it is."""
    other = (await keystone.call(admin, "POST", "/projects", project("other"))).json()["project"]["id"]
    change = {"user": {"default_project_id": other}}
    member = await keystone.token("member")
    refused = await keystone.call(member, "PATCH", f"/users/{keystone.ids['member']}", change)
    assert refused.status_code == 403
    assert (
        await keystone.call(admin, "PATCH", f"/users/{keystone.ids['member']}", change)
    ).status_code == 200
    scope = {"project": {"id": other}}
    assert (await keystone.login("member", scope=scope)).status_code == 401
    found = await keystone.call(admin, "GET", f"/role_assignments?user.id={keystone.ids['member']}&effective")
    assert {a["scope"]["project"]["id"] for a in found.json()["role_assignments"]} == {keystone.ids["demo"]}


@pytest.mark.parametrize("what", ["user", "project", "domain", "role", "deleted user"])
async def test_ec2_keys_end_with_what_they_stand_on(keystone: Keystone, admin: str, what: str) -> None:
    """OSSA-2012-018, OSSA-2013-005."""
    domain = (await keystone.call(admin, "POST", "/domains", {"domain": {"name": "d"}})).json()["domain"][
        "id"
    ]
    wish = {"user": {"name": "u", "domain_id": domain, "password": PASSWORD}}
    user = (await keystone.call(admin, "POST", "/users", wish)).json()["user"]["id"]
    home = (
        await keystone.call(admin, "POST", "/projects", {"project": {"name": "p", "domain_id": domain}})
    ).json()
    demo = home["project"]["id"]
    grant = f"/projects/{demo}/users/{user}/roles/{keystone.ids['role:member']}"
    assert (await keystone.call(admin, "PUT", grant)).status_code == 204
    body = {"tenant_id": demo}
    made = await keystone.call(admin, "POST", f"/users/{user}/credentials/OS-EC2", body)
    assert made.status_code == 201, made.text
    keys = made.json()["credential"]
    assert (await ask(keystone, admin, version_4(keystone, keys))).status_code == 200
    method, path, change = {
        "user": ("PATCH", f"/users/{user}", {"user": {"enabled": False}}),
        "project": ("PATCH", f"/projects/{demo}", {"project": {"enabled": False}}),
        "domain": ("PATCH", f"/domains/{domain}", {"domain": {"enabled": False}}),
        "role": ("DELETE", grant, None),
        "deleted user": ("DELETE", f"/users/{user}", None),
    }[what]
    assert (await keystone.call(admin, method, path, change)).is_success
    assert (await ask(keystone, admin, version_4(keystone, keys))).status_code in (401, 403, 404)


async def test_taking_away_a_role_that_nobody_has_gives_none(keystone: Keystone, admin: str) -> None:
    """OSSA-2013-028."""
    path = (
        f"/projects/{keystone.ids['demo']}/users/{keystone.ids['member']}/roles/{keystone.ids['role:admin']}"
    )
    assert (await keystone.call(admin, "DELETE", path)).status_code == 404
    assert (await keystone.call(admin, "HEAD", path)).status_code == 404
    token = (await keystone.login("member")).json()["token"]
    assert "admin" not in {role["name"] for role in token["roles"]}


async def test_a_group_and_a_user_of_the_same_id_are_two(keystone: Keystone, admin: str) -> None:
    """OSSA-2014-015: what a group is given, a user with its id is not."""
    member = keystone.ids["member"]
    path = f"/projects/{keystone.ids['demo']}/groups/{member}/roles/{keystone.ids['role:admin']}"
    assert (await keystone.call(admin, "PUT", path)).status_code == 404
    token = (await keystone.login("member")).json()["token"]
    assert "admin" not in {role["name"] for role in token["roles"]}


async def test_a_method_named_a_thousand_times_is_tried_once(keystone: Keystone) -> None:
    """OSSA-2014-013: hashing is work; a wrong proof named a thousand times is counted as one."""
    proof = by_password(keystone, "member")
    many = await login_with(keystone, {**proof, "methods": ["password"] * 1000})
    assert many.status_code in (201, 400)
    if many.status_code == 201:
        assert many.json()["token"]["methods"] == ["password"]


async def test_the_parent_of_a_token_is_told_by_its_audit_ids(keystone: Keystone) -> None:
    """OSSA-2016-008, OSSA-2014-026: and all end with the user's password."""
    first = await keystone.login("member")
    second = await login_with(keystone, by_token(first.headers["X-Subject-Token"]), DEMO)
    third = await login_with(keystone, by_token(second.headers["X-Subject-Token"]), DEMO)
    [root] = first.json()["token"]["audit_ids"]
    for child in (second, third):
        own, parent = child.json()["token"]["audit_ids"]
        assert parent == root != own
        assert child.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]
    change = {"user": {"original_password": PASSWORD, "password": "another password"}}
    path = f"{V3}/users/{keystone.ids['member']}/password"
    token = first.headers["X-Subject-Token"]
    answer = await keystone.cloud.http.post(path, json=change, headers={"X-Auth-Token": token})
    assert answer.status_code == 204, answer.text
    for each in (first, second, third):
        held = await keystone.call(each.headers["X-Subject-Token"], "GET", "/auth/projects")
        assert held.status_code == 401


async def test_federation_shows_everybody_their_own_projects(keystone: Keystone, admin: str) -> None:
    """OSSA-2018-002."""
    hidden = (await keystone.call(admin, "POST", "/projects", project("hidden"))).json()["project"]["id"]
    member = await keystone.token("member")
    for path in ("/OS-FEDERATION/projects", "/auth/projects"):
        found = await keystone.call(member, "GET", path)
        assert [each["id"] for each in found.json()["projects"]] == [keystone.ids["demo"]]
        assert hidden not in found.text
    for path in ("/OS-FEDERATION/domains", "/auth/domains"):
        assert (await keystone.call(member, "GET", path)).json()["domains"] == []


@pytest.mark.parametrize("query", ["", "?user_id={admin}", "?type=totp", "?type=ec2&user_id={admin}"])
async def test_credentials_are_seen_by_their_owner_only(keystone: Keystone, admin: str, query: str) -> None:
    """OSSA-2019-006: whatever is asked for."""
    secret = {"credential": {"type": "totp", "blob": "JBSWY3DPEHPK3PXP", "user_id": keystone.ids["admin"]}}
    made = (await keystone.call(admin, "POST", "/credentials", secret)).json()["credential"]["id"]
    for name in ("member", "reader"):
        token = await keystone.token(name)
        found = await keystone.call(token, "GET", "/credentials" + query.format(admin=keystone.ids["admin"]))
        assert found.status_code in (200, 403)
        assert "JBSWY3DPEHPK3PXP" not in found.text
        assert (await keystone.call(token, "GET", f"/credentials/{made}")).status_code in (403, 404)


@pytest.mark.parametrize("late_s", [-1000, -100_000, 1000])
async def test_a_signature_is_good_for_minutes(keystone: Keystone, admin: str, late_s: int) -> None:
    """OSSA-2020-003."""
    keys = await ec2_keys(keystone, await keystone.token("member"))
    assert (await ask(keystone, admin, version_4(keystone, keys, late_s))).status_code == 401


async def test_a_credential_does_not_change_hands(keystone: Keystone, admin: str) -> None:
    """OSSA-2020-004: its owner cannot make it somebody else's, nor one for a project without a role in it."""
    member, ids = await keystone.token("member"), keystone.ids
    keys = await ec2_keys(keystone, member)
    [own] = (await keystone.call(member, "GET", "/credentials")).json()["credentials"]
    other = (await keystone.call(admin, "POST", "/projects", project("other"))).json()["project"]["id"]
    path = f"/credentials/{own['id']}"
    for change in ({"user_id": ids["admin"]}, {"user_id": ids["admin"], "project_id": other}):
        answer = await keystone.call(member, "PATCH", path, {"credential": change})
        assert answer.status_code in (400, 403), answer.text
        blob = {"type": "ec2", "blob": '{"access": "a", "secret": "s"}', "project_id": ids["demo"], **change}
        answer = await keystone.call(member, "POST", "/credentials", {"credential": blob})
        assert answer.status_code in (400, 403), answer.text
    assert (await keystone.call(member, "GET", "/credentials")).json()["credentials"] == [own]
    assert (await ask(keystone, admin, version_4(keystone, keys))).json()["token"]["user"]["id"] == ids[
        "member"
    ]
    await keystone.call(member, "PATCH", path, {"credential": {"project_id": other}})
    answer = await ask(keystone, admin, version_4(keystone, keys))
    assert answer.status_code in (401, 403) or answer.json()["token"]["project"]["id"] == ids["demo"]


@pytest.mark.parametrize("path", ["/ec2tokens", "/s3tokens"])
async def test_only_services_ask_who_signed_a_request(keystone: Keystone, path: str) -> None:
    """OSSA-2025-002: an overheard signature gives nobody a token."""
    member = await keystone.token("member")
    keys = await ec2_keys(keystone, member)
    body = {"credentials": version_4(keystone, keys)}
    nobody = await keystone.cloud.http.post(V3 + path, json=body)
    assert nobody.status_code == 401
    assert (await keystone.call(member, "POST", path, body)).status_code in (400, 401, 403)


async def test_a_restricted_credential_makes_no_key_of_another_kind(keystone: Keystone) -> None:
    """OSSA-2026-005: its roles are all that it has."""
    member, ids = await keystone.token("member"), keystone.ids
    for unrestricted in (False, True):
        wish = {"name": f"ci {unrestricted}", "roles": [{"name": "reader"}], "unrestricted": unrestricted}
        path = f"/users/{ids['member']}/application_credentials"
        made = await keystone.call(member, "POST", path, {"application_credential": wish})
        given = {k: made.json()["application_credential"][k] for k in ("id", "secret")}
        proof = {"methods": ["application_credential"], "application_credential": given}
        token = (await login_with(keystone, proof)).headers["X-Subject-Token"]
        ec2 = f"/users/{ids['member']}/credentials/OS-EC2"
        assert (await keystone.call(token, "POST", ec2, {"tenant_id": ids["demo"]})).status_code == 403
        blob = {"type": "ec2", "blob": '{"access": "a", "secret": "s"}', "project_id": ids["demo"]}
        assert (await keystone.call(token, "POST", "/credentials", {"credential": blob})).status_code == 403
        trust = {"trust": {"trustor_user_id": ids["member"], "trustee_user_id": ids["reader"],
                           "impersonation": True, "project_id": ids["demo"], "roles": [{"name": "member"}]}}  # fmt: skip
        assert (await keystone.call(token, "POST", "/OS-TRUST/trusts", trust)).status_code == 403


async def test_a_locked_user_looks_like_one_that_does_not_exist(keystone: Keystone) -> None:
    """OSSA-2021-003: nobody learns names, or ids, by trying."""
    answers = {}
    for name in ("member", "nobody at all"):
        for _ in range(8):
            answer = await keystone.login(name, "wrong")
        fault = answer.json()["error"]
        answers[name] = (answer.status_code, fault["message"], fault["title"])
        assert keystone.ids["member"] not in answer.text
    assert answers["member"] == answers["nobody at all"]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)
READER = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'


@pytest.mark.parametrize("document", [BOMB, READER], ids=["bomb", "reader"])
async def test_entities_of_xml_are_not_resolved(keystone: Keystone, document: bytes) -> None:
    """OSSA-2013-004, OSSA-2013-023, OSSA-2023-001: JSON is what services take, and SAML is read without them."""
    http = keystone.cloud.http
    for path, kind in (
        (f"{V3}/auth/tokens", "application/xml"),
        (f"{V3}/auth/OS-FEDERATION/identity_providers/x/protocols/saml2/websso", "text/xml"),
        (f"{V3}/auth/OS-FEDERATION/saml2/ecp", "application/vnd.paos+xml"),
        (f"{V3}/OS-FEDERATION/identity_providers/x/protocols/saml2/auth", "application/vnd.paos+xml"),
    ):
        answer = await http.post(path, content=document, headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code}"
        assert "root:" not in answer.text
        assert "aaaaaaaaaaaa" not in answer.text


async def test_a_token_says_what_it_lets_do_and_gives_no_more(keystone: Keystone, admin: str) -> None:
    """OSSN-0042, OSSN-0009: a scope is left by no other way than the user's own proof of another role."""
    member = await keystone.token("member", DEMO)
    other = (await keystone.call(admin, "POST", "/projects", project("other"))).json()["project"]["id"]
    for scope in ({"project": {"id": other}}, {"domain": {"id": "default"}}, {"system": {"all": True}}):
        assert (await login_with(keystone, by_token(member), scope)).status_code in (401, 403)


async def test_who_sees_the_token_may_not_change_the_password(keystone: Keystone) -> None:
    """OSSN-0004: a stolen token is no account."""
    token = await keystone.token("member")
    path = f"/users/{keystone.ids['member']}"
    for method, where, change in (
        ("PATCH", path, {"password": "mine now"}),
        ("POST", f"{path}/password", {"password": "mine now", "original_password": "guess"}),
        ("POST", f"{path}/password", {"password": "mine now"}),
    ):
        answer = await keystone.call(token, method, where, {"user": change})
        assert answer.status_code in (400, 401, 403)
    assert (await keystone.login("member")).status_code == 201


@pytest.mark.parametrize("token", ["ADMIN", "admin", "null", "undefined", "0" * 32, "e30.e30."])
async def test_no_token_is_known_beforehand(keystone: Keystone, token: str) -> None:
    """OSSN-0064."""
    assert (await keystone.call(token, "GET", "/users")).status_code == 401


async def test_a_name_is_taken_as_it_was_said(keystone: Keystone, admin: str) -> None:
    """OSSN-0006: nothing is cut off at `@`, at a space, or at a NUL."""
    for name in ("member@example.org", "member\u0000x", "member ", " member", "MEMBER\u0301"):
        assert (await keystone.login(name)).status_code in (400, 401), name


async def test_tokens_of_a_persona_that_does_not_exist_are_not_made(keystone: Keystone) -> None:
    """OSSA-2012-016, OSSN-0032: a disabled project ends what was given for it, and gives no more."""
    admin, member = await keystone.token(), await keystone.token("member", DEMO)
    path = f"/projects/{keystone.ids['demo']}"
    assert (await keystone.call(admin, "PATCH", path, {"project": {"enabled": False}})).status_code == 200
    assert (await keystone.call(member, "GET", "/auth/projects")).status_code == 401
    assert (await keystone.login("member", scope=DEMO)).status_code == 401
    assert isinstance(keystone.cloud.member, Persona)
