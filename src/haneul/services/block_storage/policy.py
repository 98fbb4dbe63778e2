"""Who may do what in block storage: the names and defaults of the real service."""

from haneul.kernel.policy import Rule

_READER = "role:admin or (role:reader and project_id:%(project_id)s)"
_MEMBER = "role:admin or (role:member and project_id:%(project_id)s)"
_ADMIN = "role:admin"


def rule(name: str, check: str, description: str) -> Rule:
    """A rule that every kind of token may pass: the real service knows no scopes."""
    return Rule(name, check, description, scope=())


CONTEXT_IS_ADMIN = rule("context_is_admin", _ADMIN, "Who counts as an administrator of volumes.")
"""Where the real service asks for no rule but this: lists of every project, filters, other projects' limits."""
ADMIN_OR_OWNER = rule(
    "admin_or_owner", "rule:context_is_admin or project_id:%(project_id)s", "Whose it is, and admins."
)
"""Who is told that there is such a thing at all."""

CREATE = rule("volume:create", _MEMBER, "Create a volume.")
CREATE_FROM_IMAGE = rule("volume:create_from_image", _MEMBER, "Create a volume from an image.")
CREATE_MULTIATTACH = rule("volume:multiattach", _MEMBER, "Create a volume that many servers may use.")
GET = rule("volume:get", _READER, "Show a volume.")
GET_ALL = rule("volume:get_all", _READER, "List volumes.")
UPDATE = rule("volume:update", _MEMBER, "Update a volume, or set its bootable flag.")
DELETE = rule("volume:delete", _MEMBER, "Delete a volume.")
FORCE_DELETE = rule("volume:force_delete", _ADMIN, "Delete a volume in any state.")
EXTEND = rule("volume:extend", _MEMBER, "Make a volume larger.")
EXTEND_ATTACHED = rule("volume:extend_attached_volume", _MEMBER, "Make a volume larger while it is used.")
RETYPE = rule("volume:retype", _MEMBER, "Change the type of a volume.")
REVERT = rule("volume:revert_to_snapshot", _MEMBER, "Return a volume to its last snapshot.")
HOST_ATTRIBUTE = rule("volume_extension:volume_host_attribute", _ADMIN, "See where a volume lives.")
MIGRATION_ATTRIBUTE = rule("volume_extension:volume_mig_status_attribute", _ADMIN, "See migration states.")
TENANT_ATTRIBUTE = rule("volume_extension:volume_tenant_attribute", _READER, "See whose volume it is.")
GET_METADATA = rule("volume:get_volume_metadata", _READER, "Read a volume's metadata.")
CREATE_METADATA = rule("volume:create_volume_metadata", _MEMBER, "Add to a volume's metadata.")
UPDATE_METADATA = rule("volume:update_volume_metadata", _MEMBER, "Replace a volume's metadata.")
DELETE_METADATA = rule("volume:delete_volume_metadata", _MEMBER, "Remove from a volume's metadata.")
SHOW_IMAGE_METADATA = rule("volume_extension:volume_image_metadata:show", _READER, "See image metadata.")
SET_IMAGE_METADATA = rule("volume_extension:volume_image_metadata:set", _MEMBER, "Set image metadata.")
REMOVE_IMAGE_METADATA = rule(
    "volume_extension:volume_image_metadata:remove", _MEMBER, "Remove image metadata."
)

ATTACH = rule("volume_extension:volume_actions:attach", _MEMBER, "Mark a volume as attached.")
DETACH = rule("volume_extension:volume_actions:detach", _MEMBER, "Mark a volume as detached.")
FORCE_DETACH = rule("volume_extension:volume_admin_actions:force_detach", _ADMIN, "Detach by force.")
RESERVE = rule("volume_extension:volume_actions:reserve", _MEMBER, "Reserve a volume.")
UNRESERVE = rule("volume_extension:volume_actions:unreserve", _MEMBER, "Give a reservation back.")
BEGIN_DETACHING = rule("volume_extension:volume_actions:begin_detaching", _MEMBER, "Begin detaching.")
ROLL_DETACHING = rule("volume_extension:volume_actions:roll_detaching", _MEMBER, "Stay attached after all.")
INITIALIZE = rule("volume_extension:volume_actions:initialize_connection", _MEMBER, "How to reach a volume.")
TERMINATE = rule("volume_extension:volume_actions:terminate_connection", _MEMBER, "No longer reach a volume.")
UPLOAD_IMAGE = rule("volume_extension:volume_actions:upload_image", _MEMBER, "Make an image of a volume.")
RESET_STATUS = rule("volume_extension:volume_admin_actions:reset_status", _ADMIN, "Set a volume's status.")
READONLY = rule("volume:update_readonly_flag", _MEMBER, "Set or unset a volume's read-only flag.")

CREATE_SNAPSHOT = rule("volume:create_snapshot", _MEMBER, "Create a snapshot.")
GET_SNAPSHOT = rule("volume:get_snapshot", _READER, "Show a snapshot.")
GET_ALL_SNAPSHOTS = rule("volume:get_all_snapshots", _READER, "List snapshots.")
UPDATE_SNAPSHOT = rule("volume:update_snapshot", _MEMBER, "Update a snapshot.")
DELETE_SNAPSHOT = rule("volume:delete_snapshot", _MEMBER, "Delete a snapshot.")
SNAPSHOT_ATTRIBUTES = rule("volume_extension:extended_snapshot_attributes", _READER, "See its progress.")
FORCE_DELETE_SNAPSHOT = rule(
    "volume_extension:snapshot_admin_actions:force_delete", _ADMIN, "Delete a snapshot in any state."
)
RESET_SNAPSHOT = rule(
    "volume_extension:snapshot_admin_actions:reset_status", _ADMIN, "Set a snapshot's status."
)
GET_SNAPSHOT_METADATA = rule("volume:get_snapshot_metadata", _READER, "Read a snapshot's metadata.")
UPDATE_SNAPSHOT_METADATA = rule("volume:update_snapshot_metadata", _MEMBER, "Change a snapshot's metadata.")
DELETE_SNAPSHOT_METADATA = rule(
    "volume:delete_snapshot_metadata", _MEMBER, "Remove from a snapshot's metadata."
)

LIST_TYPES = rule("volume_extension:type_get_all", _READER, "List volume types.")
GET_TYPE = rule("volume_extension:type_get", _READER, "Show a volume type.")
CREATE_TYPE = rule("volume_extension:type_create", _ADMIN, "Create a volume type.")
UPDATE_TYPE = rule("volume_extension:type_update", _ADMIN, "Update a volume type.")
DELETE_TYPE = rule("volume_extension:type_delete", _ADMIN, "Delete a volume type.")
TYPE_EXTRA_SPECS = rule("volume_extension:access_types_extra_specs", _READER, "See a type's extra specs.")
LIST_EXTRA_SPECS = rule("volume_extension:types_extra_specs:index", _READER, "List a type's extra specs.")
SHOW_EXTRA_SPEC = rule("volume_extension:types_extra_specs:show", _READER, "Show one extra spec.")
CREATE_EXTRA_SPECS = rule("volume_extension:types_extra_specs:create", _ADMIN, "Add extra specs.")
UPDATE_EXTRA_SPEC = rule("volume_extension:types_extra_specs:update", _ADMIN, "Change an extra spec.")
DELETE_EXTRA_SPEC = rule("volume_extension:types_extra_specs:delete", _ADMIN, "Remove an extra spec.")
LIST_TYPE_ACCESS = rule("volume_extension:volume_type_access:get_all_for_type", _ADMIN, "Who may use a type.")
ADD_TYPE_ACCESS = rule(
    "volume_extension:volume_type_access:addProjectAccess", _ADMIN, "Let a project use it."
)
REMOVE_TYPE_ACCESS = rule(
    "volume_extension:volume_type_access:removeProjectAccess", _ADMIN, "Let a project use it no longer."
)

CREATE_ATTACHMENT = rule("volume:attachment_create", _MEMBER, "Create an attachment.")
UPDATE_ATTACHMENT = rule("volume:attachment_update", _MEMBER, "Update an attachment.")
DELETE_ATTACHMENT = rule("volume:attachment_delete", _MEMBER, "Delete an attachment.")
COMPLETE_ATTACHMENT = rule("volume:attachment_complete", _MEMBER, "Mark an attachment as attached.")

SHOW_QUOTA = rule("volume_extension:quotas:show", _READER, "Show a project's quotas.")
UPDATE_QUOTA = rule("volume_extension:quotas:update", _ADMIN, "Set a project's quotas.")
DELETE_QUOTA = rule("volume_extension:quotas:delete", _ADMIN, "Return a project to the default quotas.")
QUOTA_CLASS = rule("volume_extension:quota_classes:get", _ADMIN, "Show the default quotas.")
UPDATE_QUOTA_CLASS = rule("volume_extension:quota_classes:update", _ADMIN, "Set the default quotas.")
LIMITS = rule("limits_extension:used_limits", _READER, "See what is used of one's limits.")

LIST_SERVICES = rule("volume_extension:services:index", _ADMIN, "List the services.")
GET_POOLS = rule("scheduler_extension:scheduler_stats:get_pools", _ADMIN, "List the pools.")
GET_ALL_MESSAGES = rule("message:get_all", _READER, "List messages.")
GET_MESSAGE = rule("message:get", _READER, "Show a message.")
DELETE_MESSAGE = rule("message:delete", _MEMBER, "Delete a message.")

CREATE_TRANSFER = rule("volume:create_transfer", _MEMBER, "Offer a volume to another project.")
GET_TRANSFER = rule("volume:get_transfer", _READER, "Show an offer.")
GET_ALL_TRANSFERS = rule("volume:get_all_transfers", _READER, "List offers.")
ACCEPT_TRANSFER = rule("volume:accept_transfer", _MEMBER, "Accept an offer.")
DELETE_TRANSFER = rule("volume:delete_transfer", _MEMBER, "Withdraw an offer.")

LIST_BACKUPS = rule("backup:get_all", _READER, "List backups.")
GET_BACKUP = rule("backup:get", _READER, "Show a backup.")
CREATE_BACKUP = rule("backup:create", _MEMBER, "Back a volume or a snapshot up.")
UPDATE_BACKUP = rule("backup:update", _MEMBER, "Update a backup.")
DELETE_BACKUP = rule("backup:delete", _MEMBER, "Delete a backup.")
RESTORE_BACKUP = rule("backup:restore", _MEMBER, "Restore a backup to a volume.")
IMPORT_BACKUP = rule("backup:backup-import", _ADMIN, "Take up a backup by its record.")
EXPORT_BACKUP = rule("backup:export-import", _ADMIN, "Get the record of a backup.")
BACKUP_ATTRIBUTES = rule("backup:backup_project_attribute", _ADMIN, "See whose backup it is.")
RESET_BACKUP = rule("volume_extension:backup_admin_actions:reset_status", _ADMIN, "Set a backup's status.")
FORCE_DELETE_BACKUP = rule(
    "volume_extension:backup_admin_actions:force_delete", _ADMIN, "Delete a backup in any state."
)
LIST_GROUPS = rule("group:get_all", _READER, "List groups of volumes.")
GET_GROUP = rule("group:get", _READER, "Show a group of volumes.")
LIST_GROUP_SNAPSHOTS = rule("group:get_all_group_snapshots", _READER, "List snapshots of groups.")
GET_GROUP_SNAPSHOT = rule("group:get_group_snapshot", _READER, "Show a snapshot of a group.")
CREATE_GROUP = rule("group:create", _MEMBER, "Create a group of volumes.")
UPDATE_GROUP = rule("group:update", _MEMBER, "Update a group, its volumes too.")
DELETE_GROUP = rule("group:delete", _MEMBER, "Delete a group.")
RESET_GROUP = rule("group:reset_status", _ADMIN, "Set a group's status.")
GROUP_ATTRIBUTES = rule("group:group_project_attribute", _ADMIN, "See whose group it is.")
ENABLE_REPLICATION = rule("group:enable_replication", _MEMBER, "Replicate a group.")
DISABLE_REPLICATION = rule("group:disable_replication", _MEMBER, "Replicate a group no longer.")
FAIL_GROUP_OVER = rule("group:failover_replication", _MEMBER, "Use the copy of a group.")
LIST_REPLICATION_TARGETS = rule("group:list_replication_targets", _MEMBER, "Where a group is replicated to.")
CREATE_GROUP_SNAPSHOT = rule("group:create_group_snapshot", _MEMBER, "Take a snapshot of a group.")
DELETE_GROUP_SNAPSHOT = rule("group:delete_group_snapshot", _MEMBER, "Delete a snapshot of a group.")
RESET_GROUP_SNAPSHOT = rule("group:reset_group_snapshot_status", _ADMIN, "Set its status.")
GROUP_SNAPSHOT_ATTRIBUTES = rule("group:group_snapshot_project_attribute", _ADMIN, "See whose it is.")
CREATE_GROUP_TYPE = rule("group:group_types:create", _ADMIN, "Create a type of groups.")
UPDATE_GROUP_TYPE = rule("group:group_types:update", _ADMIN, "Update a type of groups.")
DELETE_GROUP_TYPE = rule("group:group_types:delete", _ADMIN, "Delete a type of groups.")
SEE_GROUP_SPECS = rule("group:access_group_types_specs", _ADMIN, "See a group type's specs with it.")
LIST_GROUP_SPECS = rule("group:group_types_specs:get_all", _ADMIN, "List a group type's specs.")
SHOW_GROUP_SPEC = rule("group:group_types_specs:get", _ADMIN, "Show one of a group type's specs.")
CREATE_GROUP_SPECS = rule("group:group_types_specs:create", _ADMIN, "Add specs to a group type.")
UPDATE_GROUP_SPEC = rule("group:group_types_specs:update", _ADMIN, "Change a group type's spec.")
DELETE_GROUP_SPEC = rule("group:group_types_specs:delete", _ADMIN, "Remove a group type's spec.")
LIST_QOS_SPECS = rule("volume_extension:qos_specs_manage:get_all", _ADMIN, "List specifications of service.")
GET_QOS_SPECS = rule("volume_extension:qos_specs_manage:get", _ADMIN, "Show a specification of service.")
MANAGE_VOLUME = rule("volume_extension:volume_manage", _ADMIN, "Make a volume of what lies on a host.")
UNMANAGE_VOLUME = rule("volume_extension:volume_unmanage", _ADMIN, "Let a volume be none any more.")
LIST_MANAGEABLE = rule("volume_extension:list_manageable", _ADMIN, "List what may become volumes.")
MANAGE_SNAPSHOT = rule(
    "snapshot_extension:snapshot_manage", _ADMIN, "Make a snapshot of what lies on a host."
)
UNMANAGE_SNAPSHOT = rule("snapshot_extension:snapshot_unmanage", _ADMIN, "Let a snapshot be none any more.")
LIST_MANAGEABLE_SNAPSHOTS = rule(
    "snapshot_extension:list_manageable", _ADMIN, "List what may become snapshots."
)
UPDATE_SNAPSHOT_STATUS = rule(
    "snapshot_extension:snapshot_actions:update_snapshot_status", _MEMBER, "Say how far a snapshot is."
)
MIGRATE = rule(
    "volume_extension:volume_admin_actions:migrate_volume", _ADMIN, "Move a volume to another host."
)
COMPLETE_MIGRATION = rule(
    "volume_extension:volume_admin_actions:migrate_volume_completion", _ADMIN, "Say that a volume has moved."
)
COMPLETE_EXTENSION = rule(
    "volume_extension:volume_admin_actions:extend_volume_completion", _ADMIN, "Say that a server saw it grow."
)
REIMAGE = rule("volume:reimage", _MEMBER, "Write an image over a volume.")
REIMAGE_RESERVED = rule("volume:reimage_reserved", _MEMBER, "Write an image over a volume that is reserved.")
CREATE_QOS_SPECS = rule("volume_extension:qos_specs_manage:create", _ADMIN, "Create QoS specs.")
UPDATE_QOS_SPECS = rule(
    "volume_extension:qos_specs_manage:update", _ADMIN, "Change QoS specs, and whose they are."
)
DELETE_QOS_SPECS = rule(
    "volume_extension:qos_specs_manage:delete", _ADMIN, "Delete QoS specs, or keys of them."
)
SEE_QOS_SPECS_ID = rule("volume_extension:access_types_qos_specs_id", _ADMIN, "See a type's QoS specs.")
UPDATE_CLUSTER = rule("clusters:update", _ADMIN, "Enable or disable a cluster.")
CLEAN_UP = rule("workers:cleanup", _ADMIN, "Clean up after services that died.")
UPDATE_SERVICE = rule("volume_extension:services:update", _ADMIN, "Enable or disable a service.")
FREEZE_HOST = rule("volume:freeze_host", _ADMIN, "Nothing on a host is changed any more.")
THAW_HOST = rule("volume:thaw_host", _ADMIN, "What is on a host may be changed again.")
FAIL_HOST_OVER = rule("volume:failover_host", _ADMIN, "Use the copy of a host.")
MANAGE_HOSTS = rule("volume_extension:hosts", _ADMIN, "See and change hosts.")
CAPABILITIES = rule("volume_extension:capabilities", _ADMIN, "See what a back end can do.")
SET_DEFAULT_TYPE = rule("volume_extension:default_set_or_update", _ADMIN, "Set a project's default type.")
UNSET_DEFAULT_TYPE = rule("volume_extension:default_unset", _ADMIN, "Unset a project's default type.")
CREATE_TYPE_ENCRYPTION = rule(
    "volume_extension:volume_type_encryption:create", _ADMIN, "Encrypt a type's volumes."
)
UPDATE_TYPE_ENCRYPTION = rule(
    "volume_extension:volume_type_encryption:update", _ADMIN, "Encrypt them otherwise."
)
DELETE_TYPE_ENCRYPTION = rule(
    "volume_extension:volume_type_encryption:delete", _ADMIN, "Encrypt them no longer."
)
LIST_CLUSTERS = rule("clusters:get_all", _ADMIN, "List clusters.")
GET_CLUSTER = rule("clusters:get", _ADMIN, "Show a cluster.")
LIST_DEFAULT_TYPES = rule("volume_extension:default_get_all", _ADMIN, "List projects' default types.")
GET_DEFAULT_TYPE = rule("volume_extension:default_get", _ADMIN, "Show a project's default type.")
VOLUME_ENCRYPTION = rule("volume_extension:volume_encryption_metadata", _READER, "How a volume is encrypted.")
TYPE_ENCRYPTION = rule(
    "volume_extension:volume_type_encryption:get", _ADMIN, "How a type's volumes are encrypted."
)
