"""What SAML assertions say: of those who come here from elsewhere, and of ours to others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from haneul.kernel.auth import Auth

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class UsedAssertion(msgspec.Struct, frozen=True):
    """What somebody has logged in with, an assertion or a code that holds once: nobody does again."""

    id: str
    expires_at: str


def attributes(
    asserted: Mapping[str, Sequence[str]], *, name_id: str | None, entity_id: str
) -> dict[str, list[str]]:
    """Each attribute by its name and, as a well-known web server module spells them, with MELLON_ before it.

    `MELLON_NAME_ID` is who it is about and `MELLON_IDP` who asserts it, whatever attributes are called so.
    """
    lists = {name: list(values) for name, values in asserted.items() if values}
    lists |= {f"MELLON_{name}": values for name, values in list(lists.items())}
    lists["MELLON_IDP"] = [entity_id]
    lists.pop("MELLON_NAME_ID", None)
    if name_id:
        lists["MELLON_NAME_ID"] = [name_id]
    return lists


def subject(entity_id: str, name_id: str) -> str:
    """A name for all logins of this subject of the provider."""
    return _name([entity_id, name_id])


def session(entity_id: str, name_id: str, index: str) -> str:
    """A name for one login of theirs."""
    return _name([entity_id, name_id, index])


def _name(parts: list[str]) -> str:
    return sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def of_ours(auth: Auth, role_names: Sequence[str], groups: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """What other clouds are told of the holder of a token: attributes with upstream's names.

    `groups` are names, each with that of its domain.
    """
    attributes_ = {
        "openstack_user": [auth.user_name or ""],
        "openstack_roles": list(role_names),
        "openstack_project": [auth.project_name or ""],
        "openstack_project_domain": [auth.project_domain_name or ""],
        "openstack_user_domain": [auth.user_domain_name or ""],
    }
    if groups:
        attributes_["openstack_groups"] = [_group(name, domain) for name, domain in groups]
    return attributes_


def _group(name: str, domain: str) -> str:
    return "JSON:" + json.dumps({"name": name, "domain": {"name": domain}})


def is_sayable(attributes: Mapping[str, Sequence[str]]) -> bool:
    """Whether XML has a way to write all of it; it has none for most control characters."""
    return not any(_NOT_IN_XML.search(value) for values in attributes.values() for value in values)
