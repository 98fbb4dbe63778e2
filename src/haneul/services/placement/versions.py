"""What each microversion of placement brought that handlers ask for."""

from __future__ import annotations

from haneul.kernel.context import Version

AGGREGATES_ARE_LINKED: Version = (1, 1)
TRAITS_ARE_LINKED: Version = (1, 6)
ALLOCATIONS_ARE_LINKED: Version = (1, 11)
CONSUMERS_HAVE_OWNERS: Version = (1, 12)
"""Allocations are told by provider, and say whose they are."""
PROVIDERS_ARE_NESTED: Version = (1, 14)
SUMMARIES_HAVE_TRAITS: Version = (1, 17)
AGGREGATES_HAVE_GENERATIONS: Version = (1, 19)
NEW_PROVIDERS_ARE_SHOWN: Version = (1, 20)
SUMMARIES_HAVE_ALL_CLASSES: Version = (1, 27)
CONSUMERS_HAVE_GENERATIONS: Version = (1, 28)
SUMMARIES_ARE_NESTED: Version = (1, 29)
CANDIDATES_HAVE_MAPPINGS: Version = (1, 34)
CONSUMERS_HAVE_TYPES: Version = (1, 38)
