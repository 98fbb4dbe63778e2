"""How one domain differs from the installation: options in groups; some of them are secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from haneul.services.identity.config import DIRECTORY_SECRETS, DirectoryOptions
from haneul.services.identity.errors import InvalidDomainConfig

DEFAULTS: dict[str, dict[str, Any]] = {
    "identity": {"driver": "sql", "list_limit": None},
    "ldap": {
        name: value
        for name, value in msgspec.structs.asdict(DirectoryOptions()).items()
        if name not in DIRECTORY_SECRETS
    },
}
"""group -> option -> what holds where a domain says nothing"""
SECRETS = {"identity": frozenset[str](), "ldap": DIRECTORY_SECRETS}
READABLE_OF_SECURITY = ("password_regex", "password_regex_description")


class DomainOption(msgspec.Struct, frozen=True):
    """One option; `value` is JSON, and encrypted if the option is a secret."""

    domain_id: str
    group: str
    option: str
    value: str


def require_known(group: str, option: str | None = None) -> None:
    """Raise unless a domain may say something about this."""
    if group not in DEFAULTS:
        raise InvalidDomainConfig(why=f"Group {group} is not supported for domain specific configurations")
    if option is not None and option not in DEFAULTS[group] and option not in SECRETS[group]:
        raise InvalidDomainConfig(
            why=f"Option {option} in group {group} is not supported for domain specific configurations"
        )


def require_sound(config: dict[str, Any]) -> None:
    """Raise unless these are groups of known options."""
    if not config:
        raise InvalidDomainConfig(why="No options specified")
    for group, options in config.items():
        if not options or not isinstance(options, dict):
            raise InvalidDomainConfig(
                why=f"The value of group {group} specified in the config should be a dictionary of options"
            )
        for option in options:
            require_known(group, option)


def require_about(config: dict[str, Any], group: str, option: str | None) -> dict[str, dict[str, Any]]:
    """The change of one group or option, as groups of options; raises if it speaks of something else."""
    if option is None:
        require_sound(config)
        if list(config) != [group]:
            other = next(each for each in config if each != group)
            raise InvalidDomainConfig(
                why=f"request to update group {group}, but config provided contains group {other} instead"
            )
        return config
    if list(config) != [option]:
        other = next((each for each in config if each != option), "nothing")
        raise InvalidDomainConfig(
            why=f"Trying to update option {option} in group {group}, but config provided contains option "
            f"{other} instead"
        )
    return {group: config}


def shown(options: Iterable[DomainOption]) -> dict[str, dict[str, Any]]:
    """The options by group, without secrets."""
    document: dict[str, dict[str, Any]] = {}
    for each in options:
        if each.option not in SECRETS[each.group]:
            document.setdefault(each.group, {})[each.option] = msgspec.json.decode(each.value)
    return document
