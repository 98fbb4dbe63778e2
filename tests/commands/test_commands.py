"""The `haneul` command where it needs no cloud, or only a few answers of one."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click
import pytest
from click.testing import CliRunner

from haneul.cli import COMMANDS, main
from haneul.commands.api import read_cloud
from haneul.commands.pasted import pasted
from haneul.commands.ssh import ssh_line
from haneul.installation import Installation, Record
from haneul.processes import identify
from tests.waiting import PATIENCE_S

CLOUDS = """\
# written by haneul
clouds:
  haneul:
    auth:
      auth_url: http://127.0.0.1:5000/identity/v3
      username: admin
      password: 'a:b c'
      project_name: admin
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
  haneul-demo:
    auth:
      username: demo
"""
EXPLANATION = {
    "chosen": "host-2",
    "hosts": [
        {"host": "host-1", "check": "memory", "required": 64, "available": 32},
        {"host": "host-2", "check": None, "weight": 1.5},
    ],
}
DENIAL = {
    "request_id": "req-1",
    "rule": "identity:create_region",
    "check": "role:admin",
    "roles": ["member", "reader"],
    "user_id": "u1",
    "scope": "project",
    "scopes": [],
    "smallest_role": "admin",
    "advice": "The role 'admin' would be enough.",
}


class Answers(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body["auth"]["identity"]["password"]["user"])
        self._answer({}, {"X-Subject-Token": "secret"})

    def do_GET(self) -> None:
        assert self.headers["X-Auth-Token"] == "secret"
        if self.path.startswith("/compute/v2.1/servers?"):
            self._answer({"servers": [{"id": "id-1", "name": "web"}, {"id": "id-2", "name": "twin"}] * 1})
        elif self.path == "/haneul/v1/servers/id-1/explain":
            self._answer(EXPLANATION)
        elif self.path == "/haneul/v1/denials/req-1":
            self._answer({"denial": DENIAL})
        else:
            self._answer({"itemNotFound": {"message": "No such server."}}, status=404)

    def _answer(self, body: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One whose cloud seems to run: this process, with a few answers."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made = Installation(tmp_path)
    me = identify(os.getpid())
    assert me is not None
    made.write_record(Record(supervisor=me, port=server.server_port, started_at="", simulated=True))
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def run(*line: str) -> Any:
    return CliRunner().invoke(main, line)


def test_help_names_every_command_and_loads_none() -> None:
    code = (
        "import sys; from haneul.cli import main; main(['--help'], standalone_mode=False);"
        "print(sorted(m for m in sys.modules if m.startswith(('haneul.commands', 'rich', 'msgspec'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert COMMANDS[name].removesuffix(".") in " ".join(done.output.split())


def test_version() -> None:
    assert run("version").output.startswith("haneul ")


def test_the_doctor_tries_things_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("doctor", "--json", "--state", str(tmp_path))
    findings = {finding["what"]: finding for finding in json.loads(done.output)}
    assert findings["Python"]["is_good"]
    assert findings["state folder"]["is_good"]
    assert list(tmp_path.iterdir()) == []
    assert "Python" in run("doctor", "--state", str(tmp_path)).output


def test_credentials_are_read_from_our_own_file(tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(CLOUDS)
    assert read_cloud(file, "haneul")["password"] == "a:b c"
    assert read_cloud(file, "haneul-demo") == {"username": "demo"}
    with pytest.raises(click.ClickException, match="no cloud 'other'"):
        read_cloud(file, "other")
    with pytest.raises(click.ClickException, match="no credentials"):
        read_cloud(tmp_path / "nowhere", "haneul")


def test_explain_finds_the_server_by_name_and_shows_the_record(installation: Installation) -> None:
    done = run("explain", "server", "web", "--state", str(installation.state))
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert any("chosen" in line and "host-2" in line for line in lines)
    assert any("host-1" in line and "memory" in line and "32" in line for line in lines)
    assert (
        json.loads(run("explain", "server", "web", "--json", "--state", str(installation.state)).output)
        == EXPLANATION
    )
    assert Answers.asked[-1] == {"name": "admin", "password": "a:b c", "domain": {"id": "default"}}


def test_what_the_cloud_refuses_is_said_in_its_words(installation: Installation) -> None:
    done = run("explain", "server", "nobody", "--state", str(installation.state))
    assert done.exit_code == 1
    assert "404 No such server." in done.output


def test_commands_that_need_a_cloud_say_so(tmp_path: Path) -> None:
    for words in (("explain", "server", "web"), ("ssh", "web")):
        done = run(*words, "--state", str(tmp_path))
        assert done.exit_code == 1
        assert "haneul up" in done.output


def test_ssh_goes_through_the_namespace() -> None:
    line = ssh_line("ext-1", "203.0.113.7", "/k", "haneul", ("uptime",))
    assert line[:3] == ["nsenter", "--net=/run/netns/ext-1", "ssh"]
    assert line[-2:] == ["haneul@203.0.113.7", "uptime"]
    assert ssh_line(None, "203.0.113.7", "/k", "haneul", ())[0] == "ssh"


def test_why_denied_names_the_rule_the_roles_and_what_would_do(installation: Installation) -> None:
    done = run("why-denied", "req-1", "--state", str(installation.state))
    assert done.exit_code == 0
    for word in ("identity:create_region", "member, reader", "smallest role  admin"):
        assert word in done.output
    whole = run("why-denied", "req-1", "--json", "--state", str(installation.state))
    assert json.loads(whole.output) == DENIAL
    unknown = run("why-denied", "req-2", "--state", str(installation.state))
    assert unknown.exit_code == 1


def test_policy_check_says_what_is_wrong(tmp_path: Path) -> None:
    def check(text: str) -> Any:
        installation.policy_file.parent.mkdir(exist_ok=True)
        installation.policy_file.write_text(text)
        return run("policy", "check", "--state", str(tmp_path))

    installation = Installation(tmp_path)
    assert run("policy", "check", "--state", str(tmp_path)).exit_code == 0
    assert check('"identity:create_region": "role:member"').exit_code == 0
    assert "no service knows" in check('"identity:craete_region": "role:member"').output
    refused = check('"identity:create_region": "role:member and"')
    assert refused.exit_code == 1
    assert "identity:create_region" in refused.output


def test_policy_sample_has_every_call_with_its_rule() -> None:
    text = run("policy", "sample").output
    assert "# POST  /identity/v3/regions\n" in text
    section = text.partition("\n#identity:\n")[2]
    assert '#  "identity:create_region": "rule:admin_required"\n' in section


@pytest.mark.parametrize("line", ["haneul version", "openstack --version"])
def test_what_is_said_to_be_pasted_runs_where_the_programs_are_not_on_the_path(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = subprocess.run(
        ["bash", "-c", pasted(line)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    assert pasted(line) == line
    assert pasted("nobody-has-this --x") == "nobody-has-this --x"
