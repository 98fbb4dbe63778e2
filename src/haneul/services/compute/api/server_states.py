"""/servers/{id}/action: what puts a server aside for a while, and takes it up again"""

from __future__ import annotations

from haneul.services.compute.api.server_actions import plain
from haneul.services.compute.operations import putting_aside
from haneul.services.compute.policy import servers as policy

plain("suspend", policy.SUSPEND, putting_aside.suspend)
plain("resume", policy.RESUME, putting_aside.resume)
