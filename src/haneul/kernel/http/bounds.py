"""How much a caller may send: the bounds that fields of bodies declare, in words that say what the field is.

A body is decoded with them, so nothing is done before they hold. Where a field may have anything (`Any`), `Within`
says how much of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from haneul.kernel.errors import BadRequest

MOST, LONGEST, LARGEST = 1000, 65535, 2**63 - 1

Text = Annotated[str, msgspec.Meta(max_length=255)]
"""A name, an id, a word."""
LongText = Annotated[str, msgspec.Meta(max_length=LONGEST)]
"""What a column of text holds upstream: descriptions, keys, documents."""
Number = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
"""What databases take; its own bounds are the operation's to say."""
Real = Annotated[float, msgspec.Meta(ge=-3.40282e38, le=3.40282e38)]
FEW = msgspec.Meta(max_length=64)
"""Of a list or an object: things of which nobody has many."""
MANY = msgspec.Meta(max_length=MOST)
"""Of a list or an object: more than anybody writes by hand."""


@dataclass(frozen=True)
class Within:
    """The bounds of a value that may be anything: of each list and object, each text, each number in it."""

    items: int = MOST
    longest: int = LONGEST

    def problem(self, value: Any) -> tuple[str, str] | None:
        """(path, what is wrong there), if anything is."""
        todo: list[tuple[str, Any]] = [("", value)]
        while todo:
            path, each = todo.pop()
            if isinstance(each, str):
                if len(each) > self.longest:
                    return path, f"{shown(each)} is too long"
            elif isinstance(each, (list, dict)):
                if len(each) > self.items:
                    return path, f"more than {self.items} items"
                if isinstance(each, dict):
                    if any(len(key) > LONGEST for key in each):
                        return path, "a name is too long"
                    todo += [
                        (f"{path}.{key}" if len(key) < 255 else path, part) for key, part in each.items()
                    ]
                else:
                    todo += [(path, part) for part in each]
            elif isinstance(each, int) and not -LARGEST <= each <= LARGEST:
                return path, f"a number is greater than the maximum of {LARGEST}"
        return None


def joined(have: Mapping[str, Any], more: Mapping[str, Any], field: str, most: int = MOST) -> dict[str, Any]:
    """Both in one; 400 naming the field if that is more than may be sent at once, unless it grows no further.

    What is added bit by bit has the bound of what is sent at once.
    """
    both = {**have, **more}
    if len(both) > most and len(both) > len(have):
        raise BadRequest(f"Invalid input for field {field}: more than {most} items")
    return both


Anything = Annotated[Any, Within()]
Words = Annotated[dict[str, Any], Within(items=64, longest=1024)]
"""A small object of anybody's making: hints, what a connector can do."""
Document = Annotated[dict[str, Any], Within()]
"""An object that its own table, or a shape of what is in it, reads."""


def shown(value: Any) -> str:
    """The value as a refusal quotes it: so much of it that one knows which it is."""
    text = repr(value)
    return text if len(text) <= 255 else f"{text[:252]}..."
