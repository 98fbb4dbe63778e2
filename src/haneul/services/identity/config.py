"""The options of identity, read from the section `identity` of the installation's options."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
NonNegative = Annotated[int, msgspec.Meta(ge=0)]


class SecurityCompliance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of passwords and of those who have them. None means: not asked."""

    lockout_failure_attempts: Count | None = None
    """So many wrong passwords in a row lock the user out..."""
    lockout_duration_s: Annotated[float, msgspec.Meta(gt=0)] | None = 1800
    """...for so long; None: until an admin sets a new password."""
    password_regex: str | None = None
    """What every new password must match."""
    password_regex_description: str | None = None
    """Told to whoever chooses one that does not."""
    unique_last_password_count: NonNegative = 0
    """A new password is none of the last so many."""
    minimum_password_age_days: NonNegative = 0
    """A password that one chose oneself may be changed after so many days."""
    password_expires_days: Count | None = None
    change_password_upon_first_use: bool = False
    """A password set by somebody else must be changed before it is of any use."""
    disable_user_account_days_inactive: Count | None = None


class RateLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often passwords and secrets may be tried; 0 turns it off. A process counts by itself."""

    per_user: NonNegative = 0
    per_address: NonNegative = 0
    period_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0


class IdentityOptions(msgspec.Struct, frozen=True):
    security_compliance: SecurityCompliance = SecurityCompliance()
    rate_limit: RateLimit = RateLimit()
    limit_enforcement: Literal["flat", "strict_two_level"] = "flat"
    """How limits of projects relate to those of their domain."""
    list_limit: Count | None = None
    """The longest list that is answered without being asked for a page."""


def options(config: Mapping[str, Any]) -> IdentityOptions:
    return _options(msgspec.json.encode(config.get("identity", {})))


@lru_cache(maxsize=8)
def _options(section: bytes) -> IdentityOptions:
    return msgspec.json.decode(section, type=IdentityOptions)
