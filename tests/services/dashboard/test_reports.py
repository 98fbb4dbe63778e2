"""What people reported of other dashboards: `docs/reports.md` says who, and what is right."""

from __future__ import annotations

import re

import pytest

from haneul.services.dashboard.model import sessions
from tests.services.dashboard.conftest import HTML, Browser
from tests.services.dashboard.test_servers import launched


async def test_who_has_no_role_anywhere_is_told_so(admin: Browser) -> None:
    await admin.get("/admin/users/new")
    await admin.send("/admin/users/new", name="alone", password="a long password", project="")
    alone = Browser(admin.cloud)
    await alone.get("/login")
    page = await alone.send("/login", name="alone", password="a long password")
    assert alone.answer.status_code == 200
    assert "project" in page and "/dashboard/logout" in page
    for path in ("/servers", "/networks", "/volumes", "/scopes"):
        await alone.get(path)
        assert alone.answer.status_code < 500


async def test_projects_are_offered_without_a_role_in_their_domain(demo: Browser) -> None:
    page = await demo.get("/scopes")
    assert "demo" in page and "Domain" not in page.split("<main", 1)[1]


async def test_the_console_is_at_the_clouds_own_address(demo: Browser, with_image: str) -> None:
    path = await launched(demo, "s")
    page = await demo.get(f"{path}/console")
    where = re.search(r'<iframe class="console" src="([^"]+)"', page)
    assert where and where[1].startswith(("/", "http://cloud.test/")) and not where[1].startswith("//")


def test_a_form_of_one_control_plane_is_taken_by_another() -> None:
    """What a form carries depends on the session only; nothing of a process is in it."""
    secret = sessions.new_secret()
    assert sessions.is_form_token(secret, sessions.form_token(secret))
    assert not sessions.is_form_token(sessions.new_secret(), sessions.form_token(secret))


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({}, "all icmp may"),
        ({"port_range_min": 0}, "icmp of type 0 may"),
        ({"port_range_min": 8, "port_range_max": 0}, "icmp of type 8, code 0 may"),
    ],
)
async def test_a_rule_for_icmp_says_which_kind(demo: Browser, rule: dict[str, int], shown: str) -> None:
    await demo.get("/groups/new")
    await demo.send("/groups/new", name="pings")
    group = demo.answer.url.path.rpartition("/")[2]
    wish = {"security_group_id": group, "direction": "ingress", "protocol": "icmp", **rule}
    answer = await demo.cloud.admin.post(
        "/networking/v2.0/security-group-rules", {"security_group_rule": wish}
    )
    assert answer.status_code == 201
    page = await demo.get(f"/groups/{group}")
    row = next(each for each in page.split("<tr")[1:] if "icmp" in each.lower())
    assert shown in re.sub(r"<[^>]+>", " ", row).lower()


async def test_a_router_shows_what_it_is_on(demo: Browser) -> None:
    await demo.get("/networks/new")
    await demo.send("/networks/new", name="n", cidr="10.9.0.0/24")
    network = demo.answer.url.path.rpartition("/")[2]
    subnets = (await demo.cloud.admin.get(f"/networking/v2.0/subnets?network_id={network}")).json()["subnets"]
    await demo.get("/routers/new")
    await demo.send("/routers/new", name="r")
    router = demo.answer.url.path
    await demo.get(f"{router}/subnets")
    if demo.answer.status_code == 404:
        form = re.search(rf'href="({router}/[a-z]+)"[^>]*>[^<]*[Ss]ubnet', await demo.get(router))
        assert form, demo.page
        await demo.get(form[1])
    await demo.send(demo.answer.url.path, subnet=subnets[0]["id"])
    assert "10.9.0.1" in await demo.get(router)


async def test_the_overview_has_the_limits_of_networks_too(demo: Browser) -> None:
    page = await demo.get("")
    for limit in ("Servers", "Volumes", "Floating addresses", "Networks"):
        assert limit in page


async def test_the_dashboard_is_there_with_and_without_a_slash(demo: Browser) -> None:
    for path in ("/dashboard", "/dashboard/"):
        assert (await demo.http.get(path, headers=HTML)).status_code == 200


async def test_the_file_for_the_shell_is_of_version_3_and_has_name_and_id(demo: Browser) -> None:
    script = await demo.get("/access/openrc.sh")
    variables = set(re.findall(r"^export (OS_[A-Z_]+)", script, re.MULTILINE))
    assert {"OS_PROJECT_ID", "OS_PROJECT_NAME", "OS_USER_DOMAIN_NAME", "OS_IDENTITY_API_VERSION"} <= variables
    assert "/v3" in script and "OS_TENANT" not in script


async def test_an_application_credential_comes_with_a_file_that_works(demo: Browser) -> None:
    await demo.get("/credentials/new")
    page = await demo.send("/credentials/new", name="robot")
    assert "v3applicationcredential" in page
    id = re.search(r"application_credential_id: (?:&#34;|\")([0-9a-f]{32})", page)
    secret = re.search(r"application_credential_secret: (?:&#34;|\")([^&\"]+)", page)
    assert id and secret
    methods = {
        "methods": ["application_credential"],
        "application_credential": {"id": id[1], "secret": secret[1]},
    }
    answer = await demo.cloud.http.post("/identity/v3/auth/tokens", json={"auth": {"identity": methods}})
    assert answer.status_code == 201, answer.text
