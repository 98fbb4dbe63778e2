"""What a service says of itself, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from haneul.kernel.ids import new_request_id

PROFILES = ("minimum", "core", "all")
"""What may be asked for by one word; each holds the one before."""


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
class HostInterface:
    """What hosts must be able to do for a service: the Protocols of its `drivers/interface.py`."""

    name: str
    real: str
    """The driver of a real host, where the agent is not told another."""
    simulated: str = "fake"
    protocols: tuple[str, ...] = ()
    """Its Protocols by name, where the service has several interfaces; one that names none has all the others."""


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
    profile: str = "all"
    """The smallest profile that it belongs to."""
    is_indispensable: bool = False
    """It runs whatever is asked for: nothing works without it."""
    depends_on: tuple[str, ...] = ()
    """The services whose `public.py` it imports, and no others."""
    host_interfaces: tuple[HostInterface, ...] = ()
    drivers: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)
    """Its own drivers: interface -> name -> `module:Class` within its folder. Other packages add theirs as
    entry points of the group `haneul.SERVICE.INTERFACE`."""
    microversions: Microversions | None = None
    aliases: tuple[str, ...] = ()
    """Further service types under which the catalogue lists it."""
    vary: str | None = None
    """The request's header on which every answer depends, said in each; beside those of microversions."""
    challenge: str = ""
    """How an answer 401 names where tokens come from; of one service only."""
    request_id_header: str = ""
    """A second header in which its answers give the request's id."""
    request_id: Callable[[], str] = new_request_id
    """How its answers' ids are made."""
    takes_trailing_slashes: bool = True
    """Whether a path with a slash at its end means the same as one without."""
