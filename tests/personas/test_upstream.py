"""Every rule decides as upstream's of that name does, whoever asks and whatever it is about.

`upstream/*.txt` lists the real services' rules and defaults (Neutron 29, Nova 34, Cinder 29, Keystone 30, Placement
16): name | scopes | check. Ours may be worded in another way. Image's are compared word for word in its own tests.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul import service_folders
from haneul.kernel.policy import Policy, Rule, references

FOLDER = Path(__file__).parent / "upstream"
SERVICES = sorted(path.stem for path in FOLDER.glob("*.txt"))
FIELDS = {
    "field:port:device_owner=~^network:": "'True':%(network_device)s",
    "field:port:device_owner=~^compute:": "'True':%(service_device)s",
    "field:port:device_owner=~^baremetal:": "'True':%(service_device)s",
    "field:port:device_owner=~^manila:": "'True':%(service_device)s",
}
"""Checks of upstream's own, as ours say them."""
OTHER_WORDS = {"security_group:project_id": "project_id"}
"""Ours know a security group's rules as their group's project's."""
LADDER = ("reader", "member", "manager", "admin")
MINE = {"project_id": "p1", "user_id": "u1", "domain_id": "d1"}
DIFFERENT = {
    ("network", "get_security_group"): "no group can be shared yet",
    ("network", "get_address_group"): "there are none yet",
}
"""It only shrinks."""


def theirs(service: str) -> dict[str, Rule]:
    found = {}
    for line in (FOLDER / f"{service}.txt").read_text().splitlines():
        name, scopes, check = (part.strip() for part in line.split(" | ", 2))
        for field, ours in FIELDS.items():
            check = check.replace(field, ours)
        check = re.sub(r"field:\w+:([\w:]+)=True", r"'True':%(\1)s", check)
        for word, ours in OTHER_WORDS.items():
            check = check.replace(word, ours)
        check = check.replace("(role:admin and is_admin_project:True)", "role:admin")
        check = check.replace("is_admin:True", "role:admin")
        scope = () if scopes == "none" else tuple(scopes.split(", "))
        found[name] = Rule(name, check, scope=scope).belongs_to(service)
    return found


def askers() -> Iterator[dict[str, Any]]:
    of_project: dict[str, Any] = {
        "user_id": "u1",
        "project_id": "p1",
        "domain_id": None,
        "system_scope": None,
    }
    for roles in (("of-no-rule",), ("service",), *(LADDER[: i + 1] for i in range(len(LADDER)))):
        yield of_project | {"roles": roles}
    for roles in (LADDER[:1], LADDER[:3], LADDER):
        domain = {"project_id": None, "domain_id": "d1", "token.domain.id": "d1"}
        yield of_project | domain | {"roles": roles}
        yield of_project | {"project_id": None, "system_scope": "all", "roles": roles}


def targets(policies: tuple[Policy, Policy], name: str) -> Iterator[dict[str, Any]]:
    """Things that are the asker's, or somebody's, in all ways that one of the two checks asks for."""
    words = sorted(set().union(*(_words(policy, name, set()) for policy in policies)))
    for values in itertools.product(*(_values(word) for word in words)):
        yield dict(zip(words, values, strict=True))


def _words(policy: Policy, name: str, seen: set[str]) -> set[str]:
    rule = policy.rules.get(name)
    if rule is None or name in seen:
        return set()
    seen.add(name)
    return set(re.findall(r"%\(([^)]+)\)s", rule.check)).union(
        *(_words(policy, other, seen) for other in references(rule))
    )


def _values(word: str) -> tuple[Any, ...]:
    if word.endswith(("shared", "external", "device")):
        return True, False
    if word.endswith("role.name"):
        return "member", "admin"
    mine = next((value for key, value in MINE.items() if word.endswith(key)), None)
    if mine is None:
        mine = {"user": "u1", "project": "p1", "domain": "d1"}.get(
            word.split(".")[-2] if "." in word else "", "u1"
        )
    return mine, "of-somebody"


@pytest.mark.parametrize("service", SERVICES)
def test_rules_decide_as_upstreams(service: str) -> None:
    known = theirs(service)
    upstream = Policy.build(known.values())
    ours = Policy.build(r.belongs_to(service) for r in service_folders.declared(service, "policy", Rule))
    assert sorted(set(ours.rules) - set(upstream.rules)) == []
    different = set()
    for name in ours.rules:
        if name in known and known[name].scope == () and ours.rules[name].scope != ():
            continue  # a rule that others are made of: its scope is theirs
        for target in targets((ours, upstream), name):
            for asker in askers():
                if bool(ours.decide(name, target, asker)) != bool(upstream.decide(name, target, asker)):
                    different.add(name)
    assert different == {name for of, name in DIFFERENT if of == service}
