"""Servers and what is done to them."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_MEMBER, OWNER_READER

_S = "os_compute_api:servers:"
LIST = rule(_S + "index", OWNER_READER, "List servers.")
DETAIL = rule(_S + "detail", OWNER_READER, "List servers with details.")
ALL_TENANTS = rule(_S + "index:get_all_tenants", ADMIN, "List every project's servers.")
DETAIL_ALL_TENANTS = rule(_S + "detail:get_all_tenants", ADMIN, "List every project's servers with details.")
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
_M = "os_compute_api:server-metadata:"
LIST_METADATA = rule(_M + "index", OWNER_READER, "Read a server's metadata.")
SHOW_METADATA = rule(_M + "show", OWNER_READER, "Read an item of a server's metadata.")
ADD_METADATA = rule(_M + "create", OWNER_MEMBER, "Add to a server's metadata.")
REPLACE_METADATA = rule(_M + "update_all", OWNER_MEMBER, "Replace a server's metadata.")
SET_METADATA = rule(_M + "update", OWNER_MEMBER, "Set an item of a server's metadata.")
REMOVE_METADATA = rule(_M + "delete", OWNER_MEMBER, "Remove an item of a server's metadata.")
_T = "os_compute_api:os-server-tags:"
LIST_TAGS = rule(_T + "index", OWNER_READER, "Read a server's tags.")
SHOW_TAG = rule(_T + "show", OWNER_READER, "See whether a server has a tag.")
ADD_TAG = rule(_T + "update", OWNER_MEMBER, "Give a server a tag.")
REPLACE_TAGS = rule(_T + "update_all", OWNER_MEMBER, "Replace a server's tags.")
REMOVE_TAG = rule(_T + "delete", OWNER_MEMBER, "Take a tag from a server.")
REMOVE_TAGS = rule(_T + "delete_all", OWNER_MEMBER, "Take all tags from a server.")
ADDRESSES = rule("os_compute_api:ips:index", OWNER_READER, "See a server's addresses.")
ADDRESSES_OF_ONE = rule("os_compute_api:ips:show", OWNER_READER, "See its addresses on one network.")
ACTIONS_READ = rule("os_compute_api:os-instance-actions:list", OWNER_READER, "List what was done.")
EVENTS_READ = rule("os_compute_api:os-instance-actions:show", OWNER_READER, "Show what was done.")
EVENT_DETAILS = rule("os_compute_api:os-instance-actions:events", ADMIN, "See tracebacks and hosts.")
SECURITY_GROUPS = rule("os_compute_api:os-security-groups:list", OWNER_READER, "See security groups.")
SECURITY_GROUPS_ADD = rule("os_compute_api:os-security-groups:add", OWNER_MEMBER, "Join a group.")
SECURITY_GROUPS_REMOVE = rule(
    "os_compute_api:os-security-groups:remove", OWNER_MEMBER, "Leave a security group."
)
_V = "os_compute_api:os-volumes-attachments:"
LIST_VOLUMES = rule(_V + "index", OWNER_READER, "See a server's volumes.")
SHOW_VOLUME = rule(_V + "show", OWNER_READER, "See how a server has a volume.")
ATTACH_VOLUME = rule(_V + "create", OWNER_MEMBER, "Give a server a volume.")
UPDATE_VOLUME = rule(_V + "update", OWNER_MEMBER, "Say whether a volume goes with its server.")
DETACH_VOLUME = rule(_V + "delete", OWNER_MEMBER, "Take a volume from a server.")
_I = "os_compute_api:os-attach-interfaces:"
ADD_ADDRESS = rule("os_compute_api:os-multinic:add", OWNER_MEMBER, "Give a server one more address.")
REMOVE_ADDRESS = rule("os_compute_api:os-multinic:remove", OWNER_MEMBER, "Take an address from a server.")
LIST_INTERFACES = rule(_I + "list", OWNER_READER, "See a server's interfaces.")
SHOW_INTERFACE = rule(_I + "show", OWNER_READER, "See one interface of a server.")
ATTACH_INTERFACE = rule(_I + "create", OWNER_MEMBER, "Give a server an interface.")
DETACH_INTERFACE = rule(_I + "delete", OWNER_MEMBER, "Take an interface from a server.")
