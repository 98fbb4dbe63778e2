"""Quotas of compute: the limits of each project, and what it uses of them.

What concerned networks before Neutron had its own quotas is kept and shown for old clients, and limits nothing.
"""

from haneul.services.compute.store.quotas import QUOTAS

__all__ = ["QUOTAS"]
