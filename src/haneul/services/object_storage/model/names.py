"""Names in paths: which there can be, and what `/v1/ACCOUNT/CONTAINER/OBJECT` says."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from haneul.services.object_storage import errors

LONGEST_ACCOUNT, LONGEST_CONTAINER, LONGEST_OBJECT = 256, 256, 1024
"""In bytes."""


class Place(NamedTuple):
    """What a path is about; the parts that it does not name are empty."""

    account: str
    container: str = ""
    name: str = ""

    def holds(self, other: Place) -> bool:
        """Whether the other lies in the account, or the container, that this is."""
        return self.account == other.account and self.container in ("", other.container)

    @property
    def path(self) -> str:
        return "/".join(part for part in self if part)


def place(raw: bytes, base: str) -> Place:
    """What the path says below the base, which ends in a slash; BadName if that is nothing that could be there."""
    parts = decoded(raw.decode("ascii", "replace"))[len(base) :].split("/", 2)
    account, container, name = (*parts, "", "")[:3]
    if not account or (name and not container):
        raise errors.BadName(reason="Bad URL")
    return Place(account, container, name)


def decoded(text: str) -> str:
    """The text without escapes; BadName if it is no UTF-8 or has a NUL."""
    try:
        plain = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise errors.BadName(reason="Invalid UTF8 or contains NULL") from None
    if "\0" in plain:
        raise errors.BadName(reason="Invalid UTF8 or contains NULL")
    return plain


def quoted(text: str) -> str:
    """The text as it stands in an address."""
    return quote(text, safe="/")


def within_container(text: str, header: str, form: str) -> tuple[str, str]:
    """(container, object) of a header such as `Destination`; BadName if it is not of that form."""
    container, slash, name = decoded(text).removeprefix("/").partition("/")
    if not container or not slash or not name:
        raise errors.BadName(reason=f"{header} header must be of the form {form}")
    require_container(container)
    require_object(name)
    return container, name


def require_account(name: str) -> None:
    if (length := len(name.encode())) > LONGEST_ACCOUNT:
        raise errors.BadHeader(reason=f"Account name length of {length} longer than {LONGEST_ACCOUNT}")


def require_container(name: str) -> None:
    if (length := len(name.encode())) > LONGEST_CONTAINER:
        raise errors.BadHeader(reason=f"Container name length of {length} longer than {LONGEST_CONTAINER}")


def require_object(name: str) -> None:
    if (length := len(name.encode())) > LONGEST_OBJECT:
        raise errors.BadHeader(reason=f"Object name length of {length} longer than {LONGEST_OBJECT}")
