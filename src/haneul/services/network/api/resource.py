"""What one kind of thing looks like on the wire: its attributes, said once.

From the table of attributes come the decoding of bodies with Neutron's messages, the views, and the
filters, sort keys and fields of lists. Attributes that have a policy rule of their own
(`create_network:shared`, `get_port:binding:host_id`) are asked for, or left out, by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Rows
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http import Answer
from haneul.kernel.policy import Rule
from haneul.services.network import errors, policy
from haneul.services.network.api.checks import Check, anything

REQUIRED: Any = object()
NOT_GIVEN: Any = object()
"""The default of what the operation itself decides: nothing is passed on."""

Extra = tuple[str, sa.ColumnElement[bool], Mapping[str, Any]]


@dataclass(frozen=True)
class Attribute:
    name: str
    check: Check = anything
    field: str = ""
    """The model's name for it, if another."""
    default: Any = REQUIRED
    post: bool = True
    put: bool = True
    show: Callable[[Any], Any] | None = None
    """The whole thing -> what is shown; None: the field as it is."""
    is_stored: bool = True
    """Lists can be filtered and sorted by it."""
    is_filter: bool = True
    """Whether lists may be narrowed by it; upstream has some that they may not."""
    is_shown: bool = True
    filtered_by: str = ""
    """The field that a filter compares with, if another."""
    spellings: Callable[[str], list[str]] | None = None
    """What a filter asks for -> all that may stand in the store for it; None: word for word."""

    @property
    def target(self) -> str:
        return self.field or self.name

    @property
    def searched(self) -> str:
        return self.filtered_by or self.target


def shown(
    name: str, field: str = "", show: Callable[[Any], Any] | None = None, *, is_filter: bool = True
) -> Attribute:
    """An attribute that no request sets."""
    return Attribute(
        name, field=field, post=False, put=False, show=show, is_stored=show is None, is_filter=is_filter
    )


Operation = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Resource:
    name: str
    attributes: Sequence[Attribute]
    rows: Rows[Any]
    not_found: type[HaneulError]
    create: Operation | None = None
    """(ctx, values by field) -> thing"""
    update: Operation | None = None
    """(ctx, thing, values by field) -> thing"""
    delete: Operation | None = None
    check_together: Callable[[list[dict[str, Any]]], None] | None = None
    """Raises for things that may come one by one, and not in one request."""
    plural: str = ""
    visible: Callable[[Context], list[Extra]] | None = None
    """Conditions on what the asker sees in lists."""
    target: Callable[[Context, Any], Awaitable[dict[str, Any]]] | None = None
    """What policy is asked about, beyond the thing's own fields."""
    complete: Callable[[Context, list[dict[str, Any]], list[Any]], Awaitable[None]] | None = None
    """Adds to the views what other tables know."""
    filters: Mapping[str, Callable[[list[str]], Extra]] = field(default_factory=dict)
    """Filters that are no plain comparison."""
    before_list: Callable[[Context], Awaitable[None]] | None = None
    named: str = ""
    """The name in policy rules, if another."""
    shape: type[Answer] | None = None
    """What one thing is in answers."""
    refusals: Mapping[str, tuple[type[HaneulError], ...]] = field(default_factory=dict)
    """What `create`, `update`, `delete` and `list` can fail with beside what they all can."""

    def __post_init__(self) -> None:
        by_name = {a.name: a for a in self.attributes}
        object.__setattr__(self, "by_name", by_name)

    by_name: dict[str, Attribute] = field(init=False, default_factory=dict)

    @property
    def collection(self) -> str:
        return self.plural or self.name + "s"

    def rule(self, action: str) -> Rule:
        """The rule of doing this to such a thing."""
        return policy.named(f"{action}_{self.named or self.name}")

    def attribute_rule(self, action: str, attribute: str) -> Rule | None:
        """The rule of the attribute's own, if it has one; else the thing's is enough."""
        return policy.RULES.get(f"{action}_{self.named or self.name}:{attribute}")

    # -- in

    def creation(self, ctx: Context, item: Any) -> dict[str, Any]:
        """The values of a POST by field, defaults filled in."""
        given = self._given(item)
        values: dict[str, Any] = {"project_id": owner(ctx, given)}
        for attribute in self.attributes:
            if attribute.name in given:
                if not attribute.post:
                    raise BadRequest(f"Attribute '{attribute.name}' not allowed in POST")
                values[attribute.target] = _checked(attribute, given[attribute.name])
            elif attribute.post and attribute.default is not NOT_GIVEN:
                if attribute.default is REQUIRED:
                    raise BadRequest(
                        f"Failed to parse request. Required attribute '{attribute.name}' not specified"
                    )
                values[attribute.target] = (
                    attribute.default() if callable(attribute.default) else attribute.default
                )
        return values

    def change(self, item: Any) -> dict[str, Any]:
        """The values of a PUT by field: only what was given."""
        given = self._given(item)
        for name in ("project_id", "tenant_id"):
            if name in given:
                raise BadRequest(f"Cannot update read-only attribute {name}")
        values = {}
        for name, value in given.items():
            attribute = self.by_name[name]
            if not attribute.put:
                raise BadRequest(f"Cannot update read-only attribute {name}")
            values[attribute.target] = _checked(attribute, value)
        return values

    def _given(self, item: Any) -> dict[str, Any]:
        if not isinstance(item, dict):
            raise BadRequest(f"Invalid body: '{self.name}' must be an object")
        unknown = [k for k in item if k not in self.by_name and k not in ("project_id", "tenant_id")]
        if unknown:
            raise BadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        return item

    def authorize_attributes(
        self, ctx: Context, action: str, item: dict[str, Any], target: Mapping[str, Any]
    ) -> None:
        """Each given attribute that has a rule is allowed by it, and so is each part of it that has one."""
        for name, value in item.items():
            names = [name]
            parts = value if isinstance(value, list) else [value]
            names += [f"{name}:{k}" for part in parts if isinstance(part, dict) for k in part]
            for each in dict.fromkeys(names):
                rule = self.attribute_rule(action, each)
                if rule is not None and not self._is_default(name, value, action):
                    ctx.authorize(rule, target)

    def _is_default(self, name: str, value: Any, action: str) -> bool:
        """To ask for what one gets anyway takes no right."""
        attribute = self.by_name.get(name)
        if attribute is None or action != "create":
            return False
        default = attribute.default() if callable(attribute.default) else attribute.default
        return bool(default is not REQUIRED and value == default)

    # -- out

    def shower(self, ctx: Context, fields: Sequence[str] = ()) -> Callable[[Any], dict[str, Any]]:
        """A function that shows things to the asker; what they may not read is left out."""
        plain: list[tuple[str, str]] = []
        made: list[tuple[str, Callable[[Any], Any]]] = []
        has_project = "project_id" in self.rows.model.__struct_fields__
        wanted = set(fields)
        if has_project:
            plain += [(n, "project_id") for n in ("project_id", "tenant_id") if not wanted or n in wanted]
        for a in self.attributes:
            if not a.is_shown or (wanted and a.name not in wanted):
                continue
            rule = self.attribute_rule("get", a.name)
            if rule is not None and not ctx.may(rule, {}):
                continue
            if a.show is None:
                plain.append((a.name, a.target))
            else:
                made.append((a.name, a.show))

        def show(thing: Any) -> dict[str, Any]:
            view = {name: getattr(thing, f) for name, f in plain}
            for name, make in made:
                view[name] = make(thing)
            return view

        return show

    async def views(
        self, ctx: Context, things: list[Any], fields: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        show = self.shower(ctx, fields)
        found = [show(thing) for thing in things]
        if self.complete is not None:
            await self.complete(ctx, found, things)
            if fields:
                found = [{k: v for k, v in view.items() if k in fields} for view in found]
        return found

    async def view(self, ctx: Context, thing: Any, fields: Sequence[str] = ()) -> dict[str, Any]:
        return {self.name: (await self.views(ctx, [thing], fields))[0]}

    # -- one

    async def policy_target(self, ctx: Context, thing: Any) -> dict[str, Any]:
        fields = thing if isinstance(thing, dict) else {f: getattr(thing, f) for f in thing.__struct_fields__}
        target = {
            "project_id": fields.get("project_id", ""),
            "tenant_id": fields.get("project_id", ""),
            "shared": bool(fields.get("is_shared")),
            "router:external": bool(fields.get("is_external")),
        }
        if self.target is not None:
            target.update(await self.target(ctx, fields))
        return target

    async def load(self, ctx: Context, id: str, action: str = "get") -> Any:
        """The thing, if the asker may do this to it; 404 if they may not even see it."""
        thing = await self.rows.get(ctx.tx, id)
        if thing is None:
            raise self.not_found(id=id)
        target = await self.policy_target(ctx, thing)
        ctx.authorize(self.rule("get"), target, hidden=self.not_found(id=id))
        if action != "get":
            ctx.authorize(self.rule(action), target)
        return thing

    def filter(self, name: str, values: list[str]) -> Filter | None:
        """Any of these values; None if that can never be."""
        attribute = self.by_name.get(name)
        target = "project_id" if name in ("project_id", "tenant_id") else attribute and attribute.searched
        if (
            target is None
            or target not in self.rows.model.__struct_fields__
            or (attribute is not None and not (attribute.is_stored and attribute.is_filter))
        ):
            raise BadRequest(f"['{name}'] is invalid attribute for filtering")
        if attribute is not None and attribute.spellings is not None:
            values = [spelling for value in values for spelling in _spellings(attribute.spellings, value)]
        kind = self.rows.c[target].type
        if isinstance(kind, sa.Boolean):
            return Filter(target, "in", [truth_asked(name, v) for v in values])
        if isinstance(kind, sa.BigInteger):
            return Filter(target, "in", [_integer(name, v) for v in values])
        if len(values) == 1:
            return Filter(target, "eq", values[0])
        return Filter(target, "in", values)


def owner(ctx: Context, given: Mapping[str, Any]) -> str:
    """Whose the new thing is: the asker's project's, or another's if an administrator says so."""
    asked = [given[k] for k in ("project_id", "tenant_id") if k in given]
    if len(set(map(str, asked))) > 1:
        raise BadRequest("'project_id' and 'tenant_id' do not match")
    if not asked:
        return ctx.project_id
    if not isinstance(asked[0], str) or len(asked[0]) > 255 or "\x00" in asked[0]:
        raise errors.InvalidInput(attribute="project_id", reason=f"'{asked[0]}' is not a valid string")
    if asked[0] != ctx.auth.project_id and not ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        raise BadRequest(
            "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires "
            "admin privileges"
        )
    return asked[0]


def _spellings(forms: Callable[[str], list[str]], value: str) -> list[str]:
    """What has no normal form is looked for as it is, and not there."""
    try:
        return forms(value)
    except ValueError:
        return [value]


def only(form: Callable[[str], str]) -> Callable[[str], list[str]]:
    """The spellings of what is stored in its normal form."""
    return lambda text: [form(text)]


def _checked(attribute: Attribute, value: Any) -> Any:
    try:
        return attribute.check(value)
    except ValueError as problem:
        raise errors.InvalidInput(attribute=attribute.name, reason=str(problem)) from None


TRUTHS_ASKED = truths.Words(("true", "1", "yes", "on", "t"), ("false", "0", "no", "off", "f"))


def truth_asked(name: str, text: str) -> bool:
    is_true = TRUTHS_ASKED.read(text)
    if is_true is None:
        raise errors.InvalidOperation(reason=f"'{text}' cannot be converted to boolean")
    return is_true


def _integer(name: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise errors.InvalidOperation(reason=f"'{text}' is not an integer") from None
    return max(-(2**63), min(number, 2**63 - 1))


def builtin(value: Any) -> Any:
    return msgspec.to_builtins(value)
