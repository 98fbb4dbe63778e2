"""Hosts: as hypervisors, as services, in zones and aggregates."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_MANAGER

_H = "os_compute_api:os-hypervisors:"
LIST_HYPERVISORS = rule(_H + "list", ADMIN, "List hypervisors.")
LIST_HYPERVISORS_DETAIL = rule(_H + "list-detail", ADMIN, "List hypervisors with details.")
STATISTICS = rule(_H + "statistics", ADMIN, "See the sums over all hypervisors.")
SHOW_HYPERVISOR = rule(_H + "show", ADMIN, "Show a hypervisor.")
UPTIME = rule(_H + "uptime", ADMIN, "See how long a hypervisor runs.")
SEARCH = rule(_H + "search", ADMIN, "Find hypervisors by name.")
SERVERS = rule(_H + "servers", ADMIN, "See the servers of hypervisors.")

_S = "os_compute_api:os-services:"
LIST_SERVICES = rule(_S + "list", ADMIN, "List services.")
UPDATE_SERVICE = rule(_S + "update", ADMIN, "Enable, disable or force down a service.")
DELETE_SERVICE = rule(_S + "delete", ADMIN, "Forget a service.")

LIST_ZONES = rule("os_compute_api:os-availability-zone:list", "@", "List availability zones.")
DETAIL_ZONES = rule("os_compute_api:os-availability-zone:detail", ADMIN, "See the hosts of zones.")

_A = "os_compute_api:os-aggregates:"
LIST_AGGREGATES = rule(_A + "index", ADMIN, "List aggregates.")
SHOW_AGGREGATE = rule(_A + "show", ADMIN, "Show an aggregate.")
CREATE_AGGREGATE = rule(_A + "create", ADMIN, "Create an aggregate.")
UPDATE_AGGREGATE = rule(_A + "update", ADMIN, "Change an aggregate's name or zone.")
DELETE_AGGREGATE = rule(_A + "delete", ADMIN, "Delete an aggregate.")
ADD_HOST = rule(_A + "add_host", ADMIN, "Add a host to an aggregate.")
REMOVE_HOST = rule(_A + "remove_host", ADMIN, "Remove a host from an aggregate.")
SET_METADATA = rule(_A + "set_metadata", ADMIN, "Change an aggregate's metadata.")

LIST_MIGRATIONS = rule("os_compute_api:os-migrations:index", OWNER_MANAGER, "List the moves of servers.")
LIST_SERVER_MIGRATIONS = rule(
    "os_compute_api:servers:migrations:index", OWNER_MANAGER, "List the moves of a server that go on."
)
