"""What the options say of an LDAP entry: which attributes are wanted of it, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from haneul.kernel import truths
from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.interface import DirectoryGroup, DirectoryUser
from haneul.services.identity.drivers.ldap_connection import Entry

_TRUTHS = truths.Words(("true", "1", "yes", "on"), ())


class UserShape:
    """How users are read."""

    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        self.fields = _wanted(
            {
                "email": options.user_mail_attribute,
                "description": options.user_description_attribute,
                "enabled": options.user_enabled_attribute,
                "default_project_id": options.user_default_project_id_attribute,
            },
            options.user_attribute_ignore,
        )
        self.more = _mapped(options.user_additional_attribute_mapping, options.user_attribute_ignore)

    @property
    def attributes(self) -> list[str]:
        o = self._options
        return _distinct(
            [o.user_id_attribute, o.user_name_attribute, *self.fields.values(), *self.more.values()]
        )

    def user(self, entry: Entry, enabled: frozenset[str] | None) -> DirectoryUser | None:
        """The user of an entry; one without an id or a name is none.

        `enabled` are the names of all who are, where a group says so.
        """
        o = self._options
        dn, values = entry
        id, name = _first(values, o.user_id_attribute), _first(values, o.user_name_attribute)
        if id is None or name is None:
            return None
        fields = {field: _first(values, attribute) for field, attribute in self.fields.items()}
        if enabled is None:
            is_enabled = "enabled" not in self.fields or self._is_enabled(fields["enabled"])
        else:
            is_enabled = (id if _says_ids(o) else dn.lower()) in enabled
        return DirectoryUser(
            id,
            name,
            dn,
            is_enabled,
            fields.get("email"),
            fields.get("description"),
            fields.get("default_project_id"),
            _found(self.more, values),
        )

    def _is_enabled(self, text: str | None) -> bool:
        o = self._options
        if o.user_enabled_mask:  # as Active Directory has it: a bit that says that the account is off
            number = text if text is not None else o.user_enabled_default
            return not (int(number) & o.user_enabled_mask if number.isdigit() else 0)
        is_true = _TRUTHS.read(text if text is not None else o.user_enabled_default) is True
        return is_true != o.user_enabled_invert


class GroupShape:
    """How groups are read."""

    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        described = {"description": options.group_desc_attribute}
        self.fields = _wanted(described, options.group_attribute_ignore)
        self.more = _mapped(options.group_additional_attribute_mapping, options.group_attribute_ignore)

    @property
    def attributes(self) -> list[str]:
        o = self._options
        known = [o.group_id_attribute, o.group_name_attribute, o.group_member_attribute]
        return _distinct([*known, *self.fields.values(), *self.more.values()])

    def group(self, entry: Entry) -> DirectoryGroup | None:
        o = self._options
        dn, values = entry
        id, name = _first(values, o.group_id_attribute), _first(values, o.group_name_attribute)
        if id is None or name is None:
            return None
        members = frozenset(values.get(o.group_member_attribute.lower(), ()))
        description = _first(values, self.fields["description"]) if self.fields else None
        return DirectoryGroup(id, name, members, description, dn, _found(self.more, values))


def who_is_enabled(options: DirectoryOptions, entries: Iterable[Entry]) -> frozenset[str]:
    """The members of the group that holds all who are enabled: their names in lower case, or their ids."""
    attribute = enabling_group(options)[1].lower()
    members = (member for _, values in entries for member in values.get(attribute, ()))
    return frozenset(members if _says_ids(options) else map(str.lower, members))


def enabling_group(options: DirectoryOptions) -> tuple[str, str]:
    """The object class of that group, and its attribute of members."""
    if options.user_enabled_emulation_use_group_config:
        return options.group_objectclass, options.group_member_attribute
    return "groupOfNames", "member"


def with_nested(groups: Sequence[DirectoryGroup]) -> list[DirectoryGroup]:
    """The groups, each with the members of those inside it too."""
    by_key = {group.key.lower(): group for group in groups}
    return [_with_members(group, by_key) for group in groups]


def _with_members(group: DirectoryGroup, by_key: Mapping[str, DirectoryGroup]) -> DirectoryGroup:
    members, waiting, seen = set(group.members), [group], {group.key.lower()}
    while waiting:
        for member in waiting.pop().members:
            inner = by_key.get(member.lower())
            if inner is not None and inner.key.lower() not in seen:
                seen.add(inner.key.lower())
                members |= inner.members
                waiting.append(inner)
    return DirectoryGroup(group.id, group.name, frozenset(members), group.description, group.key, group.more)


def _says_ids(options: DirectoryOptions) -> bool:
    return options.user_enabled_emulation_use_group_config and options.group_members_are_ids


def _wanted(fields: Mapping[str, str | None], ignored: Iterable[str]) -> dict[str, str]:
    """Field -> attribute, for those that have one and are not ignored."""
    return {field: name for field, name in fields.items() if name and field not in ignored}


def _mapped(pairs: Iterable[str], ignored: Iterable[str]) -> dict[str, str]:
    """Field -> attribute, of `attribute:field`; what cannot be read is left out, as upstream does."""
    mapped = {}
    for pair in pairs:
        attribute, colon, field = (part.strip() for part in pair.partition(":"))
        if colon and attribute and field and field not in ignored:
            mapped[field] = attribute
    return mapped


def _found(fields: Mapping[str, str], values: dict[str, list[str]]) -> dict[str, str]:
    fields_ = {field: _first(values, attribute) for field, attribute in fields.items()}
    return {field: value for field, value in fields_.items() if value is not None}


def _first(values: dict[str, list[str]], attribute: str) -> str | None:
    first = values.get(attribute.lower())
    return first[0] if first else None


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
