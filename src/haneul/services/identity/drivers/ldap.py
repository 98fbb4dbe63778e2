"""Users and groups in an LDAP directory, read as the options say that they are kept there."""

from __future__ import annotations

from functools import partial
from typing import Any

import sansldap

from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.interface import DirectoryGroup, DirectoryUser
from haneul.services.identity.drivers.ldap_connection import Connection, Entry, Pool
from haneul.services.identity.drivers.ldap_entries import (
    GroupShape,
    UserShape,
    enabling_group,
    who_is_enabled,
    with_nested,
)

_SCOPES = {"one": sansldap.SearchScope.ONE_LEVEL, "sub": sansldap.SearchScope.SUBTREE}
_ALIASES = {
    "default": sansldap.DereferencingPolicy.NEVER,
    "never": sansldap.DereferencingPolicy.NEVER,
    "searching": sansldap.DereferencingPolicy.IN_SEARCHING,
    "finding": sansldap.DereferencingPolicy.FINDING_BASE_OBJ,
    "always": sansldap.DereferencingPolicy.ALWAYS,
}


class LdapDirectory:
    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        self._users = UserShape(options)
        self._groups = GroupShape(options)
        self._pool = Pool(options)
        self._logins = Pool.of_logins(options)

    async def users(self, *, id: str | None = None, name: str | None = None) -> list[DirectoryUser]:
        o = self._options
        wanted = [_is("objectClass", o.user_objectclass)]
        if id is not None:
            wanted.append(_is(o.user_id_attribute, id))
        if name is not None:
            wanted.append(_is(o.user_name_attribute, name))
        entries = await self._search(
            self._people, _all(wanted, o.user_filter), self._users.attributes, _SCOPES[o.query_scope]
        )
        enabled = await self._enabled() if o.user_enabled_emulation and entries else None
        return [user for entry in entries if (user := self._users.user(entry, enabled))]

    @property
    def _people(self) -> str:
        return self._options.user_tree_dn or f"ou=Users,{self._options.suffix}"

    async def _enabled(self) -> frozenset[str]:
        """All who are in the group of the enabled."""
        kind, attribute = enabling_group(self._options)
        base = self._options.user_enabled_emulation_dn or f"cn=enabled_users,{self._people}"
        scope = sansldap.SearchScope.BASE
        return who_is_enabled(
            self._options, await self._search(base, _is("objectClass", kind), [attribute], scope)
        )

    async def groups(self, *, of: DirectoryUser | None = None) -> list[DirectoryGroup]:
        """All groups, or those that the user is in; where groups are nested, by others too."""
        o = self._options
        if of is None:
            groups = await self._groups_with(None)
            return with_nested(groups) if o.group_ad_nesting else groups
        groups = await self._groups_with([of.id if o.group_members_are_ids else of.key])
        if not o.group_ad_nesting:
            return groups
        known = {group.key: group for group in groups}
        while groups:  # a level of nesting at a time
            above = await self._groups_with([group.key for group in groups])
            groups = [group for group in above if group.key not in known]
            known.update((group.key, group) for group in groups)
        return list(known.values())

    async def _groups_with(self, members: list[str] | None) -> list[DirectoryGroup]:
        """The groups that have one of these members."""
        o = self._options
        wanted = [_is("objectClass", o.group_objectclass)]
        if members is not None:
            having = [_is(o.group_member_attribute, each) for each in members]
            wanted.append(sansldap.FilterOr(filters=having))
        base = o.group_tree_dn or f"ou=UserGroups,{o.suffix}"
        entries = await self._search(
            base, _all(wanted, o.group_filter), self._groups.attributes, _SCOPES[o.query_scope]
        )
        return [group for entry in entries if (group := self._groups.group(entry))]

    async def is_password(self, user: DirectoryUser, password: str) -> bool:
        """Whether the directory lets the user in; without a password it would let in anybody."""
        if not password:
            return False

        async def bound(connection: Connection) -> bool:
            return await connection.bind(user.key, password)

        is_right: bool = await self._logins.use(bound)
        return is_right

    async def close(self) -> None:
        await self._pool.close()
        await self._logins.close()

    async def _search(
        self, base: str, filter: Any, attributes: list[str], scope: sansldap.SearchScope
    ) -> list[Entry]:
        search = partial(
            Connection.search,
            base=base,
            scope=scope,
            filter=filter,
            attributes=attributes,
            page_size=self._options.page_size,
            aliases=_ALIASES[self._options.alias_dereferencing],
        )
        entries: list[Entry] = await self._pool.use(search)
        return entries


def _all(wanted: list[sansldap.LDAPFilter], more: str | None) -> sansldap.LDAPFilter:
    return sansldap.FilterAnd(filters=[*wanted, sansldap.LDAPFilter.from_string(more)] if more else wanted)


def _is(attribute: str, value: str) -> sansldap.LDAPFilter:
    return sansldap.FilterEquality(attribute=attribute, value=value.encode())
