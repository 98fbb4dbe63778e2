"""What a login is made of: who is meant, what they have proved, and what the token is to be for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from haneul.kernel.auth import Auth
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.users import User


class Named(NamedTuple):
    """A user, project or domain, by id or by name (within a domain)."""

    id: str | None = None
    name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None


class Scope(NamedTuple):
    """What the token is to be for: kind is project, domain, system, trust or unscoped."""

    kind: str
    target: Named = Named()


class Bound(NamedTuple):
    """The only place where a token may hold, and the most roles that it may carry there."""

    project_id: str
    role_ids: tuple[str, ...]


class Proof(msgspec.Struct, frozen=True):
    """Somebody who has proved who they are, and what follows from how they did.

    `marks` are fields of the token's `Auth`; `bound` is set where no scope may be asked for; the token
    does not outlive `not_after`; `earlier` is the token that was shown, if one was.
    """

    user: User
    domain: Domain
    methods: tuple[str, ...] = ()
    marks: dict[str, Any] = {}
    bound: Bound | None = None
    not_after: str | None = None
    earlier: Auth | None = None


class Method(NamedTuple):
    """A way to prove who one is.

    `shape` is what it wants to find under its name in a login's `identity`; `prove(ctx, given, request)`
    gives the `Proof`, or raises Unauthorized. It opens its own transactions.
    """

    name: str
    shape: Any
    prove: Callable[..., Awaitable[Proof]]


def together(proofs: Sequence[Proof]) -> Proof:
    """All of them as one; 401 if there is none or they are not of the same person."""
    if not proofs or len({proof.user.id for proof in proofs}) > 1:
        raise Unauthorized
    ends = [proof.not_after for proof in proofs if proof.not_after is not None]
    return msgspec.structs.replace(
        proofs[0],
        methods=tuple(dict.fromkeys(name for proof in proofs for name in proof.methods)),
        marks={name: value for proof in proofs for name, value in proof.marks.items()},
        bound=next((proof.bound for proof in proofs if proof.bound), None),
        not_after=min(ends, default=None),
        earlier=next((proof.earlier for proof in proofs if proof.earlier), None),
    )
