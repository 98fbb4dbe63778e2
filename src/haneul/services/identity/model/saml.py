"""What a SAML provider asserts of somebody, as the attributes that mapping rules name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec


class UsedAssertion(msgspec.Struct, frozen=True):
    """An assertion that somebody has logged in with: nobody does again."""

    id: str
    expires_at: str


def attributes(
    asserted: Mapping[str, Sequence[str]], *, name_id: str | None, entity_id: str
) -> dict[str, list[str]]:
    """Each attribute by its name and, as a well-known web server module spells them, with MELLON_ before it.

    `MELLON_NAME_ID` is who it is about and `MELLON_IDP` who asserts it, whatever attributes are called so.
    """
    found = {name: list(values) for name, values in asserted.items() if values}
    found |= {f"MELLON_{name}": values for name, values in list(found.items())}
    found["MELLON_IDP"] = [entity_id]
    found.pop("MELLON_NAME_ID", None)
    if name_id:
        found["MELLON_NAME_ID"] = [name_id]
    return found
