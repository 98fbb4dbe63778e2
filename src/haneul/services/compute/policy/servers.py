"""Servers and what is done to them."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_MEMBER, OWNER_READER

_S = "os_compute_api:servers:"
LIST = rule(_S + "index", OWNER_READER, "List servers.")
DETAIL = rule(_S + "detail", OWNER_READER, "List servers with details.")
ALL_TENANTS = rule(_S + "index:get_all_tenants", ADMIN, "List every project's servers.")
ALL_FILTERS = rule(_S + "allow_all_filters", ADMIN, "Ask lists of servers for everything that is stored.")
SHOW = rule(_S + "show", OWNER_READER, "Show a server.")
SHOW_HOST = rule("os_compute_api:os-extended-server-attributes", ADMIN, "See a server's host.")
CREATE = rule(_S + "create", OWNER_MEMBER, "Create a server.")
CREATE_ON_HOST = rule(_S + "create:forced_host", ADMIN, "Create a server on a given host.")
UPDATE = rule(_S + "update", OWNER_MEMBER, "Change a server's name or description.")
DELETE = rule(_S + "delete", OWNER_MEMBER, "Delete a server.")
FORCE_DELETE = rule("os_compute_api:os-deferred-delete:force", OWNER_MEMBER, "Delete a server for good.")
START = rule(_S + "start", OWNER_MEMBER, "Start a server.")
STOP = rule(_S + "stop", OWNER_MEMBER, "Stop a server.")
REBOOT = rule(_S + "reboot", OWNER_MEMBER, "Reboot a server.")
CREATE_IMAGE = rule(_S + "create_image", OWNER_MEMBER, "Make an image of a server.")
CREATE_VOLUMES_IMAGE = rule(
    _S + "create_image:allow_volume_backed", OWNER_MEMBER, "Make an image of a server with a volume as root."
)
REBUILD = rule(_S + "rebuild", OWNER_MEMBER, "Give a server a new root disk.")
REBUILD_CERTIFICATES = rule(
    _S + "rebuild:trusted_certs", OWNER_MEMBER, "Name trusted certificates when rebuilding a server."
)
RESIZE = rule(_S + "resize", OWNER_MEMBER, "Give a server another flavor.")
CONFIRM_RESIZE = rule(_S + "confirm_resize", OWNER_MEMBER, "Keep a server's new flavor.")
REVERT_RESIZE = rule(_S + "revert_resize", OWNER_MEMBER, "Give a server its old flavor back.")
CHANGE_PASSWORD = rule("os_compute_api:os-admin-password", OWNER_MEMBER, "Set a server's password.")
PAUSE = rule("os_compute_api:os-pause-server:pause", OWNER_MEMBER, "Pause a server.")
UNPAUSE = rule("os_compute_api:os-pause-server:unpause", OWNER_MEMBER, "Let a paused server go on.")
SUSPEND = rule("os_compute_api:os-suspend-server:suspend", OWNER_MEMBER, "Suspend a server.")
RESUME = rule("os_compute_api:os-suspend-server:resume", OWNER_MEMBER, "Resume a suspended server.")
RESCUE = rule("os_compute_api:os-rescue", OWNER_MEMBER, "Boot a server from a rescue disk.")
UNRESCUE = rule("os_compute_api:os-unrescue", OWNER_MEMBER, "Boot a rescued server from its own disk.")
_SHELVE = "os_compute_api:os-shelve:"
SHELVE = rule(_SHELVE + "shelve", OWNER_MEMBER, "Shelve a server.")
SHELVE_OFFLOAD = rule(_SHELVE + "shelve_offload", ADMIN, "Take a shelved server off its host.")
UNSHELVE = rule(_SHELVE + "unshelve", OWNER_MEMBER, "Bring a shelved server back.")
UNSHELVE_TO_HOST = rule(_SHELVE + "unshelve_to_host", ADMIN, "Bring a shelved server back on a given host.")
LOCK = rule("os_compute_api:os-lock-server:lock", OWNER_MEMBER, "Lock a server.")
UNLOCK = rule("os_compute_api:os-lock-server:unlock", OWNER_MEMBER, "Unlock a server.")
UNLOCK_OVERRIDE = rule(
    "os_compute_api:os-lock-server:unlock:unlock_override", ADMIN, "Unlock what another one locked."
)
RESET_STATE = rule("os_compute_api:os-admin-actions:reset_state", ADMIN, "Set a server's state.")
CONSOLE_OUTPUT = rule("os_compute_api:os-console-output", OWNER_MEMBER, "Read the console's log.")
REMOTE_CONSOLES = rule("os_compute_api:os-remote-consoles", OWNER_MEMBER, "Open a console.")
METADATA_READ = rule("os_compute_api:server-metadata:index", OWNER_READER, "Read a server's metadata.")
METADATA_WRITE = rule("os_compute_api:server-metadata:create", OWNER_MEMBER, "Change a server's metadata.")
TAGS_READ = rule("os_compute_api:os-server-tags:index", OWNER_READER, "Read a server's tags.")
TAGS_WRITE = rule("os_compute_api:os-server-tags:update", OWNER_MEMBER, "Change a server's tags.")
ADDRESSES = rule("os_compute_api:ips:index", OWNER_READER, "See a server's addresses.")
ACTIONS_READ = rule("os_compute_api:os-instance-actions:list", OWNER_READER, "List what was done.")
EVENTS_READ = rule("os_compute_api:os-instance-actions:show", OWNER_READER, "Show what was done.")
EVENT_DETAILS = rule("os_compute_api:os-instance-actions:events", ADMIN, "See tracebacks and hosts.")
SECURITY_GROUPS = rule("os_compute_api:os-security-groups:list", OWNER_READER, "See security groups.")
SECURITY_GROUPS_ADD = rule("os_compute_api:os-security-groups:add", OWNER_MEMBER, "Join a group.")
SECURITY_GROUPS_REMOVE = rule(
    "os_compute_api:os-security-groups:remove", OWNER_MEMBER, "Leave a security group."
)
VOLUMES_READ = rule("os_compute_api:os-volumes-attachments:index", OWNER_READER, "See volumes.")
VOLUMES_WRITE = rule("os_compute_api:os-volumes-attachments:create", OWNER_MEMBER, "Attach, detach.")
INTERFACES_READ = rule("os_compute_api:os-attach-interfaces:list", OWNER_READER, "See interfaces.")
INTERFACES_WRITE = rule("os_compute_api:os-attach-interfaces:create", OWNER_MEMBER, "Attach, detach.")
