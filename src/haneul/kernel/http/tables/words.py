"""What an API whose resources are tables says in words of its own: its rules, its refusals, its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.http import lists
from haneul.kernel.policy import Rule

_NO_LIMIT = "{name} must be an integer 0 or greater and not '{text}'"
NUMBERS = lists.Numbers(none=_NO_LIMIT, small=_NO_LIMIT)
SORTING = lists.Sorting(
    bad_key="['{key}'] is invalid attribute for sort_keys",
    bad_direction="['{direction}'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
    usual=(),
    direction="asc",
    last=("id",),
    last_direction="asc",
    uneven="The number of sort_keys and sort_dirs must be same",
)
TRUTHS = truths.Words(("true", "1", "yes", "on", "t"), ("false", "0", "no", "off", "f"))


def _nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Words:
    rules: Mapping[str, Rule]
    """The policy of the service, by name: `create_THING`, `get_THING:ATTRIBUTE`."""
    acts_for_others: Rule
    """Who may say whose a new thing is."""
    invalid_value: type[HaneulError]
    """Of `attribute` and `reason`: a value that is not of its kind."""
    invalid_operation: type[HaneulError]
    """Of `reason`: what cannot be asked for so."""
    revised: type[HaneulError]
    """Of `expected` and `current`: the thing is no longer as `If-Match` says."""
    no_tag: type[HaneulError]
    """Of `tag`."""
    most_on_page: Callable[[Context], int]
    target: Callable[[Mapping[str, Any]], dict[str, Any]] = _nothing
    """What the rules ask of every kind of thing, beyond whose it is; of its fields."""

    truths: truths.Words = TRUTHS
    """How a filter says truths."""
    numbers: lists.Numbers = NUMBERS
    sorting: lists.Sorting = SORTING
    most_tags: int = 50
    longest_tag: int = 255
    texts: Mapping[str, str] = field(default_factory=dict)
    """Instead of those of `TEXTS`."""

    def text(self, name: str, /, **values: Any) -> str:
        return (self.texts.get(name) or TEXTS[name]).format(**values)

    def rule(self, name: str) -> Rule:
        """The rule of that name; one that nobody passes if there is none."""
        return self.rules.get(name) or Rule(name, "!")


TEXTS = {
    "no item": "Unable to find '{name}' in request body",
    "no object": "Invalid body: '{name}' must be an object",
    "no things": "Resources required",
    "unknown": "Unrecognized attribute(s) '{names}'",
    "missing": "Failed to parse request. Required attribute '{name}' not specified",
    "not in post": "Attribute '{name}' not allowed in POST",
    "read only": "Cannot update read-only attribute {name}",
    "no filter": "['{name}'] is invalid attribute for filtering",
    "two owners": "'project_id' and 'tenant_id' do not match",
    "no owner": "'{value}' is not a valid string",
    "for others": (
        "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires "
        "admin privileges"
    ),
    "no truth": "'{text}' cannot be converted to boolean",
    "no integer": "'{text}' is not an integer",
    "no revision": "Badly formed If-Match: revision_number=N is expected",
    "no tags": "'{tags}' is not a list",
    "many tags": "The number of tags exceed the per-resource limit of {most}",
    "bad tag": "'{tag}' is not a valid tag",
}
"""What is said of bodies and queries, where an API has no words of its own."""
