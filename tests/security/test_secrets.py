"""A secret is where it is needed and nowhere else: in no log, no event, no command line, no folder of everybody."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import structlog

from haneul import cli, process, store, supervisor
from haneul.installation import Installation, Settings
from haneul.kernel import commands, log
from haneul.kernel.errors import DriverError
from haneul.services.compute.drivers.qemu.command_line import Acceleration, command_line
from tests.conftest import Cloud
from tests.services.compute.world import make
from tests.services.identity import test_directories as directories
from tests.services.identity.conftest import PASSWORD, V3, Keystone, by_token, login_with
from tests.services.identity.test_directories import server
from tests.services.identity.test_signed_requests import ask, ec2_keys, version_4

__all__ = ["server"]


class Written:
    """Everything that a log would have got."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.lines.append(text)

    def flush(self) -> None:
        """Nothing waits."""

    def __str__(self) -> str:
        return "".join(self.lines)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """The log as a process writes it, at its most talkative."""
    text = Written()
    monkeypatch.setattr("sys.stderr", text)
    before = structlog.get_config()
    log.configure(level=logging.DEBUG)
    yield text
    structlog.configure(**before)
    monkeypatch.setattr(log, "_write", None)


async def a_day(keystone: Keystone) -> set[str]:
    """People log in, make keys, fail, use consoles; the secrets that this took."""
    admin, member = await keystone.token(), await keystone.token("member")
    keys = await ec2_keys(keystone, member)
    assert (await ask(keystone, admin, version_4(keystone, keys))).status_code == 200
    path = f"/users/{keystone.ids['member']}/application_credentials"
    made = await keystone.call(member, "POST", path, {"application_credential": {"name": "ci"}})
    credential = made.json()["application_credential"]
    wrong = "a wrong secret word"
    assert (await keystone.login("member", wrong)).status_code == 401
    proof = {"id": credential["id"], "secret": credential["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": proof}
    lent = (await login_with(keystone, identity)).headers["X-Subject-Token"]
    rescoped = (await login_with(keystone, by_token(member))).headers["X-Subject-Token"]
    change = {"user": {"original_password": PASSWORD, "password": "the next word"}}
    changed = await keystone.call(member, "POST", f"/users/{keystone.ids['member']}/password", change)
    assert changed.status_code == 204
    assert (await keystone.call(wrong, "GET", "/users")).status_code == 401
    blob = {"type": "totp", "blob": "JBSWY3DPEHPK3PXP", "user_id": keystone.ids["reader"]}
    assert (await keystone.call(admin, "POST", "/credentials", {"credential": blob})).status_code == 201
    secrets = {admin, member, lent, rescoped, PASSWORD, "the next word", wrong, "JBSWY3DPEHPK3PXP"}
    return secrets | {keys["secret"], credential["secret"]} | await a_server(keystone.cloud)


async def a_server(cloud: Cloud) -> set[str]:
    """With user data and a password; its host fails, and its image comes from an address with a secret."""
    world = await make(cloud)
    secrets = {"c2VjcmV0IHVzZXIgZGF0YQ==", "an admin pass"}
    await world.create(user_data="c2VjcmV0IHVzZXIgZGF0YQ==", adminPass="an admin pass")
    for host in cloud.hosts:
        (await cloud.agent.driver(host, "hypervisor")).knobs.fail["ensure_running"] = -1
    await cloud.member.post("/compute/v2.1/servers", world.body())
    await cloud.settled()
    image = {"name": "i", "disk_format": "raw", "container_format": "bare"}
    made = (await cloud.member.post("/image/v2/images", image)).json()["id"]
    method = {"name": "web-download", "uri": "http://user:url-password@127.0.0.1:9/x?token=url-token"}
    await cloud.member.post(f"/image/v2/images/{made}/import", {"method": method})
    await cloud.settled()
    return secrets | {cloud.member.token, cloud.admin.token, "url-password", "url-token"}


async def test_no_secret_of_a_day_is_in_the_log_or_in_an_event(keystone: Keystone, written: Written) -> None:
    secrets = await a_day(keystone)
    await keystone.cloud.settled()
    text = str(written)
    assert "/auth/tokens" in text
    assert {secret for secret in secrets if secret in text} == set()
    events = await keystone.cloud.admin.get("/haneul/v1/events?limit=1000")
    shown = events.text + (await keystone.cloud.admin.get("/haneul/v1/operations?limit=1000")).text
    assert {secret for secret in secrets if secret in shown} == set()


async def test_a_request_writes_one_short_line_whatever_is_sent(keystone: Keystone, written: Written) -> None:
    """OSSA-2013-003, OSSA-2012-003: nobody fills the disk with what is refused."""
    http = keystone.cloud.http
    written.lines.clear()
    for path in (f"{V3}/auth/tokens", f"{V3}/{'x' * 5000}", "/compute/v2.1/" + "%0A" * 2000):
        for token in ("x" * 5000, ""):
            content = json.dumps({"auth": "x" * 50_000}).encode()
            await http.post(path, content=content, headers={"X-Auth-Token": token} if token else {})
    log.write_answered()
    assert 0 < len(str(written)) < 6 * 1500
    assert all(json.loads(line) for line in str(written).splitlines())


async def test_a_failure_is_logged_without_the_values_in_it(written: Written) -> None:
    """OSSA-2017-001, OSSA-2017-002: where it failed, and not with what."""
    secret = "a token in a variable"
    try:
        raise RuntimeError("it failed") from ValueError(len(secret))
    except RuntimeError:
        structlog.get_logger("test").exception("request failed")
    assert "it failed" in str(written)
    assert "tests/security" in str(written)
    assert secret not in str(written)


@pytest.mark.parametrize("word", ["password", "secret", "token", "key"])
def test_no_secret_is_an_option_of_a_command(word: str) -> None:
    """OSSA-2013-013: whoever lists the processes would read it."""
    todo: list[tuple[str, click.Command]] = [("haneul", cli.main)]
    seen = 0
    while todo:
        name, command = todo.pop()
        seen += 1
        if isinstance(command, click.Group):
            ctx = click.Context(command)
            names = command.list_commands(ctx)
            todo += [(f"{name} {n}", found) for n in names if (found := command.get_command(ctx, n))]
        for parameter in command.params:
            takes_a_value = not getattr(parameter, "is_flag", False)
            is_a_file = isinstance(parameter.type, click.Path)
            assert not (word in str(parameter.name) and takes_a_value and not is_a_file), (
                f"{name}: {parameter.name}"
            )
    assert seen > 10


async def test_no_secret_is_an_argument_of_a_process(tmp_path: Path) -> None:
    """OSSA-2014-036, OSSN-0079: and what a program said of its failure is kept short, without its arguments."""
    with pytest.raises(DriverError) as failure:
        await commands.run("sh", "-c", "echo wrong >&2; exit 3", "a-secret-argument")
    assert "a-secret-argument" not in str(failure.value)
    assert "wrong" in str(failure.value)


def test_the_databases_password_is_no_argument_of_a_process(tmp_path: Path) -> None:
    url = "postgresql://haneul:database-password@127.0.0.1/haneul"
    here = Installation(tmp_path)
    settings = Settings(database=url, control_planes=2)
    here.remember(settings)
    found = supervisor.commands(here, settings)
    assert {role for role, words in found.items() if "database-password" in " ".join(words)} == set()
    for role, words in found.items():
        if role.startswith("control-plane"):
            assert process.read_arguments(words[3:]).database == url


@pytest.mark.slow
def test_a_migration_is_not_told_the_password_where_everybody_reads_it(tmp_path: Path) -> None:
    started: list[str] = []

    def note(event: str, details: Any) -> None:
        if event in ("subprocess.Popen", "os.posix_spawn") and noting:
            started.append(f"{details[1]} {details[3]}")

    noting = True
    sys.addaudithook(note)  # it stays, and hears nothing once we are done
    secret = tmp_path / "database-password"
    secret.mkdir()
    store.ensure_current(f"sqlite:///{secret}/haneul.db")
    noting = False
    assert (secret / "haneul.db").exists()
    assert [words for words in started if "haneul.migrations" in words]
    assert [words for words in started if "database-password" in words] == []


async def test_what_a_guest_keeps_secret_is_no_argument_of_its_machine(cloud: Cloud) -> None:
    world = await make(cloud)
    id = await world.create(
        user_data="c2VjcmV0IHVzZXIgZGF0YQ==",
        adminPass="an admin pass",
        metadata={"key": "meta-secret"},
        config_drive=True,
    )
    drivers = [await cloud.agent.driver(host, "hypervisor") for host in cloud.hosts]
    (spec,) = [found for each in drivers if (found := await each.description(id))]
    assert spec.config_drive is not None and "c2VjcmV0" not in spec.name
    file = {"kind": "file", "path": "root", "format": "raw"}
    real = msgspec.structs.replace(
        spec,
        disks=[msgspec.structs.replace(disk, connection=file) for disk in spec.disks],
        nics=[msgspec.structs.replace(nic, connection={"kind": "none"}) for nic in spec.nics],
    )
    words = " ".join(command_line(real, Acceleration("tcg", ""), drive := Path("config-drive")))
    assert str(drive) in words
    secrets = (
        "c2VjcmV0IHVzZXIgZGF0YQ==",
        "secret user data",
        "an admin pass",
        "meta-secret",
        cloud.member.token,
    )
    assert [secret for secret in secrets if secret in words] == []


async def test_a_changed_token_is_no_token(keystone: Keystone) -> None:
    """OSSA-2016-005, OSSN-0062: revoked or not, whatever was changed in it."""
    token = await keystone.token("member")
    head, body, signature = token.split(".")
    swapped = head[:-1] + ("A" if head[-1] != "A" else "B")
    for changed in (
        f"{swapped}.{body}.{signature}", f"{head}.{body[:-4]}AAAA.{signature}", f"{head}.{body}.{signature[::-1]}",
        f"{head}.{body}.", f"{head}.{body}", f"eyJhbGciOiJub25lIn0.{body}.", f"eyJhbGciOiJIUzI1NiJ9.{body}.{signature}",
    ):  # fmt: skip
        assert (await keystone.call(changed, "GET", "/auth/projects")).status_code == 401, changed
    gone = await keystone.call(token, "DELETE", "/auth/tokens", **{"X-Subject-Token": token})
    assert gone.status_code == 204
    for again in (token, token + "=", f" {token}", f"{token} "):
        assert (await keystone.call(again, "GET", "/auth/projects")).status_code == 401


async def test_an_empty_password_opens_no_directory(keystone: Keystone, server: Any) -> None:
    """OSSA-2013-015: directories take it for somebody who does not say who they are, and say yes."""
    domain = await directories.connect(keystone, server)
    assert (await directories.login(keystone, domain, 1)).status_code == 201
    for password in ("", "\0"):
        assert (await directories.login(keystone, domain, 1, password)).status_code in (400, 401)


@pytest.mark.qemu
async def test_qemu_img_gets_only_so_much_memory(tmp_path: Path) -> None:
    """OSSA-2016-012: whatever an image makes it do."""
    limits = await commands.run("sh", "-c", "ulimit -v", memory=commands.IMAGE_MEMORY)
    assert int(limits) == commands.IMAGE_MEMORY // 1024
