"""Ceph's own modules `rados` and `rbd`, which are in no package index: they come with a package of Debian."""

from __future__ import annotations

import importlib
import sys
import threading
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any, NamedTuple

from haneul.kernel.errors import DriverError

_LOADING = threading.Lock()
DEBIAN = "/usr/lib/python3/dist-packages"


class Library(NamedTuple):
    rados: Any
    rbd: Any

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What calls of it raise."""
        return self.rados.Error, self.rbd.Error, OSError


@cache
def library() -> Library:
    """The two modules; a DriverError that names the package if they are not installed."""
    with _LOADING:
        return Library(_module("rados"), _module("rbd"))


def _module(name: str) -> ModuleType:
    """Where it is in Debian's folder, it alone is taken: that folder never gets onto our path."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        spec = PathFinder.find_spec(name, [DEBIAN])
    except ImportError as problem:
        raise DriverError(f"The Python module {name} cannot be used: {problem}") from problem
    if spec is None or spec.loader is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise DriverError(
            f"There is no Python module {name} for Python {version}: install the Debian package python3-rbd."
        )
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as problem:
        del sys.modules[name]
        raise DriverError(f"The Python module {name} cannot be used: {problem}") from problem
    return module
