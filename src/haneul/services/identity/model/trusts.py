"""Trusts: somebody lends some of their roles in a project to somebody else."""

from __future__ import annotations

from datetime import datetime

import msgspec

MOST_REDELEGATIONS = 3


class Trust(msgspec.Struct, frozen=True):
    """The trustee may act in the project with the trustor's roles, with `impersonation` as the trustor.

    `remaining_uses` counts tokens yet to be given, None is any number. `redelegation_count` is how many
    times what is lent may be lent on; `redelegated_trust_id` is the trust that this one was made from.
    """

    id: str
    trustor_user_id: str
    trustee_user_id: str
    impersonation: bool
    project_id: str | None = None
    role_ids: list[str] = []
    expires_at: datetime | None = None
    remaining_uses: int | None = None
    redelegation_count: int = 0
    redelegated_trust_id: str | None = None

    def is_over(self, now: datetime) -> bool:
        return self.remaining_uses == 0 or (self.expires_at is not None and self.expires_at <= now)
