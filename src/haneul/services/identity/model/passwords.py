"""What holds for passwords and for those who try them: pure decisions over the installation's rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from haneul.kernel.patterns import pattern
from haneul.services.identity.config import SecurityCompliance
from haneul.services.identity.errors import (
    PasswordIsLocked,
    PasswordTooWeak,
    PasswordTooYoung,
)
from haneul.services.identity.model.users import User


class PastPassword(msgspec.Struct, frozen=True):
    """One that was replaced at that time; kept only as long as it must not be used again."""

    user_id: str
    replaced_at: datetime
    hash: str


class Attempts(msgspec.Struct, frozen=True):
    """How somebody's logins went: wrong passwords in a row, and the day of the last success."""

    user_id: str
    failures: int = 0
    failed_at: datetime | None = None
    active_at: datetime | None = None


def is_locked_out(user: User, attempts: Attempts, rules: SecurityCompliance, now: datetime) -> bool:
    """Whether too many wrong passwords came one after the other, not long enough ago."""
    most = rules.lockout_failure_attempts
    if most is None or attempts.failures < most or user.options.get("ignore_lockout_failure_attempts"):
        return False
    if rules.lockout_duration_s is None or attempts.failed_at is None:
        return True
    return now < attempts.failed_at + timedelta(seconds=rules.lockout_duration_s)


def is_expired(user: User, now: datetime) -> bool:
    """Whether the password must be changed before it is of any use."""
    if user.options.get("ignore_password_expiry") or user.password_expires_at is None:
        return False
    return user.password_expires_at <= now


def is_inactive(user: User, attempts: Attempts | None, rules: SecurityCompliance, now: datetime) -> bool:
    """Whether the user has not logged in for so long that the account is to be disabled."""
    days = rules.disable_user_account_days_inactive
    if days is None or user.options.get("ignore_user_inactivity"):
        return False
    last = (attempts.active_at if attempts else None) or user.created_at
    return last is not None and last + timedelta(days=days) < now


def expires_at(
    options: dict[str, Any], rules: SecurityCompliance, now: datetime, *, by_self: bool
) -> datetime | None:
    """When a password that is set now expires; at once if somebody else must not know it for long."""
    is_exempt = options.get("ignore_change_password_upon_first_use")
    if rules.change_password_upon_first_use and not by_self and not is_exempt:
        return now
    if rules.password_expires_days is None or options.get("ignore_password_expiry"):
        return None
    return (now + timedelta(days=rules.password_expires_days)).replace(microsecond=0)


def require_strong(password: str, rules: SecurityCompliance) -> None:
    if rules.password_regex is not None and not pattern(rules.password_regex).match(password):
        raise PasswordTooWeak(why=rules.password_regex_description or "")


def require_changeable(user: User, rules: SecurityCompliance, now: datetime) -> None:
    """Raise unless the user may change their own password now; an expired one may always be changed."""
    if user.options.get("lock_password"):
        raise PasswordIsLocked
    days = rules.minimum_password_age_days
    if not days or user.password_changed_at is None or is_expired(user, now):
        return
    free_at = user.password_changed_at + timedelta(days=days)
    if now < free_at:
        raise PasswordTooYoung(days=days, left=(free_at - now).days)
