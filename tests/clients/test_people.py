"""The stock client's commands for domains, projects, users, groups, roles and who has them where."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.serving import Served
from tests.clients.stock import Client

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own


def test_domains(admin: Client) -> None:
    made = admin.json("domain create --description old --disable --no-immutable acme")
    assert (made["enabled"], made["description"], made["options"]) == (False, "old", {"immutable": False})
    assert admin.json("domain create --or-show --enable acme")["id"] == made["id"]
    assert admin.json("domain show acme")["enabled"] is False
    assert admin.names("domain list --enabled") == {"Default"}
    admin.run("domain set --name emca --description new --enable --immutable acme")
    shown = admin.json("domain show", made["id"])
    assert (shown["name"], shown["description"], shown["enabled"]) == ("emca", "new", True)
    assert "immutable" in admin.refused("domain delete emca")
    admin.run("domain set --no-immutable emca")
    admin.run("domain set --disable emca")
    admin.run("domain create --immutable rock")
    assert "immutable" in admin.refused("domain delete rock")
    admin.run("domain set --no-immutable rock")
    admin.run("domain set --disable rock")
    admin.run("domain delete rock")
    [row] = admin.json("domain list --name emca")
    assert row["Enabled"] is False
    admin.run("domain delete emca")
    assert admin.names("domain list") == {"Default"}


@pytest.fixture
def acme(admin: Client) -> Iterator[str]:
    """A domain; it is removed with all that is in it."""
    yield admin.json("domain create acme")["id"]
    admin.run("domain set --disable acme")
    admin.run("domain delete acme")


def test_a_domain_in_use_is_not_deleted(admin: Client, acme: str) -> None:
    said = admin.refused("domain delete", acme)
    assert "disable" in said
    assert admin.json("domain show acme")["enabled"] is True


def test_a_project_lives(admin: Client, acme: str) -> None:
    parent = admin.json("project create --domain acme parent")
    made = admin.json(
        "project create --domain acme --parent parent --description old --disable --property a=b "
        "--no-immutable --tag one --tag two child"
    )
    assert (made["parent_id"], made["enabled"], made["a"]) == (parent["id"], False, "b")
    assert set(made["tags"]) == {"one", "two"}
    assert admin.json("project create --domain acme --or-show --enable child")["id"] == made["id"]
    admin.run(
        "project set --domain acme --remove-tag one child"
    )  # not together with --tag: the client forgets
    admin.run(
        "project set --domain acme --name infant --description new --enable --property c=d --tag three child"
    )
    shown = admin.json("project show --parents infant --domain acme")
    assert (shown["description"], shown["enabled"], shown["a"], shown["c"]) == ("new", True, "b", "d")
    assert set(shown["tags"]) == {"two", "three"}
    assert set(shown["parents"]) >= {parent["id"]}
    assert made["id"] in admin.run("project show --children parent --domain acme")
    admin.run("project set --clear-tags --disable --immutable", made["id"])
    assert admin.json("project show", made["id"])["tags"] == []
    assert "immutable" in admin.refused("project delete --domain acme infant")
    admin.run("project set --no-immutable", made["id"])
    assert "not a leaf in the hierarchy" in admin.refused("project delete --domain acme parent")
    admin.run("project delete --domain acme infant")
    admin.run("project delete --domain acme parent")
    assert admin.json("project list --domain acme") == []


def test_projects_are_found(admin: Client, demo: Client) -> None:
    admin.run("project create --immutable --tag x --tag y both")
    admin.run("project create --tag x --disable half")
    assert admin.names("project list --tags x,y") == {"both"}
    assert admin.names("project list --tags-any x,y") == {"both", "half"}
    assert "half" in admin.names("project list --not-tags x,y")
    assert {"both", "half"} & admin.names("project list --not-tags-any x,y") == set()
    assert admin.names("project list --disabled") == {"half"}
    assert "half" not in admin.names("project list --enabled")
    [row] = [each for each in admin.json("project list --long") if each["Name"] == "half"]
    assert row["Enabled"] is False
    assert admin.names("project list --parent default") >= {"both", "half"}
    assert admin.names("project list --user demo") == {"demo"}
    assert demo.names("project list --my-projects") == {"demo"}
    ordered = [each["Name"] for each in admin.json("project list --sort name:desc")]
    assert ordered == sorted(ordered, reverse=True)
    assert len(ordered) > 3
    page = [each["ID"] for each in admin.json("project list --limit 2 --max-items 3")]
    everything = [each["ID"] for each in admin.json("project list")]
    assert set(page) < set(everything)
    assert len(page) == 3
    after = admin.json("project list --limit 2 --marker", page[0])
    assert page[0] not in {each["ID"] for each in after}
    admin.run("project set --no-immutable both")
    admin.run("project delete both half")
    assert {"both", "half"} & admin.names("project list") == set()


def test_a_user_lives(admin: Client, served: Served, acme: str) -> None:
    admin.run("project create --domain acme home")
    made = admin.json(
        "user create --domain acme --project home --project-domain acme --password first --email a@example.org "
        "--description old --ignore-lockout-failure-attempts --ignore-password-expiry "
        "--ignore-change-password-upon-first-use --enable-lock-password --enable-multi-factor-auth "
        "--multi-factor-auth-rule password,totp --enable ann"
    )
    assert made["default_project_id"] == admin.json("project show --domain acme home")["id"]
    assert (made["email"], made["description"], made["enabled"]) == ("a@example.org", "old", True)
    assert made["options"] == {
        "ignore_lockout_failure_attempts": True,
        "ignore_password_expiry": True,
        "ignore_change_password_upon_first_use": True,
        "lock_password": True,
        "multi_factor_auth_enabled": True,
        "multi_factor_auth_rules": [["password", "totp"]],
    }
    assert admin.json("user create --domain acme --or-show --disable ann")["id"] == made["id"]
    admin.run(
        "user set --name bea --domain acme --project home --project-domain acme --password second "
        "--email b@example.org --description new --no-ignore-lockout-failure-attempts "
        "--no-ignore-password-expiry --no-ignore-change-password-upon-first-use --disable-lock-password "
        "--disable-multi-factor-auth ann"
    )
    shown = admin.json("user show --domain acme bea")
    assert (shown["id"], shown["email"], shown["description"]) == (made["id"], "b@example.org", "new")
    assert {name for name, on in shown["options"].items() if on is True} == set()
    login = ("--os-user-domain-id", made["domain_id"], "--os-username", "bea", "--os-password")
    bea = served.client("haneul-bare", *login, "second")
    assert bea.json("token issue")["user_id"] == made["id"]
    assert "401" in served.client("haneul-bare", *login, "first").refused("token issue")
    admin.run("user set --disable", made["id"])
    assert "401" in bea.refused("token issue")
    admin.run("user set --enable", made["id"])
    assert bea.json("token issue")["user_id"] == made["id"]
    admin.run("user set --disable", made["id"])
    assert admin.names("user list --domain acme --disabled") == {"bea"}
    assert admin.names("user list --domain acme --enabled") == set()
    admin.run("user delete --domain acme bea")
    assert admin.json("user list --domain acme") == []
    admin.run("project delete --domain acme home")


def test_a_user_is_made_with_every_exemption_turned_off(admin: Client) -> None:
    made = admin.json(
        "user create --no-ignore-lockout-failure-attempts --no-ignore-password-expiry "
        "--no-ignore-change-password-upon-first-use --disable-lock-password --disable-multi-factor-auth ned"
    )
    assert set(made["options"].values()) == {False}
    assert len(made["options"]) == 5
    admin.run("user delete ned")


def test_users_are_found(admin: Client, acme: str) -> None:
    admin.run("project create team")
    admin.run("user create --email c@example.org cleo")
    admin.run("user create --disable --domain acme dora")
    admin.run("group create staff")
    admin.run("group add user staff cleo")
    admin.run("role add --user cleo --project team member")
    assert admin.names("user list --group staff") == {"cleo"}
    assert admin.names("user list --project team") == {"cleo"}
    assert admin.names("user list --domain", acme) == {"dora"}
    [row] = [each for each in admin.json("user list --long --enabled") if each["Name"] == "cleo"]
    assert row["Email"] == "c@example.org"
    assert "dora" not in admin.names("user list --enabled")
    everybody = {each["ID"] for each in admin.json("user list")}
    page = [each["ID"] for each in admin.json("user list --limit 2 --max-items 3")]
    assert len(page) == 3
    assert set(page) < everybody
    assert page[0] not in {each["ID"] for each in admin.json("user list --limit 2 --marker", page[0])}
    admin.run("project delete team")
    admin.run("user delete cleo")
    admin.run("group delete staff")
    assert admin.json("role assignment list --project demo --names")


def test_a_password_is_typed(admin: Client, served: Served) -> None:
    typing = served.client("haneul")
    typing.typed = "first"
    typing.run("user create --password-prompt olga")
    login = ("--os-username", "olga", "--os-password")
    assert served.client("haneul-bare", *login, "first").json("token issue")["user_id"]
    typing.typed = "second"
    typing.run("user set --password-prompt olga")
    assert served.client("haneul-bare", *login, "second").json("token issue")["user_id"]
    admin.run("user delete olga")


def test_everybody_sets_their_own_password(admin: Client, served: Served) -> None:
    admin.run("user create --password first gina")
    login = ("--os-username", "gina", "--os-password")
    gina = served.client("haneul-bare", *login, "first")
    said = gina.refused("user password set --original-password wrong --password second")
    assert "401" in said
    gina.run("user password set --original-password first --password second")
    assert "401" in gina.refused("token issue")
    assert served.client("haneul-bare", *login, "second").json("token issue")["user_id"]
    admin.run("user delete gina")


def test_groups(admin: Client, acme: str) -> None:
    made = admin.json("group create --domain acme --description old crew")
    assert admin.json("group create --or-show crew --domain", acme)["id"] == made["id"]
    admin.run("group set --domain acme --name band --description new crew")
    assert admin.json("group show --domain acme band")["description"] == "new"
    admin.run("user create --domain acme ed")
    admin.run("user create --domain acme flo")
    admin.run("group add user --group-domain acme --user-domain acme band ed flo")
    assert admin.names("group list --user ed --user-domain acme") == {"band"}
    assert admin.names("user list --group", made["id"]) == {"ed", "flo"}
    assert "ed in group band" in admin.run(
        "group contains user --group-domain acme --user-domain acme band ed"
    )
    admin.run("group remove user --group-domain acme --user-domain acme band ed")
    assert admin.names("user list --group", made["id"]) == {"flo"}
    contained = admin.run("group contains user --group-domain acme --user-domain acme band ed")
    assert (
        "ed in group band" not in contained
    )  # the client succeeds, and says on the error output that he is not
    [row] = admin.json("group list --long --domain acme")
    assert (row["Name"], row["Description"]) == ("band", "new")
    admin.run("group delete --domain acme band")
    assert admin.json("group list --domain acme") == []
    assert admin.json("group list --user flo --user-domain acme") == []


def test_roles(admin: Client, acme: str) -> None:
    made = admin.json("role create --description old --domain acme --immutable --or-show cook")
    assert made["domain_id"] == acme
    assert "immutable" in admin.refused("role delete --domain acme cook")
    admin.run("role set --no-immutable", made["id"])  # with --domain the client changes more than that
    admin.run("role set --domain acme --name chef --description new cook")
    admin.run("role set --domain acme --immutable chef")
    assert admin.json("role show --domain acme chef")["description"] == "new"
    assert admin.names("role list --domain acme") == {"chef"}
    assert "chef" not in admin.names("role list")
    admin.run("role set --no-immutable", made["id"])
    admin.run("role delete --domain acme chef")
    assert admin.json("role list --domain acme") == []
    admin.run("role create --no-immutable plain")
    admin.run("role delete plain")


def test_roles_imply_roles(admin: Client) -> None:
    admin.run("role create boss")
    admin.run("implied role create boss --implied-role reader")
    rows = [r for r in admin.json("implied role list") if r["Prior Role Name"] == "boss"]
    assert [r["Implied Role Name"] for r in rows] == ["reader"]
    admin.run("role add --user demo --project demo boss")
    effective = admin.json("role assignment list --effective --names --user demo --project demo")
    assert {r["Role"] for r in effective} == {"boss", "member", "reader"}
    admin.run("implied role delete boss --implied-role reader")
    assert "boss" not in {r["Prior Role Name"] for r in admin.json("implied role list")}
    admin.run("role delete boss")
    assert "boss" not in {r["Role"] for r in admin.json("role assignment list --names")}


@pytest.fixture
def settlers(admin: Client, acme: str) -> None:
    """In the domain: a project, a user, a group and a role."""
    admin.run("project create --domain acme camp")
    admin.run("user create --domain acme hal")
    admin.run("group create --domain acme tribe")
    admin.run("role create --domain acme scout")


def test_users_get_and_lose_roles_everywhere(admin: Client, settlers: None) -> None:
    admin.run("role add --user hal --user-domain acme --project camp --project-domain acme member")
    admin.run("role add --user hal --user-domain acme --domain acme reader")
    admin.run("role add --user hal --user-domain acme --system all reader")
    admin.run("role add --user hal --user-domain acme --domain acme --inherited manager")
    admin.run(
        "role add --user hal --user-domain acme --project camp --project-domain acme --role-domain acme scout"
    )
    rows = admin.json("role assignment list --names --user hal --user-domain acme")
    found = {(r["Role"], r["Project"], r["Domain"], r["System"], r["Inherited"]) for r in rows}
    assert found == {
        ("member", "camp@acme", "", "", False),
        ("reader", "", "acme", "", False),
        ("reader", "", "", "all", False),
        ("manager", "", "acme", "", True),
        ("scout@acme", "camp@acme", "", "", False),
    }
    camp = "role assignment list --names --project camp --project-domain acme"
    assert {r["Role"] for r in admin.json(camp)} == {"member", "scout@acme"}
    [row] = admin.json("role assignment list --role scout --role-domain acme --names")
    assert row["User"] == "hal@acme"
    assert [r["Inherited"] for r in admin.json("role assignment list --domain acme --inherited")] == [True]
    assert {r["System"] for r in admin.json("role assignment list --system all")} == {"all"}
    admin.run("role remove --user hal --user-domain acme --project camp --project-domain acme member")
    admin.run("role remove --user hal --user-domain acme --domain acme reader")
    admin.run("role remove --user hal --user-domain acme --system all reader")
    admin.run("role remove --user hal --user-domain acme --domain acme --inherited manager")
    admin.run(
        "role remove --user hal --user-domain acme --project camp --project-domain acme --role-domain acme scout"
    )
    assert admin.json("role assignment list --user hal --user-domain acme") == []


def test_groups_get_and_lose_roles_everywhere(admin: Client, settlers: None) -> None:
    admin.run("group add user --group-domain acme --user-domain acme tribe hal")
    admin.run("role add --group tribe --group-domain acme --project camp --project-domain acme member")
    admin.run("role add --group tribe --group-domain acme --system all reader")
    rows = admin.json("role assignment list --names --group tribe --group-domain acme")
    assert {(r["Group"], r["Role"], r["System"]) for r in rows} == {
        ("tribe@acme", "member", ""),
        ("tribe@acme", "reader", "all"),
    }
    effective = "role assignment list --effective --names --user hal --user-domain acme --project camp"
    rows = admin.json(effective, "--project-domain", "acme")
    assert {r["Role"] for r in rows} == {"member", "reader"}
    admin.run("role remove --group tribe --group-domain acme --project camp --project-domain acme member")
    admin.run("role remove --group tribe --group-domain acme --system all reader")
    assert admin.json("role assignment list --group tribe --group-domain acme") == []


def test_everybody_sees_what_they_may(admin: Client, demo: Client) -> None:
    rows = admin.json("role assignment list --auth-user --auth-project --names")
    assert {(r["User"], r["Project"]) for r in rows} == {("admin@Default", "admin@Default")}
    assert "identity:list_role_assignments" in demo.refused("role assignment list")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("project show nowhere", "nowhere"),
        ("user show nobody", "nobody"),
        ("group show none", "none"),
        ("role show rule", "rule"),
        ("domain show dominion", "dominion"),
        ("project create demo", "Duplicate entry found with name demo"),
        ("user create demo", "Duplicate entry found with name demo"),
        ("domain create Default", "Duplicate entry found with name Default"),
        ("project delete nowhere", "nowhere"),
        ("user delete nobody", "nobody"),
        ("user create --project nowhere gus", "nowhere"),
    ],
)
def test_what_is_wrong_is_named(admin: Client, command: str, said: str) -> None:
    assert said in admin.refused(command)


@pytest.mark.parametrize(
    "command",
    [
        "role add --user nobody --project demo member",
        "role add --user demo --project nowhere member",
        "role add --user demo --project demo rule",
        "group add user none demo",
        "group create --domain dominion new",
    ],
)
def test_where_the_client_itself_names_nothing_it_fails_and_nothing_is_changed(
    admin: Client, command: str
) -> None:
    before = admin.json("role assignment list"), admin.json("group list")
    assert admin.refused(command).strip() == ""
    assert (admin.json("role assignment list"), admin.json("group list")) == before


@pytest.mark.parametrize(
    "command", ["project create mine", "user list", "role create mine", "domain create mine", "group list"]
)
def test_members_may_not(demo: Client, command: str) -> None:
    assert "You are not authorized to perform the requested action: identity:" in demo.refused(command)
