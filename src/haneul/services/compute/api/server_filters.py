"""What lists of servers can be asked for: Nova's parameters, by version and by who asks.

Nova's database compares most of them as regular expressions with what it stores, so a number or a truth is
compared in its spelling there. Members may ask for less; what they may not ask for is ignored, and what nobody
knows is ignored before 2.75 and refused from then on.
"""

from __future__ import annotations

from typing import NamedTuple

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest, Forbidden
from haneul.kernel.http import Query, lists
from haneul.kernel.patterns import pattern
from haneul.kernel.policy import Rule
from haneul.services.compute import errors, versions
from haneul.services.compute.api import values
from haneul.services.compute.api.values import regular_expression, time
from haneul.services.compute.model.servers import KNOWN_STATUSES, STATES, STATUSES, VmState
from haneul.services.compute.operations.server_lists import Which
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.network import public as network

TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
EXACT = {
    "image": "image_id", "image_ref": "image_id", "uuid": "id", "host": "host", "user_id": "user_id",
    "vm_state": "vm_state",
}  # fmt: skip
PATTERNS = {
    "name": "name", "display_name": "name", "display_description": "description", "hostname": "hostname",
    "key_name": "key_name", "node": "host", "reservation_id": "reservation_id", "created_at": "created_at",
    "launched_at": "launched_at", "locked_by": "locked_by", "access_ip_v4": "access_ip_v4",
    "access_ip_v6": "access_ip_v6",
}  # fmt: skip
NUMBERS = {"launch_index": "launch_index", "power_state": "power_state"}
ALIKE = {"progress": "0", "kernel_id": "", "ramdisk_id": ""}
"""What is the same of all servers, as Nova stores it."""
SPELLED = {"config_drive": ("config_drive", {True: "True", False: ""})}
ELSEWHERE = {
    "availability_zone", "task_state", "flavor", "status", "ip", "ip6", "changes-since", "all_tenants", "deleted",
    "soft_deleted", "project_id", "tenant_id", "sort_key", "sort_dir", "limit", "marker", "terminated_at",
    "auto_disk_config", "description", "root_device_name",
}  # fmt: skip
SINCE = {
    **dict.fromkeys(TAGS, versions.SERVERS_HAVE_TAGS),
    "changes-before": versions.CHANGES_BEFORE,
    "locked": versions.LOCKED_REASON,
}
JOINED = {
    "block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups",
    "pci_devices",
}  # fmt: skip
"""Names of Nova's tables: refused for who may ask everything."""
KNOWN = {*EXACT, *PATTERNS, *NUMBERS, *ALIKE, *SPELLED, *ELSEWHERE, *SINCE}
MEMBERS = {
    "reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants", "limit", "marker",
    "sort_key", "sort_dir",
}  # fmt: skip
MEMBERS_SINCE = {
    **SINCE,
    "ip6": versions.FILTER_BY_IPV6,
    **dict.fromkeys(
        ("availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at",
         "power_state", "task_state", "vm_state", "progress", "user_id"),
        versions.MEMBERS_FILTER_MORE,
    ),
    "hostname": versions.HOSTNAMES,
}  # fmt: skip

SORT_KEYS = {
    "created_at": "created_at", "updated_at": "updated_at", "launched_at": "launched_at",
    "display_name": "name", "name": "name", "uuid": "id", "host": "host", "node": "host", "vm_state": "vm_state",
    "power_state": "power_state", "project_id": "project_id", "user_id": "user_id", "key_name": "key_name",
    "image_ref": "image_id", "hostname": "hostname", "display_description": "description",
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "availability_zone": "zone",
    "config_drive": "config_drive", "launch_index": "launch_index", "locked_by": "locked_by",
    "auto_disk_config": "disk_config",
}  # fmt: skip
SAME_KEYS = {
    "instance_type_id", "kernel_id", "ramdisk_id", "progress", "root_device_name", "task_state", "terminated_at",
}  # fmt: skip
"""Nova sorts by these too; here they are alike, or not stored."""
OLD_KEYS = {
    "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted",
    "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on",
    "locked", "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus",
    "vm_mode",
}  # fmt: skip
"""Ignored before 2.75, refused from then on."""
ADMINS_KEYS = ("host", "node")
SORTING = lists.Sorting(
    bad_key="Invalid input for query parameters sort_key. Value: {key}.",
    bad_direction="Invalid input for query parameters sort_dir. Value: {direction}.",
)


class Asked(NamedTuple):
    """A question to the list of servers."""

    which: Which
    filters: list[Filter]
    tags: dict[str, list[str]]
    zone: str | None = None
    """A pattern of the zones that servers are in."""
    root_device: str | None = None
    """A pattern of what their first disks are called."""
    task_state: str | None = None
    is_of_nothing: bool = False
    """No server can be an answer."""


class Nothing(Exception):
    """No server is like that."""


async def read(ctx: Context, query: Query, all_tenants: Rule) -> Asked:
    """The question, as far as the asker may ask it; of every project by the rule `all_tenants`."""
    names = _allowed(ctx, query)
    which = _which(ctx, query, names)
    tags = {kind: words for kind in TAGS if kind in names and (words := _split(query, kind))}
    zone = root = task = None
    try:
        filters = [*_whose(ctx, query, all_tenants), *_statuses(ctx, query), *_changed(query, names)]
        for name in EXACT.keys() & names:
            filters.append(Filter(EXACT[name], "in", query.all(name)))
        for name in PATTERNS.keys() & names:
            filters.append(Filter(PATTERNS[name], "matches", _pattern(query, name)))
        for name in NUMBERS.keys() & names:
            filters.append(Filter(NUMBERS[name], "eq", _number(query.get(name) or "")))
        for name, (field, spellings) in SPELLED.items():
            if name in names:
                wanted = pattern(_pattern(query, name))
                filters.append(
                    Filter(field, "in", [v for v, text in spellings.items() if wanted.search(text)])
                )
        for name in ALIKE.keys() & names:
            if not pattern(_pattern(query, name)).search(ALIKE[name]):
                raise Nothing
        if "flavor" in names:
            filters.append(lists.pair_condition("flavor", "id", query.get("flavor")))
        if "locked" in names and (is_locked := _truth(query, "locked")) is not None:
            filters.append(Filter("locked_by", "set" if is_locked else "null"))
        if "terminated_at" in names and which is Which.LIVING:
            raise Nothing
        if "auto_disk_config" in names:
            is_automatic = truths.COMMON.read(query.get("auto_disk_config")) is True
            filters.append(Filter("disk_config", "eq", "AUTO" if is_automatic else "MANUAL"))
        for name in ("ip", "ip6"):
            if name in names:
                filters.append(
                    Filter("id", "in", await network.find_servers_by_ip(ctx, query.get(name) or ""))
                )
        if "availability_zone" in names:
            zone = _pattern(query, "availability_zone")
        if "root_device_name" in names:
            root = _pattern(query, "root_device_name")
        if "task_state" in names:
            task = query.get("task_state")
    except Nothing:
        return Asked(which, [], {}, is_of_nothing=True)
    return Asked(which, filters, tags, zone, root, task)


def _allowed(ctx: Context, query: Query) -> set[str]:
    """The parameters that count; 400 for what cannot be asked."""
    names = set(query.names())
    may_ask_all = ctx.may(policy.ALL_FILTERS, {})
    known = {n for n in names & KNOWN if ctx.wants(SINCE.get(n, (2, 1)))}
    if ctx.wants(versions.STRICT_QUERIES):
        for name in names - known - JOINED:
            # Upstream's schema lets through whatever begins with an underscore.
            if not name.startswith("_"):
                raise BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
    # These must be patterns, even where the asker may not search by them.
    for name in ("name", "display_name", "ip", "ip6"):
        if name in names:
            _pattern(query, name)
    if not may_ask_all:
        return {n for n in known if n in MEMBERS or (n in MEMBERS_SINCE and ctx.wants(MEMBERS_SINCE[n]))}
    # Upstream would search what is joined to servers by these, and refuses them to administrators, who alone may
    # try.
    for name in sorted(names):
        if name in JOINED or name.startswith("_"):
            raise BadRequest(f"Invalid filter field: {name}.")
    return known


def _whose(ctx: Context, query: Query, all_tenants: Rule) -> list[Filter]:
    everybody = query.truth("all_tenants") if "all_tenants" in query else False
    if not everybody:
        return [Filter("project_id", "eq", ctx.project_id)]
    ctx.authorize(all_tenants, {})
    # Only beside all_tenants do these narrow anything; alone they are looked over.
    wanted = query.get("tenant_id") or query.get("project_id")
    return [Filter("project_id", "eq", wanted)] if wanted else []


def _statuses(ctx: Context, query: Query) -> list[Filter]:
    statuses = [s.upper() for s in query.all("status")]
    if not statuses:
        return []
    if KNOWN_STATUSES.isdisjoint(statuses):
        # Before 2.38 a status that there is not is one that no server has.
        if ctx.wants(versions.STATUS_IS_CHECKED):
            raise BadRequest("Invalid status value")
        raise Nothing
    return [Filter("vm_state", "in", [STATES[s] for s in statuses if s in STATES])]


def _which(ctx: Context, query: Query, names: set[str]) -> Which:
    """Those that are there, unless changes are asked for; an administrator may choose."""
    # Only alone does DELETED ask for what is gone; among others it adds nothing.
    if [s.upper() for s in query.all("status")] == [STATUSES[VmState.DELETED]]:
        ctx.authorize(CONTEXT_IS_ADMIN, {"status": "DELETED"}, hidden=errors.DeletedForAdmins())
        return Which.PAST
    if "deleted" in names and (wanted := query.get("deleted")) is not None:
        return Which.PAST if truths.COMMON.read(wanted) else Which.LIVING
    return Which.ALL if names & {"changes-since", "changes-before"} else Which.LIVING


def _changed(query: Query, names: set[str]) -> list[Filter]:
    filters = []
    if "changes-since" in names:
        filters.append(Filter("updated_at", "ge", _time(query, "changes-since")))
    if "changes-before" in names:
        filters.append(Filter("updated_at", "le", _time(query, "changes-before")))
    if len(filters) == 2 and filters[1].value < filters[0].value:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return filters


def _pattern(query: Query, name: str) -> str:
    """The last of that name; times may be written with a space in the middle."""
    text = query.get(name) or ""
    return regular_expression(text.replace(" ", "T") if name.endswith("_at") else text, name)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Nothing
    return int(text)


def _truth(query: Query, name: str) -> bool | None:
    text = query.get(name)
    return None if text is None else values.truth(text, name)


def _time(query: Query, name: str) -> str:
    at = time(query.get(name) or "", name)
    return at.isoformat(timespec="microseconds").removesuffix("+00:00")


def _split(query: Query, name: str) -> list[str]:
    return [t for text in query.all(name) for t in text.split(",") if t]


def order(ctx: Context, query: Query) -> list[Sort]:
    """The order that is asked for: each key once; the newest first if nothing is said."""
    fields: dict[str, str | None] = {**SORT_KEYS, **dict.fromkeys(SAME_KEYS)}
    if not ctx.wants(versions.STRICT_QUERIES):
        fields |= dict.fromkeys(OLD_KEYS)
    if ctx.wants(versions.LOCKED_REASON):
        fields["locked"] = "locked_by"
    for key in query.all("sort_key"):
        if key in ADMINS_KEYS and not ctx.may(CONTEXT_IS_ADMIN, {}):
            raise Forbidden(f"Only administrators can sort servers by {key}")
    return SORTING.read(query, fields) or [Sort("created_at", True)]
