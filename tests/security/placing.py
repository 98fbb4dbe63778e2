"""Requests that name somebody's things wherever an id may stand, made of what routes and schemas declare.

Each request is one that the asker might well send of their own things, with one id replaced by another tenant's.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from haneul.kernel.http import schema
from haneul.kernel.http.app import Served
from haneul.kernel.http.routes import Route
from haneul.kernel.http.tables import Resource
from haneul.services.block_storage.api.volume_actions import ACTIONS as VOLUME_ACTIONS
from haneul.services.compute.api.server_actions import ACTIONS
from haneul.services.network import api as network_api

IS_ID = re.compile(
    r"(^|[_:-])(id|uuid|ref|source)s?$|Ref$|Id$|^(volume|port|network|subnet|server|image|tenant|owner|member|marker|key_name"
    r"|trust|user|project|group|router|fixed_ips|security_groups?|instance|device|name|same_host|different_host)$"
)
SPELT: dict[str, tuple[str, ...]] = {
    "instance": ("server",), "device": ("server", "router", "network"), "owner": ("project", "user"),
    "tenant": ("project",), "member": ("project",), "trustor": ("user",), "trustee": ("user", "friend"),
    "consumer": ("server",), "source": ("volume", "image", "snapshot"), "interface": ("interface", "leg"),
    "key_name": ("keypair",), "net": ("network",), "host": ("server",), "remote_group": ("security_group",),
    "uuid": ("network", "volume", "image", "snapshot"), "allocations": ("server",), "os-quota-sets": ("project",),
    "quotas": ("project",), "os-simple-tenant-usage": ("project",), "v3": ("project",), "resource": ("server",),
    "parent": ("project",), "volume_attachments": ("volume",), "port": ("port", "interface", "leg"),
}  # fmt: skip
"""Names under which things of these kinds are meant, where the name does not say it."""
ANY = ("server", "project", "user", "network", "image", "volume", "port", "router", "snapshot", "attachment")
DEPTH = 4
QUERIES = (
    "marker", "id", "project_id", "tenant_id", "user_id", "server_id", "instance_id", "volume_id", "device_id",
    "network_id", "subnet_id", "router_id", "port_id", "security_group_id", "image_id", "owner", "name", "snapshot_id",
    "uuid", "image", "flavor", "host", "fixed_ips", "member_of", "parent_id", "group.id", "scope.project.id",
    "user.id", "trustor_user_id", "trustee_user_id", "address_scope_id", "subnetpool_id", "tags", "bootable",
)  # fmt: skip
SERVER_ACTIONS: dict[str, Any] = {
    "rebuild": {"imageRef": "image", "key_name": "keypair"}, "resize": {"flavorRef": "flavor"},
    "rescue": {"rescue_image_ref": "image"}, "addSecurityGroup": {"name": "security_group"},
    "removeSecurityGroup": {"name": "security_group"},
}  # fmt: skip
"""The actions of servers that name other things, and the kind of each."""


class Attack(NamedTuple):
    method: str
    path: str
    version: str | None
    body: Any
    used: frozenset[str]
    """The other's things that the request itself names."""


def kinds(name: str, things: dict[str, str]) -> tuple[str, ...]:
    """The kinds of things that a field, parameter or part of a path may be meant for."""
    plain = name.replace("-", "_").lower()
    for spelt in sorted(SPELT, key=len, reverse=True):
        if spelt.replace("-", "_") in plain and not any(k in plain for k in things if len(k) > len(spelt)):
            return tuple(k for k in SPELT[spelt] if k in things)
    return next(((k,) for k in sorted(things, key=len, reverse=True) if k in plain.replace("qos_", "")), ())


class Placer:
    """Writes the attacks of one tenant on another."""

    def __init__(self, mine: dict[str, str], theirs: dict[str, str], known: dict[str, str]) -> None:
        self.mine, self.theirs, self.known = mine, theirs, known

    def attacks(self, served: Served) -> Iterator[Attack]:
        for route in served.routes:
            version = self._version(served, route)
            base = served.manifest.path
            names = _holes(route.path)
            own = self._path(route.path, {})
            for hole, before in names:
                for kind in kinds(before, self.theirs) or kinds(hole, self.theirs) or ANY:
                    body = next(self.bodies(served, route), None)
                    path = self._path(route.path, {hole: self.theirs[kind]})
                    yield Attack(route.method, base + path, version, body, frozenset({self.theirs[kind]}))
            if len(names) > 1:
                yield self._all_theirs(route, base, version, names)
            if route.body is not None:
                for body in self.bodies(served, route):
                    for spoilt, used in self._replaced(body):
                        yield Attack(route.method, base + own, version, spoilt, frozenset({used}))
            if route.method == "GET" and not route.path.endswith("}"):
                yield from self._queries(route, base + own, version)

    def _all_theirs(
        self, route: Route, base: str, version: str | None, names: list[tuple[str, str]]
    ) -> Attack:
        chosen = {
            h: self.theirs[(kinds(b, self.theirs) or kinds(h, self.theirs) or ANY)[0]] for h, b in names
        }
        path = base + self._path(route.path, chosen)
        return Attack(route.method, path, version, None, frozenset(chosen.values()))

    def _queries(self, route: Route, path: str, version: str | None) -> Iterator[Attack]:
        for name in QUERIES:
            last = path.rstrip("/").rsplit("/", 1)[-1].removesuffix("detail")
            meant = kinds(last, self.theirs) if name in ("marker", "id", "name", "uuid") else ()
            for kind in (meant or kinds(name, self.theirs) or ("server",))[:2]:
                for more in ("", "&all_tenants=1") if name in ("marker", "project_id") else ("",):
                    value = self.theirs[kind]
                    used = frozenset({value})
                    yield Attack(route.method, f"{path}?{name}={value}&limit=50{more}", version, None, used)

    def _version(self, served: Served, route: Route) -> str | None:
        window = served.manifest.microversions
        if window is None:
            return None
        last = route.window.until or schema.parse_version(window.maximum)
        return f"{window.type} {last[0]}.{last[1]}"

    def _path(self, template: str, given: dict[str, str]) -> str:
        parts, before = [], ""
        for part in template.split("/"):
            if part.startswith("{"):
                hole = part.strip("{}").split(":")[0]
                found = kinds(before, self.mine) or kinds(hole, self.mine)
                parts.append(
                    given.get(hole) or (self.mine[found[0]] if found else self.known.get(before, "x"))
                )
            else:
                parts.append(part)
                before = part
        return "/".join(parts)

    # -- bodies

    def bodies(self, served: Served, route: Route) -> Iterator[Any]:
        """What the asker might send, all of their own."""
        if route.body is None:
            return
        if served.manifest.name == "network" and (found := _resource(route)) is not None:
            yield {found.name: self._of_attributes(found, route.method)}
        elif route.path.endswith("/servers/{id}/action"):
            for action, fields in SERVER_ACTIONS.items():
                assert action in ACTIONS.table
                yield {action: {name: self.mine[kind] for name, kind in fields.items()}}
        elif route.path.endswith("/volumes/{id}/action"):
            for name, action in VOLUME_ACTIONS.table.items():
                if action.shape is not None:
                    yield {name: self._value(inspect.type_info(action.shape), name, 0)}
        elif "router_interface" in route.path:
            yield from ({"subnet_id": self.mine["subnet"]}, {"port_id": self.mine["port"]})
        else:
            info = inspect.type_info(route.body)
            yield self._value(info, "", 0)
            yield from self._of_module(route, info)

    def _of_module(self, route: Route, info: Any) -> Iterator[Any]:
        """Bodies whose inside is read by another shape of the same file."""
        if not isinstance(info, inspect.StructType) or len(info.fields) != 1:
            return
        (field,) = info.fields
        if not isinstance(field.type, inspect.DictType):
            return
        module = importlib.import_module(route.handler.__module__)
        for shape in vars(module).values():
            if isinstance(shape, type) and issubclass(shape, msgspec.Struct) and shape is not route.body:
                yield {field.encode_name: self._value(inspect.type_info(shape), "", 0)}

    def _of_attributes(self, resource: Resource, method: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        shape = resource.new if method == "POST" else resource.changes
        settable = shape.__struct_fields__ if shape is not None else ()
        for a in resource.attributes:
            if a.target not in settable:
                continue
            if a.name == "fixed_ips":
                found[a.name] = [{"subnet_id": self.mine["subnet"]}]
            elif a.name == "device_owner":
                found[a.name] = "compute:nova"
            elif a.name == "external_gateway_info":
                found[a.name] = {"network_id": self.mine["network"]}
            elif a.name == "security_groups":
                found[a.name] = [self.mine["security_group"]]
            elif IS_ID.search(a.name) and (of := kinds(a.name, self.mine)):
                found[a.name] = self.mine[of[0]]
        return found | ({"direction": "ingress"} if resource.name == "security_group_rule" else {})

    def _value(self, info: Any, name: str, depth: int) -> Any:
        match info:
            case inspect.Metadata():
                return self._value(info.type, name, depth)
            case inspect.StructType():
                return {
                    f.encode_name: self._value(f.type, f.encode_name, depth + 1)
                    for f in info.fields
                    if f.required or (depth < DEPTH and self._leads_to_ids(f.type, f.encode_name, depth))
                }
            case inspect.UnionType():
                rank = (inspect.StructType, inspect.ListType, inspect.DictType, inspect.StrType)
                best = sorted(info.types, key=lambda t: rank.index(type(t)) if type(t) in rank else len(rank))
                return self._value(best[0], name, depth)
            case inspect.ListType():
                return [self._value(info.item_type, name, depth + 1)]
            case inspect.DictType():
                return {}
            case inspect.LiteralType():
                return info.values[0]
            case inspect.EnumType():
                return next(iter(info.cls)).value
            case inspect.IntType():
                return 1
            case inspect.BoolType():
                return False
            case inspect.NoneType():
                return None
            case _:
                of = kinds(name, self.mine) if IS_ID.search(name) else ()
                return self.mine[of[0]] if of else self.known.get(name, "x")

    def _leads_to_ids(self, info: Any, name: str, depth: int) -> bool:
        match info:
            case inspect.Metadata():
                return self._leads_to_ids(info.type, name, depth)
            case inspect.UnionType():
                return any(self._leads_to_ids(t, name, depth) for t in info.types)
            case inspect.ListType():
                return self._leads_to_ids(info.item_type, name, depth)
            case inspect.StructType():
                inner = ((f.type, f.encode_name) for f in info.fields)
                return depth < DEPTH and any(self._leads_to_ids(t, n, depth + 1) for t, n in inner)
            case inspect.StrType():
                return bool(IS_ID.search(name))
            case _:
                return False

    def _replaced(self, body: Any) -> Iterator[tuple[Any, str]]:
        """The body again and again, each time with one of its texts being another's thing."""
        for path in _texts(body):
            name = next((p for p in reversed(path) if isinstance(p, str)), "")
            if not IS_ID.search(name):
                continue
            outer = next((p for p in reversed(path[:-1]) if isinstance(p, str)), "")
            found = kinds(name, self.theirs) or kinds(outer, self.theirs) or ANY
            for kind in dict.fromkeys((*found, *(kinds(outer, self.theirs)))):
                other = copy.deepcopy(body)
                holder = other
                for step in path[:-1]:
                    holder = holder[step]
                holder[path[-1]] = self.theirs[kind]
                yield other, self.theirs[kind]


def _holes(template: str) -> list[tuple[str, str]]:
    """(name, the part before it) of each place in the path where something is named."""
    parts = template.split("/")
    return [(p.strip("{}").split(":")[0], parts[i - 1]) for i, p in enumerate(parts) if p.startswith("{")]


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))


def _resources() -> dict[str, Resource]:
    found = {}
    for module in pkgutil.iter_modules(network_api.__path__, network_api.__name__ + "."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, Resource):
                found["/" + each.collection.replace("_", "-")] = each
    return found


RESOURCES = _resources()


def _resource(route: Route) -> Resource | None:
    """The kind of thing that a route of the network makes or changes."""
    path = "/" + route.path.split("/")[2] if route.path.count("/") > 1 else route.path
    is_one = route.path.endswith((path, path + "/{id}"))
    return RESOURCES.get(path) if is_one else None
