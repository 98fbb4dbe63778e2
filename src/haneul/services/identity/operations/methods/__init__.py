"""The ways to prove who one is: a file each, found by its name, and in it `METHOD`."""

from __future__ import annotations

import importlib
import pkgutil

from haneul.services.identity.errors import UnknownMethod
from haneul.services.identity.model.proofs import Method

NAMES = frozenset(module.name for module in pkgutil.iter_modules(__path__))


def method(name: str) -> Method:
    """The method of that name; 401 if there is none."""
    if name not in NAMES:
        raise UnknownMethod(known=sorted(NAMES))
    module_method: Method = importlib.import_module(f"{__name__}.{name}").METHOD
    return module_method
