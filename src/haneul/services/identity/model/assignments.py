"""What lists of role assignments are asked for, and what they say."""

from __future__ import annotations

from typing import NamedTuple

from haneul.services.identity.model.roles import Assignment


class Search(NamedTuple):
    """What the list is to be about; None means any."""

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    in_domain: str | None = None
    """On this domain or a project in it."""
    system: bool = False
    inherited: bool | None = None
    effective: bool = False
    subtree: bool = False


class Effective(NamedTuple):
    """An assignment, and where it comes from if it takes effect by a detour."""

    assignment: Assignment
    group_id: str | None = None
    inherited_from: Assignment | None = None
    prior_role_id: str | None = None
