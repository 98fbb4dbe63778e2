"""What the process around calls in a service's `lifecycle.py`, by these names. Each may be absent.

| name | called |
|---|---|
| `mount(app)` | once, when the HTTP face is built: sockets and pages that stand beside the routes |
| `open(platform)` | once the store is open, before anything else of the service works |
| `furnish(ctx, cloud)` | at every start, in one transaction with all others: the first rows are there |
| `is_ready(ctx, since)` | by /healthz: whether there is, since then, what users need |
| `take_reports(ctx, reports)` | with what agents say of their hosts |
| `ANSWERS` | a table: the name of what agents ask of their own accord -> `answer(platform, payload)` |
| `authenticate(platform, token)` | for every request with a token; one service has it |
| `is_from_holder(platform, auth, request)` | for tokens that are bound to a certificate; the same service |
| `remembers()` | columns of ids: what is done to these things is not forgotten while they are there |
| `verify(ctx)` | by `haneul verify`: None, or the first contradiction among what is stored |
| `SIMULATED` | its options in a simulated cloud, where the operator says nothing |
| `close(platform)` | last, in the opposite order |

Services are called in the order of their dependencies: whom one depends on comes first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from haneul.kernel.context import Platform
from haneul.kernel.manifest import Manifest
from haneul.kernel.quota import QuotaSet

Answer = Callable[[Platform, bytes], Awaitable[bytes]]


@dataclass(frozen=True)
class FirstRows:
    """What there is to furnish a cloud with, whatever its services."""

    manifests: Sequence[Manifest]
    """Of the services that run."""
    absent: Sequence[Manifest]
    """Of those that are there and do not run: nothing lists them."""
    quotas: Sequence[QuotaSet]
    passwords: Mapping[str, str]
    """Of the first users, by name."""
    people: Sequence[tuple[str, str]]
    """(user, project): the first users and their projects; the first of them is the administrator."""
