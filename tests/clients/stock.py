"""The stock command line client, run inside this process: a call takes a moment instead of seconds."""

from __future__ import annotations

import io
import json
import logging
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.waiting import looks

with warnings.catch_warnings():  # the client's libraries warn of each other
    warnings.simplefilter("ignore")
    from cliff.commandmanager import CommandManager
    from openstackclient.common.clientmanager import ClientManager
    from openstackclient.shell import OpenStackShell
    from osc_lib.clientmanager import ClientCache

UNSETTLED = {"BUILD", "REBOOT", "HARD_REBOOT", "creating", "extending", "attaching", "detaching", "deleting"}


class Client:
    """Somebody at a shell, with the clouds.yaml of a cloud; `options` come before every command."""

    def __init__(self, clouds: Path, cloud: str, *options: str) -> None:
        self.clouds = clouds
        self.cloud = cloud
        self.options = options
        self.typed = ""
        """What they answer where the client asks for a password."""

    def run(self, command: str, *more: str) -> str:
        """What the client prints; the words of `command` come first. Fails the test if the client fails."""
        code, out, err = self._call([*command.split(), *more])
        assert code == 0, f"openstack {command} {' '.join(more)}: {out}{err}"
        return out

    def json(self, command: str, *more: str) -> Any:
        """The same, parsed from `-f json`."""
        return json.loads(self.run(command, *more, "-f", "json"))

    def refused(self, command: str, *more: str) -> str:
        """What the client says when it fails; fails the test if it does not."""
        code, out, err = self._call([*command.split(), *more])
        assert code != 0, f"openstack {command} {' '.join(more)}: {out}{err}"
        return out + err

    def run_when_free(self, command: str, *more: str) -> str:
        """`run`, asked again while the last change of the server's devices is still under way."""
        for _ in looks(0.05):
            code, out, err = self._call([*command.split(), *more])
            if code == 0:
                return out
            assert "task_state busy" in err, err
        raise AssertionError(err)

    def names(self, command: str, *more: str) -> set[str]:
        """The names that a list shows."""
        return {row["Name"] for row in self.json(command, *more)}

    def settled(self, kind: str, name: str) -> dict[str, Any]:
        """The server or volume, as soon as nothing is under way on it."""
        for _ in looks(0.05):
            found: dict[str, Any] = self.json(f"{kind} show", name)
            if found["status"] not in UNSETTLED and found.get("OS-EXT-STS:task_state") is None:
                return found
        raise AssertionError(f"{kind} {name} does not settle: {found}")

    def gone(self, kind: str, name: str) -> None:
        """Returns when it is no longer listed."""
        for _ in looks(0.05):
            if name not in self.names(f"{kind} list"):
                return
        raise AssertionError(f"{kind} {name} does not go")

    def _call(self, words: list[str]) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        root = logging.getLogger()
        handlers, root.handlers = root.handlers, []  # the client adds its own, and logs every byte
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            patch.setenv("OS_CLIENT_CONFIG_FILE", str(self.clouds))
            patch.setenv("OS_CLOUD", self.cloud)
            patch.setattr("sys.stdin", _Terminal())
            patch.setattr("getpass.getpass", lambda *_: self.typed)
            patch.setattr(CommandManager, "load_commands", _load_commands)
            patch.setattr(yaml, "SafeLoader", yaml.CSafeLoader)  # the same, in C
            with redirect_stdout(out), redirect_stderr(err):
                _forget_clients()
                try:
                    code = OpenStackShell().run([*self.options, *words])
                except SystemExit as ended:  # wrong arguments
                    code = int(ended.code or 0)
        root.handlers = handlers
        return code, out.getvalue(), err.getvalue()


_COMMANDS: dict[str, dict[str, Any]] = {}
_LOAD = CommandManager.load_commands


def _load_commands(manager: Any, namespace: str) -> None:
    """What the installed packages bring is looked for once; each call of the client would look again."""
    if namespace not in _COMMANDS:
        alone = CommandManager("", ignored_modules=manager.ignored_modules)
        _LOAD(alone, namespace)
        _COMMANDS[namespace] = alone.commands
    manager.group_list.append(namespace)
    manager.commands |= _COMMANDS[namespace]


class _Terminal(io.StringIO):
    """Somebody is there, and nothing comes by a pipe."""

    def isatty(self) -> bool:
        return True


def _forget_clients() -> None:
    """The client keeps its connections in its classes; a new process would have none."""
    for each in ClientManager.__mro__:
        for value in vars(each).values():
            if isinstance(value, ClientCache):
                value._handle = None
