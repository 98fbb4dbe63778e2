"""Server groups in the store."""

from haneul.kernel.db import Rows
from haneul.services.compute.model.server_groups import ServerGroup

SERVER_GROUPS = Rows(ServerGroup, "compute_server_groups", indexes=(("project_id",),))
