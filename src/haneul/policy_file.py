"""The operator's own rules: `config/policy.yaml` in the state folder, in the form of oslo.policy's files.

    identity:
      "identity:create_project": "rule:admin_required or role:project_maker"

What it does not name stays as the services declare it. It is read at the start, where a mistake stops the
start, and again whenever it changes, where a mistake leaves everything as it was.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import yaml

from haneul.kernel.context import Platform
from haneul.kernel.http.routes import Route
from haneul.kernel.policy import Policy, PolicyError, Rule

logger = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0


class PolicyFileProblem(Exception):
    """The message says which file, and what is wrong with it."""


def read(path: Path) -> dict[str, str | dict[str, str]]:
    """The rules of the file, by service and name; none without a file.

    A rule beside the sections is one of every service that has it: so the file was before it had sections.
    """
    try:
        content: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise PolicyFileProblem(f"{path} cannot be read: {problem}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PolicyFileProblem(f"{path} must hold rules by service and name: 'service: {{name: check}}'.")
    texts = [(name, text) for name, text in content.items() if not isinstance(text, (dict, type(None)))]
    texts += [pair for section in content.values() if isinstance(section, dict) for pair in section.items()]
    for name, text in texts:
        if not isinstance(name, str) or not isinstance(text, str):
            raise PolicyFileProblem(f"{path}: the rule {name!r} must be a text; quote it.")
    return {name: text for name, text in content.items() if text is not None}


def build(rules: Iterable[Rule], path: Path) -> Policy:
    """The declared rules with the file's over them; PolicyFileProblem names the rule that cannot be read."""
    file = read(path)
    try:
        policy = Policy.build(rules, file)
    except PolicyError as problem:
        raise PolicyFileProblem(f"{path}: {problem.text}") from None
    if flat := [name for name, text in file.items() if isinstance(text, str)]:
        policy.warnings.append(
            f"rules belong below the name of their service; {flat[0]!r} stands beside them"
        )
    return policy


@dataclass
class PolicyFile:
    """The file of one running control plane."""

    path: Path
    rules: Sequence[Rule]
    _seen: tuple[int, int] | None = None

    def load(self, platform: Platform) -> None:
        """The platform decides by what the file says now; PolicyFileProblem leaves it as it is."""
        self._seen = self._mark()
        policy = build(self.rules, self.path)
        for warning in policy.warnings:
            logger.warning("policy", file=str(self.path), warning=warning)
        platform.policy = policy

    async def follow(self, platform: Platform) -> None:
        """Take up what the file says whenever it has changed."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look(platform)

    def look(self, platform: Platform) -> None:
        """What the file says now holds, if it has changed and can be used."""
        if self._mark() == self._seen:
            return
        try:
            self.load(platform)
        except PolicyFileProblem as problem:
            logger.error("policy not changed", problem=str(problem))
        else:
            logger.info("policy read again", file=str(self.path))

    def _mark(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def sample(rules: Iterable[Rule], routes: Mapping[str, Iterable[Route]]) -> str:
    """A file with every rule as it is declared, commented out, and what it protects.

    `routes` are those of each service, by its path.
    """
    checks: dict[str, list[str]] = defaultdict(list)
    for base, each in routes.items():
        for route in each:
            if route.policy is not None:
                checks[route.policy.key].append(f"# {route.method}  {base}{route.path}")
    sections: dict[str, list[str]] = defaultdict(list)
    for rule in sorted(rules, key=lambda rule: rule.key):
        lines = [f"# {rule.description}"] if rule.description else []
        lines += dict.fromkeys(checks[rule.key])
        lines.append(f"# Scopes: {', '.join(rule.scope) or 'any'}")
        quoted = rule.check.replace("\\", "\\\\").replace('"', '\\"')
        sections[rule.service].append("\n".join([*lines, f'#  "{rule.name}": "{quoted}"']))
    return "\n".join(
        f"#{service}:\n" + "\n\n".join(parts) + "\n" for service, parts in sorted(sections.items())
    )
