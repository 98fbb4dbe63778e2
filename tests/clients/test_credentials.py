"""The stock client's commands for tokens and what stands for a password: keys, trusts, consents, credentials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.serving import Served
from tests.clients.stock import Client

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own


def test_a_token_is_issued_for_each_scope(admin: Client, served: Served) -> None:
    assert admin.json("token issue")["project_id"] == admin.json("project show admin")["id"]
    admin.run("user create --password secret iris")
    iris = ("--os-username", "iris", "--os-password", "secret")
    unscoped = served.client("haneul-bare", *iris).json("token issue")
    assert unscoped["user_id"] == admin.json("user show iris")["id"]
    assert {"project_id", "domain_id", "system"} & set(unscoped) == set()
    admin.run("user delete iris")
    admin.run("role add --user admin --domain default admin")
    in_domain = served.client("haneul-bare", "--os-domain-id", "default").json("token issue")
    assert in_domain["domain_id"] == "default"
    admin.run("role remove --user admin --domain default admin")
    assert "401" in served.client("haneul-bare", "--os-domain-id", "default").refused("token issue")
    in_system = served.client("haneul-bare", "--os-system-scope", "all")
    assert in_system.json("token issue")["user_id"] == admin.json("user show admin")["id"]
    assert "Default" in in_system.names("domain list")


def test_a_token_is_used_and_revoked(admin: Client, demo: Client, served: Served) -> None:
    token = demo.json("token issue")["id"]
    bearer = _with_token(served, token)
    assert bearer.names("project list --my-projects") == {"demo"}
    demo.run("token revoke", token)
    assert "Failed to validate token" in bearer.refused("project list --my-projects")
    assert "Failed to validate token" in admin.refused("token revoke", token)


def _with_token(served: Served, token: str) -> Client:
    clouds = json.loads((served.state / "clouds.yaml").read_text())["clouds"]
    scope = {"project_name": "demo", "project_domain_id": "default"}
    auth = {"auth_url": served.auth_url, "token": token, **scope}
    own = served.state / "token.yaml"
    own.write_text(json.dumps({"clouds": {**clouds, "token": {"auth_type": "token", "auth": auth}}}))
    return Client(own, "token")


def test_application_credentials(demo: Client, admin: Client, served: Served, tmp_path: Path) -> None:
    made = demo.json(
        "application credential create --secret xyzzy --role reader --expiration 2099-01-01T00:00:00 "
        "--description d --restricted robot"
    )
    assert (made["Secret"], made["Unrestricted"], made["Description"]) == ("xyzzy", False, "d")
    assert made["Expires At"].startswith("2099-01-01T00:00:00")
    robot = _robot(served, made["ID"], "xyzzy")
    assert robot.names("image list") == set()
    assert "403" in robot.refused("image create mine")
    assert "403" in robot.refused("application credential create more")
    assert demo.names("application credential list") == {"robot"}
    listed = admin.names("application credential list --user demo --user-domain default")
    assert listed == {"robot"}
    assert demo.json("application credential show robot")["ID"] == made["ID"]
    demo.run("application credential delete robot")
    assert "Could not find Application Credential" in robot.refused("token issue")
    free = demo.json("application credential create --unrestricted free")
    assert free["Unrestricted"] is True
    freed = _robot(served, free["ID"], free["Secret"])
    assert freed.json("application credential create --role member more")["Name"] == "more"
    demo.run("application credential delete more free")
    assert demo.json("application credential list") == []


def _robot(served: Served, id: str, secret: str) -> Client:
    auth = {
        "auth_url": served.auth_url,
        "application_credential_id": id,
        "application_credential_secret": secret,
    }
    own = served.state / f"robot-{id}.yaml"
    cloud = {"auth_type": "v3applicationcredential", "auth": auth, "region_name": "RegionOne"}
    own.write_text(json.dumps({"clouds": {"robot": cloud}}))
    return Client(own, "robot")


def test_access_rules(demo: Client, served: Served, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps([{"service": "image", "method": "GET", "path": "/v2/images"}]))
    made = demo.json("application credential create ruled --access-rules", str(rules))
    robot = _robot(served, made["ID"], made["Secret"])
    assert robot.names("image list") == set()
    assert "401" in robot.refused("image create mine")
    [rule] = demo.json("access rule list")
    assert (rule["Service"], rule["Method"], rule["Path"]) == ("image", "GET", "/v2/images")
    assert demo.json("access rule show", rule["ID"])["Path"] == "/v2/images"
    assert "403" in demo.refused("access rule delete", rule["ID"])
    demo.run("application credential delete ruled")
    demo.run("access rule delete", rule["ID"])
    assert demo.json("access rule list") == []
    inline = '[{"service": "image", "method": "GET", "path": "/v2/images"}]'
    demo.run("application credential create inline --access-rules", inline)
    demo.run("application credential delete inline")
    demo.run("access rule delete", demo.json("access rule list")[0]["ID"])
    rules.write_text("[{")
    assert "Expecting property name" in demo.refused(
        "application credential create broken --access-rules", str(rules)
    )
    assert demo.json("application credential list") == []


def test_ec2_credentials(demo: Client, admin: Client) -> None:
    own = demo.json("ec2 credentials create")
    others = admin.json(
        "ec2 credentials create --project demo --project-domain default --user demo --user-domain default"
    )
    assert others["project_id"] == own["project_id"]
    assert {row["Access"] for row in demo.json("ec2 credentials list")} == {own["access"], others["access"]}
    seen = admin.json("ec2 credentials list --user demo --user-domain default")
    assert {row["Secret"] for row in seen} == {own["secret"], others["secret"]}
    assert demo.json("ec2 credentials show", own["access"])["secret"] == own["secret"]
    shown = admin.json("ec2 credentials show --user demo --user-domain default", own["access"])
    assert shown["secret"] == own["secret"]
    admin.run("ec2 credentials delete --user demo --user-domain default", others["access"])
    demo.run("ec2 credentials delete", own["access"])
    assert demo.json("ec2 credentials list") == []
    assert "Could not find credential" in demo.refused("ec2 credentials show", own["access"])


def test_credentials(admin: Client) -> None:
    made = admin.json("credential create --type cert --project demo demo secret")
    assert (made["type"], made["blob"]) == ("cert", "secret")
    assert made["project_id"] == admin.json("project show demo")["id"]
    [row] = admin.json("credential list --user demo --type cert")
    assert (row["ID"], row["Data"]) == (made["id"], "secret")
    admin.run(
        "credential set --user admin --type totp --data GEZDGNBV --project admin", made["id"]
    )  # the client sends neither
    shown = admin.json("credential show", made["id"])
    assert (shown["type"], shown["blob"]) == ("totp", "GEZDGNBV")
    assert (shown["user_id"], shown["project_id"]) == (made["user_id"], made["project_id"])
    admin.run("credential delete", made["id"])
    assert admin.json("credential list") == []
    assert made["id"] in admin.refused("credential show", made["id"])


def test_trusts(demo: Client, admin: Client, served: Served) -> None:
    alt = served.client("haneul-alt")
    lender, borrower = (admin.json("user show", name)["id"] for name in ("demo", "alt"))
    # by ids: members may not look up the names of others
    what = (
        "--project",
        demo.json("token issue")["project_id"],
        "--role",
        admin.json("role show member")["id"],
    )
    made = demo.json(
        "trust create --impersonate --expiration 2099-01-01T00:00:00 --project-domain default "
        "--trustor-domain default --trustee-domain default",
        *(*what, lender, borrower),
    )
    assert made["is_impersonation"] is True
    assert made["expires_at"].startswith("2099-01-01T00:00:00")
    assert [row["ID"] for row in demo.json("trust list --auth-user")] == [made["id"]]
    lent = served.client("haneul-bare-alt", "--os-trust-id", made["id"])
    token = lent.json("token issue")
    assert token["user_id"] == demo.json("token issue")["user_id"]
    assert token["project_id"] == demo.json("token issue")["project_id"]
    found = admin.json(
        "trust list --trustor demo --trustor-domain default --trustee alt --trustee-domain default"
    )
    assert [row["ID"] for row in found] == [made["id"]]
    assert alt.json("trust show", made["id"])["roles"]
    assert "403" in alt.refused("trust delete", made["id"])
    demo.run("trust delete", made["id"])
    assert "401" in lent.refused("token issue")
    assert admin.json("trust list") == []


def test_a_program_acts_with_consent(admin: Client) -> None:
    made = admin.json("consumer create --description old")
    admin.run("consumer set --description new", made["id"])
    assert admin.json("consumer show", made["id"])["description"] == "new"
    assert [row["Description"] for row in admin.json("consumer list")] == ["new"]
    key, secret = made["id"], made["secret"]
    asked = admin.json(
        "request token create --project admin --domain default --consumer-key",
        key,
        "--consumer-secret",
        secret,
    )
    consent = admin.json("request token authorize --role member --request-key", asked["key"])
    proof = (asked["secret"], "--verifier", consent["oauth_verifier"])
    exchange = (key, "--consumer-secret", secret, "--request-key", asked["key"], "--request-secret", *proof)
    given = admin.json("access token create --consumer-key", *exchange)
    assert given["secret"]
    said = admin.refused("access token create --consumer-key", *exchange)
    assert "401" in said or "404" in said
    admin.run("consumer delete", made["id"])
    assert admin.json("consumer list") == []
    assert made["id"] in admin.refused("consumer show", made["id"])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("application credential show none", "none"),
        ("application credential create --role rule x", "rule"),
        ("application credential create --expiration yesterday x", "yesterday"),
        ("application credential create --access-rules nowhere.json x", "Access rules is not valid JSON"),
        ("access rule show none", "none"),
        ("trust show none", "identity:list_trusts"),
        ("ec2 credentials show none", "Could not find credential"),
        ("consumer show none", "identity:list_consumers"),
        ("credential show none", "none"),
    ],
)
def test_what_is_wrong_is_named(demo: Client, command: str, said: str) -> None:
    assert said in demo.refused(command)
