"""People who log in with passwords, as the tests of identity have them."""

from __future__ import annotations

from tests.services.identity.conftest import keystone

__all__ = ["keystone"]
