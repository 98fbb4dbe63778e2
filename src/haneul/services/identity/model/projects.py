"""Domains and projects: who owns, and in what."""

from __future__ import annotations

from typing import Any

import msgspec


class Domain(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str = ""
    enabled: bool = True
    tags: list[str] = []
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}


class Project(msgspec.Struct, frozen=True):
    """`parent_id` is the domain's id for a project at the top.

    A domain that is used as a project has neither a domain nor a parent.
    """

    id: str
    name: str
    domain_id: str
    parent_id: str
    description: str = ""
    enabled: bool = True
    tags: list[str] = []
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}

    @property
    def is_at_top(self) -> bool:
        return self.parent_id == self.domain_id

    @property
    def is_domain(self) -> bool:
        return not self.domain_id


def as_project(domain: Domain) -> Project:
    """The domain, as the projects API shows it."""
    return Project(
        domain.id,
        domain.name,
        "",
        "",
        domain.description,
        domain.enabled,
        domain.tags,
        domain.options,
        domain.extra,
    )
