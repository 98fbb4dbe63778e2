"""What happens to servers."""

from haneul.kernel.events import Event


class ServerAccepted(Event, frozen=True):
    kind = "compute.server.accepted"
    subject = "server_id"
    server_id: str


class ServerActive(Event, frozen=True):
    kind = "compute.server.active"
    subject = "server_id"
    server_id: str
    host: str


class ServerFailed(Event, frozen=True):
    kind = "compute.server.failed"
    subject = "server_id"
    server_id: str
    message: str


class ServerDeleted(Event, frozen=True):
    kind = "compute.server.deleted"
    subject = "server_id"
    server_id: str
