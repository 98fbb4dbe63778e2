"""People with passwords, for whoever attacks them."""

from tests.services.identity.conftest import keystone

__all__ = ["keystone"]
