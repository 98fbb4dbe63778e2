"""Quotas of the network: the limits of each project, and what it has of them."""

from haneul.services.network.store.quotas import QUOTAS

__all__ = ["QUOTAS"]
