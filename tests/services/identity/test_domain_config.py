"""What single domains say about themselves."""

from __future__ import annotations

import pytest

from haneul.services.identity.store.domain_config import DOMAIN_OPTIONS
from tests.services.identity.conftest import Keystone

LDAP = {"url": "ldap://directory", "password": "very secret", "user_tree_dn": "ou=people"}
SHOWN = {"url": "ldap://directory", "user_tree_dn": "ou=people"}


@pytest.fixture
async def path(keystone: Keystone) -> str:
    """The configuration of a new domain."""
    admin = await keystone.token()
    made = await keystone.call(admin, "POST", "/domains", {"domain": {"name": "own"}})
    return f"/domains/{made.json()['domain']['id']}/config"


async def test_a_configuration_lives(keystone: Keystone, path: str) -> None:
    admin = await keystone.token()
    assert (await keystone.call(admin, "GET", path)).status_code == 404
    new = {"config": {"ldap": LDAP, "identity": {"driver": "ldap"}}}
    first = await keystone.call(admin, "PUT", path, new)
    assert first.status_code == 201, first.text
    whole = {"ldap": SHOWN, "identity": {"driver": "ldap"}}
    assert first.json()["config"] == whole
    assert (await keystone.call(admin, "PUT", path, new)).status_code == 200
    assert (await keystone.call(admin, "GET", path)).json()["config"] == whole
    assert (await keystone.call(admin, "HEAD", path)).status_code == 200
    assert (await keystone.call(admin, "GET", f"{path}/ldap")).json()["config"] == {"ldap": SHOWN}
    assert (await keystone.call(admin, "GET", f"{path}/ldap/url")).json()["config"] == {"url": LDAP["url"]}
    url = {"config": {"url": "ldap://other"}}
    changed = (await keystone.call(admin, "PATCH", f"{path}/ldap/url", url)).json()["config"]
    assert changed["ldap"] == {**SHOWN, "url": "ldap://other"}
    group = {"config": {"ldap": {"user_filter": "(a=b)"}}}
    changed = (await keystone.call(admin, "PATCH", f"{path}/ldap", group)).json()["config"]
    assert changed["ldap"]["user_filter"] == "(a=b)"
    assert (await keystone.call(admin, "DELETE", f"{path}/ldap/url")).status_code == 204
    assert (await keystone.call(admin, "DELETE", f"{path}/ldap/url")).status_code == 404
    assert (await keystone.call(admin, "DELETE", f"{path}/ldap")).status_code == 204
    assert (await keystone.call(admin, "GET", path)).json()["config"] == {"identity": {"driver": "ldap"}}
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", path)).status_code == 404


async def test_secrets_are_never_shown_and_kept_encrypted(keystone: Keystone, path: str) -> None:
    admin = await keystone.token()
    await keystone.call(admin, "PUT", path, {"config": {"ldap": LDAP}})
    for where in ("", "/ldap", "/ldap/password"):
        assert "very secret" not in (await keystone.call(admin, "GET", path + where)).text
    assert (await keystone.call(admin, "GET", f"{path}/ldap/password")).status_code == 404
    async with keystone.cloud.platform.reading() as ctx:
        [stored] = await DOMAIN_OPTIONS.find(ctx.tx, option="password")
    assert "very secret" not in stored.value
    assert (await keystone.call(admin, "DELETE", f"{path}/ldap/password")).status_code == 204


@pytest.mark.parametrize(
    ("where", "config", "status"),
    [
        ("", {}, 403),
        ("", {"colours": {"a": 1}}, 403),
        ("", {"ldap": {"colour": 1}}, 403),
        ("", {"ldap": 5}, 403),
        ("/ldap", {"url": "x"}, 403),
        ("/ldap", {"identity": {"driver": "sql"}}, 403),
        ("/ldap/url", {"suffix": "x"}, 403),
        ("/ldap/suffix", {"suffix": "x"}, 404),
        ("/colours", {"colours": {"a": 1}}, 403),
    ],
)
async def test_only_known_options_are_taken(
    keystone: Keystone, path: str, where: str, config: dict[str, object], status: int
) -> None:
    admin = await keystone.token()
    await keystone.call(admin, "PUT", path, {"config": {"ldap": LDAP}})
    refused = await keystone.call(admin, "PATCH", path + where, {"config": config})
    assert refused.status_code == status, refused.text
    assert (await keystone.call(admin, "GET", path)).json()["config"] == {"ldap": SHOWN}


async def test_defaults_are_shown(keystone: Keystone) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    config = (await keystone.call(admin, "GET", "/domains/config/default")).json()["config"]
    assert config["identity"]["driver"] == "sql"
    assert "password" not in config["ldap"]
    url = (await keystone.call(admin, "GET", "/domains/config/ldap/url/default")).json()["config"]
    assert url == {"url": "ldap://localhost"}
    for where in ("ldap/password", "ldap/colour", "colours"):
        assert (await keystone.call(admin, "GET", f"/domains/config/{where}/default")).status_code == 403
    assert (await keystone.call(member, "GET", "/domains/config/default")).status_code == 403


async def test_everybody_may_know_what_passwords_must_look_like(keystone: Keystone, path: str) -> None:
    keystone.cloud.platform.config["identity"] = {"security_compliance": {"password_regex": "^.{8,}$"}}
    member = await keystone.token("member")
    rules = "/domains/default/config/security_compliance"
    assert (await keystone.call(member, "GET", rules)).json()["config"] == {
        "security_compliance": {"password_regex": "^.{8,}$", "password_regex_description": None}
    }
    regex = (await keystone.call(member, "GET", f"{rules}/password_regex")).json()["config"]
    assert regex == {"password_regex": "^.{8,}$"}
    assert (await keystone.call(member, "GET", f"{rules}/lockout_duration")).status_code == 403
    assert (await keystone.call(member, "GET", f"{path}/security_compliance")).status_code == 403
    assert (await keystone.call(member, "GET", path)).status_code == 403
