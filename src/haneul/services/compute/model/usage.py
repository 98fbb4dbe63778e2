"""What servers used in a period, by project; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

import msgspec

from haneul.services.compute.model.servers import FlavorSnapshot, VmState


class Period(msgspec.Struct, frozen=True):
    start: datetime
    end: datetime


class UsedServer(msgspec.Struct, frozen=True, gc=False):
    """Of a server, there or gone, what is needed to say what it used."""

    id: str
    project_id: str
    name: str
    flavor: FlavorSnapshot
    vm_state: VmState
    launched_at: datetime
    terminated_at: datetime | None

    @property
    def disk_gb(self) -> int:
        return self.flavor.disk_gb + self.flavor.ephemeral_gb

    def hours(self, period: Period) -> float:
        """How long it was there within the period."""
        end = min(self.terminated_at or period.end, period.end)
        return max((end - max(self.launched_at, period.start)).total_seconds() / 3600, 0.0)

    def age_s(self, now: datetime) -> int:
        """How long it was there, until now or its end."""
        return int(((self.terminated_at or now) - self.launched_at).total_seconds())


class ProjectUsage(msgspec.Struct):
    project_id: str
    servers: list[UsedServer]
    hours: float = 0.0
    vcpu_hours: float = 0.0
    memory_mib_hours: float = 0.0
    disk_gb_hours: float = 0.0


def by_project(servers: Iterable[UsedServer], period: Period) -> list[ProjectUsage]:
    """The sums of each project. The servers are in the order of their projects."""
    usages = []
    for project_id, group in groupby(servers, key=lambda s: s.project_id):
        usage = ProjectUsage(project_id, list(group))
        for server in usage.servers:
            hours = server.hours(period)
            usage.hours += hours
            usage.vcpu_hours += hours * server.flavor.vcpus
            usage.memory_mib_hours += hours * server.flavor.memory_mib
            usage.disk_gb_hours += hours * server.disk_gb
        usages.append(usage)
    return usages
