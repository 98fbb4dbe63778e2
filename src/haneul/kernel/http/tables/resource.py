"""What one kind of thing looks like on the wire: its attributes, said once.

From the table of attributes come the decoding of bodies, the views, and the filters, sort keys and fields of lists.
What a request may set, and what is there where it does not, say two Structs of the service's model, `new` and
`changes`: they are what operations get. An attribute that is declared to have rules of its own (`create_network:shared`, `get_port:binding:host_id`) is
asked for, or left out, by them. A rule of an attribute that no table declares stops the start: it would protect
nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from haneul.kernel.collection import Collection
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, values_of
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.answers import Answer
from haneul.kernel.http.tables.attributes import CHANGES, Attribute
from haneul.kernel.http.tables.words import Words
from haneul.kernel.policy import Rule

Operation = Callable[..., Awaitable[Any]]
OWNER = ("project_id", "tenant_id")
"""Whose a thing is, by both names that clients know."""
LONGEST_OWNER = 255


@dataclass(frozen=True)
class Resource:
    words: Words
    name: str
    attributes: Sequence[Attribute]
    things: Collection[Any]
    not_found: type[HaneulError]
    new: type[Struct] | None = None
    create: Operation | None = None
    """(ctx, new) -> thing"""
    changes: type[Struct] | None = None
    update: Operation | None = None
    """(ctx, thing, changes) -> thing"""
    delete: Operation | None = None
    create_all: Callable[[Context, Sequence[Any]], Awaitable[list[Any]]] | None = None
    """`create` for many at once, where that takes less than one after the other."""
    check_together: Callable[[list[Any]], None] | None = None
    """Raises for things that may come one by one, and not in one request."""
    plural: str = ""
    target: Callable[[Context, Any], Awaitable[dict[str, Any]]] | None = None
    """What policy is asked about, beyond the thing's own fields."""
    complete: Callable[[Context, list[dict[str, Any]], list[Any]], Awaitable[None]] | None = None
    """Adds to the views what other tables know."""
    filters: Mapping[str, Callable[[list[str]], Any]] = field(default_factory=dict)
    """Filters that are no plain comparison: how each is read; the collection is narrowed by what that gives."""
    before_list: Callable[[Context], Awaitable[None]] | None = None
    shape: type[Answer] | None = None
    """What one thing is in answers."""
    refusals: Mapping[str, tuple[type[HaneulError], ...]] = field(default_factory=dict)
    """What `create`, `update`, `delete` and `list` can fail with beside what they all can."""

    by_name: dict[str, Attribute] = field(init=False)
    _new: dict[str, FieldInfo] = field(init=False)
    _changes: dict[str, FieldInfo] = field(init=False)
    _rules: dict[tuple[str, str], Rule] = field(init=False)
    """(action, attribute, or attribute:part) -> the rule of its own."""
    _shown: list[tuple[str, Attribute, Rule | None]] = field(init=False)
    """Attributes that are shown, each with the rule of who may read it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {a.name: a for a in self.attributes})
        object.__setattr__(self, "_new", {f.name: f for f in fields(self.new)} if self.new else {})
        object.__setattr__(
            self, "_changes", {f.name: f for f in fields(self.changes)} if self.changes else {}
        )
        settable = {a.target for a in self.attributes if a.check is not None}
        if odd := settable ^ ({*self._new, *self._changes} - {"project_id"}):
            raise TypeError(
                f"{self.name}: of the table and its Structs, only one has {', '.join(sorted(odd))}"
            )
        own = [(action, a.name) for a in self.attributes for action in a.ruled]
        parts = [
            (action, f"{a.name}:{p}") for a in self.attributes for p in a.ruled_parts for action in CHANGES
        ]
        rules = {
            (action, name): self.words.rule(f"{action}_{self.name}:{name}") for action, name in own + parts
        }
        object.__setattr__(self, "_rules", rules)
        shown = [(a.name, a, rules.get(("get", a.name))) for a in self.attributes if a.is_shown]
        object.__setattr__(self, "_shown", shown)
        declared = {rule.name for rule in rules.values()}
        starts = tuple(f"{action}_{self.name}:" for action in ("get", *CHANGES))
        if stray := sorted(n for n in self.words.rules if n.startswith(starts) and n not in declared):
            raise TypeError(
                f"no attribute of {self.name} is declared to have these rules: {', '.join(stray)}"
            )

    @property
    def collection(self) -> str:
        return self.plural or self.name + "s"

    def rule(self, action: str) -> Rule:
        """The rule of doing this to such a thing."""
        return self.words.rule(f"{action}_{self.name}")

    # -- in

    def creation(self, ctx: Context, item: Any) -> Struct:
        """The new thing that a POST asks for."""
        wanted = self._known(item)
        values: dict[str, Any] = {"project_id": self.owner(ctx, wanted)}
        for attribute in self.attributes:
            if attribute.name in wanted:
                if attribute.target not in self._new:
                    raise BadRequest(self.words.text("not in post", name=attribute.name))
                values[attribute.target] = self._checked(attribute, wanted[attribute.name])
            elif (info := self._new.get(attribute.target)) is not None and info.required:
                raise BadRequest(self.words.text("missing", name=attribute.name))
        return self.new(**values)  # type: ignore[misc]  # the route exists only if there is one

    def change(self, item: Any) -> Struct:
        """What a PUT changes: only what the body has is set."""
        wanted = self._known(item)
        values = {}
        for name in (*(n for n in OWNER if n in wanted), *wanted):
            attribute = self.by_name.get(name)
            if attribute is None or attribute.target not in self._changes:
                raise BadRequest(self.words.text("read only", name=name))
            values[attribute.target] = self._checked(attribute, wanted[name])
        return self.changes(**values)  # type: ignore[misc]  # likewise

    def owner(self, ctx: Context, wanted: Mapping[str, Any]) -> str:
        """Whose the new thing is: the asker's project's, or another's if the asker may say so."""
        named = [wanted[k] for k in OWNER if k in wanted]
        if len(set(map(str, named))) > 1:
            raise BadRequest(self.words.text("two owners"))
        if not named:
            return ctx.project_id
        project = named[0]
        if not isinstance(project, str) or len(project) > LONGEST_OWNER or "\x00" in project:
            reason = self.words.text("no owner", value=project)
            raise self.words.invalid_value(attribute="project_id", reason=reason)
        if project != ctx.auth.project_id and not ctx.may(self.words.acts_for_others, {}):
            raise BadRequest(self.words.text("for others"))
        return project

    def _known(self, item: Any) -> dict[str, Any]:
        if not isinstance(item, dict):
            raise BadRequest(self.words.text("no object", name=self.name))
        unknown = [k for k in item if k not in self.by_name and k not in OWNER]
        if unknown:
            raise BadRequest(self.words.text("unknown", names=", ".join(unknown)))
        return item

    def _checked(self, attribute: Attribute, value: Any) -> Any:
        try:
            return attribute.check(value)  # type: ignore[misc]  # what has none is in neither Struct
        except ValueError as problem:
            raise self.words.invalid_value(attribute=attribute.name, reason=str(problem)) from None

    def authorize_attributes(
        self, ctx: Context, action: str, item: Mapping[str, Any], target: Mapping[str, Any]
    ) -> None:
        """Each attribute of the body that has a rule is allowed by it, and so is each part of it that has one.

        To ask for what one gets anyway takes no right.
        """
        for name, value in item.items():
            parts = value if isinstance(value, list) else [value]
            names = [name, *(f"{name}:{k}" for part in parts if isinstance(part, dict) for k in part)]
            rules = [rule for each in dict.fromkeys(names) if (rule := self._rules.get((action, each)))]
            if rules and not (action == "create" and self._is_default(name, value)):
                for rule in rules:
                    ctx.authorize(rule, target)

    def _is_default(self, name: str, value: Any) -> bool:
        attribute = self.by_name[name]
        info = self._new.get(attribute.target)
        if info is None or info.required:
            return False
        made = info.default_factory
        default = info.default if made is msgspec.NODEFAULT else made()
        return bool(value == default or self._checked(attribute, value) == default)

    # -- out

    def shower(self, ctx: Context, only: Sequence[str] = ()) -> Callable[[Any], dict[str, Any]]:
        """A function that shows things to the asker; what they may not read is left out."""
        plain: list[tuple[str, str]] = []
        made: list[tuple[str, Callable[[Any], Any]]] = []
        wanted = set(only)
        if "project_id" in self.things.fields:
            plain += [(n, "project_id") for n in OWNER if not wanted or n in wanted]
        for name, a, rule in self._shown:
            if wanted and name not in wanted:
                continue
            if rule is not None and not ctx.may(rule, {}):
                continue
            if a.show is None:
                plain.append((name, a.target))
            else:
                made.append((name, a.show))
        names = [name for name, _ in plain]
        values = values_of([field for _, field in plain])

        def show(thing: Any) -> dict[str, Any]:
            view = dict(zip(names, values(thing), strict=True))
            for name, make in made:
                view[name] = make(thing)
            return view

        return show

    async def views(self, ctx: Context, things: list[Any], only: Sequence[str] = ()) -> list[dict[str, Any]]:
        show = self.shower(ctx, only)
        views = [show(thing) for thing in things]
        if self.complete is not None:
            await self.complete(ctx, views, things)
            if only:
                views = [{k: v for k, v in view.items() if k in only} for view in views]
        return views

    async def view(self, ctx: Context, thing: Any, only: Sequence[str] = ()) -> dict[str, Any]:
        return {self.name: (await self.views(ctx, [thing], only))[0]}

    # -- one

    async def policy_target(self, ctx: Context, thing: Any) -> dict[str, Any]:
        """What the rules are asked about: whose it is, what they ask of every kind of thing, and of this."""
        values = thing if isinstance(thing, dict) else {f: getattr(thing, f) for f in thing.__struct_fields__}
        owner = values.get("project_id", "")
        target = {"project_id": owner, "tenant_id": owner, **self.words.target(values)}
        if self.target is not None:
            target.update(await self.target(ctx, values))
        return target

    async def load(self, ctx: Context, id: str, action: str = "get") -> Any:
        """The thing, if the asker may do this to it; 404 if they may not even see it."""
        thing = await self.things.get(ctx, id)
        if thing is None:
            raise self.not_found(id=id)
        target = await self.policy_target(ctx, thing)
        ctx.authorize(self.rule("get"), target, hidden=self.not_found(id=id))
        if action != "get":
            ctx.authorize(self.rule(action), target)
        return thing

    # -- many

    def filter(self, name: str, values: list[str]) -> Filter:
        """Any of these values; BadRequest if lists are not narrowed by that."""
        attribute = self.by_name.get(name)
        target = "project_id" if name in OWNER else attribute and attribute.searched
        if (
            target is None
            or target not in self.things.fields
            or (attribute is not None and not (attribute.is_stored and attribute.is_filter))
        ):
            raise BadRequest(self.words.text("no filter", name=name))
        if attribute is not None and attribute.spellings is not None:
            values = [spelling for value in values for spelling in _spellings(attribute.spellings, value)]
        kind = self.things.type_of(target)
        if kind is bool:
            return Filter(target, "in", [truth_of(self.words, v) for v in values])
        if kind is int:
            return Filter(target, "in", [_integer(self.words, v) for v in values])
        if len(values) == 1:
            return Filter(target, "eq", values[0])
        return Filter(target, "in", values)


def _spellings(forms: Callable[[str], list[str]], value: str) -> list[str]:
    """What has no normal form is looked for as it is, and not there."""
    try:
        return forms(value)
    except ValueError:
        return [value]


def truth_of(words: Words, text: str) -> bool:
    """The truth that a filter names."""
    is_true = words.truths.read(text)
    if is_true is None:
        raise words.invalid_operation(reason=words.text("no truth", text=text))
    return is_true


def _integer(words: Words, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise words.invalid_operation(reason=words.text("no integer", text=text)) from None
    return max(-(2**63), min(number, 2**63 - 1))
