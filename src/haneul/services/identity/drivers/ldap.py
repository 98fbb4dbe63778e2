"""Users and groups in an LDAP directory, read as the options say that they are kept there."""

from __future__ import annotations

from functools import partial
from typing import Any

import sansldap

from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.interface import DirectoryGroup, DirectoryUser
from haneul.services.identity.drivers.ldap_connection import Connection, Entry, Pool

_SCOPES = {"one": sansldap.SearchScope.ONE_LEVEL, "sub": sansldap.SearchScope.SUBTREE}
_TRUE = ("true", "1", "yes", "on")


class LdapDirectory:
    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        self._pool = Pool(options)

    async def users(self, *, id: str | None = None, name: str | None = None) -> list[DirectoryUser]:
        o = self._options
        wanted = [_is("objectClass", o.user_objectclass)]
        if id is not None:
            wanted.append(_is(o.user_id_attribute, id))
        if name is not None:
            wanted.append(_is(o.user_name_attribute, name))
        attributes = [
            o.user_id_attribute,
            o.user_name_attribute,
            o.user_mail_attribute,
            o.user_description_attribute,
            o.user_enabled_attribute,
        ]
        base = o.user_tree_dn or f"ou=Users,{o.suffix}"
        entries = await self._search(base, wanted, o.user_filter, attributes)
        return [user for entry in entries if (user := self._user(entry))]

    async def groups(self, *, of: DirectoryUser | None = None) -> list[DirectoryGroup]:
        o = self._options
        wanted = [_is("objectClass", o.group_objectclass)]
        if of is not None:
            wanted.append(_is(o.group_member_attribute, of.id if o.group_members_are_ids else of.key))
        attributes = [
            o.group_id_attribute,
            o.group_name_attribute,
            o.group_desc_attribute,
            o.group_member_attribute,
        ]
        base = o.group_tree_dn or f"ou=UserGroups,{o.suffix}"
        entries = await self._search(base, wanted, o.group_filter, attributes)
        return [group for entry in entries if (group := self._group(entry))]

    async def is_password(self, user: DirectoryUser, password: str) -> bool:
        """Whether the directory lets the user in; without a password it would let in anybody."""
        if not password:
            return False
        connection = await Connection.open(self._options)
        try:
            return await connection.bind(user.key, password)
        finally:
            await connection.close()

    async def close(self) -> None:
        await self._pool.close()

    async def _search(
        self, base: str, wanted: list[Any], more: str | None, attributes: list[str]
    ) -> list[Entry]:
        if more:
            wanted = [*wanted, sansldap.LDAPFilter.from_string(more)]
        search = partial(
            Connection.search,
            base=base,
            scope=_SCOPES[self._options.query_scope],
            filter=sansldap.FilterAnd(filters=wanted),
            attributes=attributes,
            page_size=self._options.page_size,
        )
        found: list[Entry] = await self._pool.use(search)
        return found

    def _user(self, entry: Entry) -> DirectoryUser | None:
        """The user of an entry; one without an id or a name is none."""
        o = self._options
        dn, values = entry
        id, name = _first(values, o.user_id_attribute), _first(values, o.user_name_attribute)
        if id is None or name is None:
            return None
        email = _first(values, o.user_mail_attribute)
        return DirectoryUser(
            id, name, dn, self._is_enabled(values), email, _first(values, o.user_description_attribute)
        )

    def _is_enabled(self, values: dict[str, list[str]]) -> bool:
        o = self._options
        text = _first(values, o.user_enabled_attribute)
        if o.user_enabled_mask:  # as Active Directory has it: a bit that says that the account is off
            number = text if text is not None else o.user_enabled_default
            return not (int(number) & o.user_enabled_mask if number.isdigit() else 0)
        said = (text if text is not None else o.user_enabled_default).lower() in _TRUE
        return not said if o.user_enabled_invert else said

    def _group(self, entry: Entry) -> DirectoryGroup | None:
        o = self._options
        _, values = entry
        id, name = _first(values, o.group_id_attribute), _first(values, o.group_name_attribute)
        if id is None or name is None:
            return None
        members = frozenset(values.get(o.group_member_attribute.lower(), ()))
        return DirectoryGroup(id, name, members, _first(values, o.group_desc_attribute))


def _is(attribute: str, value: str) -> sansldap.LDAPFilter:
    return sansldap.FilterEquality(attribute=attribute, value=value.encode())


def _first(values: dict[str, list[str]], attribute: str) -> str | None:
    found = values.get(attribute.lower())
    return found[0] if found else None
