"""How identity's bodies are read: known fields are checked, others are kept as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.http.bounds import FEW, LONGEST
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import InvalidField, Strict, invalid

T = TypeVar("T", bound=msgspec.Struct)

_VISIBLE = r"^[^\x00]*[^\s\x00][^\x00]*$"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_VISIBLE)]
ProjectName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_VISIBLE)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9-]+$")]
Text = Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^\x00]*$")]
AuthRule = Annotated[list[Text], msgspec.Meta(min_length=1, max_length=64)]
Description = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00]*$")]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^,/\x00]*$")]


def read(
    shape: type[T], document: dict[str, Any], *, of: str, may_be_empty: bool = True
) -> tuple[T, dict[str, Any]]:
    """The known fields of the body's `of`, and whatever else it has."""
    if not document and not may_be_empty:
        raise InvalidField(field=of, why="{} should be non-empty", kind="value")
    # As upstream, so that a name with spaces around it is a duplicate of one without.
    if isinstance(name := document.get("name"), str) and name.strip():
        document = {**document, "name": name.strip()}
    try:
        known = msgspec.convert(document, shape, strict=True)
    except msgspec.ValidationError as problem:
        error = invalid(problem)
        error.details["field"] = f"{of}.{error.details['field']}"
        raise error from None
    names = shape.__struct_fields__
    return known, {name: value for name, value in document.items() if name not in names}


def require_texts(extra: dict[str, Any], *names: str, of: str) -> None:
    """Of what is kept as it comes, these are texts, or nothing."""
    for name in names:
        if not isinstance(extra.get(name, ""), str | None):
            raise InvalidField(
                field=f"{of}.{name}", why=f"{extra[name]!r} is not of type 'string'", kind="value"
            )


class ResourceOptions(Strict):
    """The options of domains, projects and roles; null takes one back."""

    immutable: bool | UnsetType | None = UNSET


class UserOptions(Strict):
    """What a user is exempt from, and how they must prove who they are; null takes one back."""

    ignore_change_password_upon_first_use: bool | UnsetType | None = UNSET
    ignore_password_expiry: bool | UnsetType | None = UNSET
    ignore_lockout_failure_attempts: bool | UnsetType | None = UNSET
    ignore_user_inactivity: bool | UnsetType | None = UNSET
    lock_password: bool | UnsetType | None = UNSET
    multi_factor_auth_enabled: bool | UnsetType | None = UNSET
    multi_factor_auth_rules: Annotated[list[AuthRule], FEW] | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        rules = self.multi_factor_auth_rules or []
        for each in (rules, *rules):
            if any(one in each[:i] for i, one in enumerate(each)):
                raise ValueError(f"multi_factor_auth_rules: {each} has non-unique elements")


def set_options(options: msgspec.Struct) -> dict[str, Any]:
    """The options that are on or off, without those that were taken back."""
    return {name: value for name, value in sent(options).items() if value is not None}


def merged(options: dict[str, Any], changes: msgspec.Struct) -> dict[str, Any]:
    """The options as changed."""
    new = {**options, **sent(changes)}
    return {name: value for name, value in new.items() if value is not None}


def sent(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that were sent, by name."""
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}


def refuse_empty(query: Query, names: Iterable[str]) -> None:
    """400 where a filter is given without a value."""
    for name in names:
        if query.get(name) == "":
            raise InvalidField(field=name, why="'' should be non-empty", kind="value")
