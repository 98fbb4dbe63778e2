"""What a service says of itself, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Microversions:
    """The window of microversions that an API speaks, and the headers that choose one."""

    minimum: str
    maximum: str
    type: str
    """The service type in `OpenStack-API-Version: TYPE X.Y`."""
    legacy_header: str | None = None
    frozen_path: tuple[str, str] | None = None
    """(path, frozen): what is under `path` also answers under `frozen`, in the oldest version only."""


@dataclass(frozen=True)
class Manifest:
    """A service: its names, where it answers, whom it uses."""

    name: str
    """The folder's name."""
    type: str
    """The service type in the catalogue."""
    catalog_name: str
    """The service's name in the catalogue."""
    title: str
    path: str
    """Where it answers, under the one port: `/compute`."""
    endpoint: str
    """What the catalogue gives, under the one port: `/compute/v2.1`."""
    depends_on: tuple[str, ...] = ()
    microversions: Microversions | None = None
    aliases: tuple[str, ...] = ()
    """Further service types under which the catalogue lists it."""
    vary: str | None = None
    """The request's header on which every answer depends, said in each; beside those of microversions."""
    takes_trailing_slashes: bool = True
    """Whether a path with a slash at its end means the same as one without."""
