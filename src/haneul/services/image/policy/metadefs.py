"""Who may do what with metadata definitions: upstream's names and defaults."""

from haneul.kernel.policy import rule

_ADMIN = "rule:context_is_admin"
_CHANGES = "rule:metadef_admin"
_READER = f"{_ADMIN} or (role:reader and project_id:%(project_id)s)"
_SEES = f"{_ADMIN} or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))"

DEFAULT = rule("metadef_default", "", "Whatever of metadata definitions has no rule of its own.", scope=())
ADMIN = rule("metadef_admin", _ADMIN, "Who counts as an administrator of metadata definitions.", scope=())

GET_NAMESPACE = rule("get_metadef_namespace", _SEES, "Show a namespace.")
GET_NAMESPACES = rule("get_metadef_namespaces", _READER, "List namespaces.")
MODIFY_NAMESPACE = rule("modify_metadef_namespace", _CHANGES, "Change a namespace.")
ADD_NAMESPACE = rule("add_metadef_namespace", _CHANGES, "Create a namespace.")
DELETE_NAMESPACE = rule("delete_metadef_namespace", _CHANGES, "Delete a namespace.")

GET_OBJECT = rule("get_metadef_object", _SEES, "Show an object.")
GET_OBJECTS = rule("get_metadef_objects", _SEES, "List objects.")
MODIFY_OBJECT = rule("modify_metadef_object", _CHANGES, "Change an object.")
ADD_OBJECT = rule("add_metadef_object", _CHANGES, "Create an object.")
DELETE_OBJECT = rule("delete_metadef_object", _CHANGES, "Delete an object.")

LIST_RESOURCE_TYPES = rule("list_metadef_resource_types", _SEES, "List the types of resources.")
GET_RESOURCE_TYPE = rule("get_metadef_resource_type", _SEES, "List the types that a namespace goes with.")
ADD_ASSOCIATION = rule("add_metadef_resource_type_association", _CHANGES, "Let a namespace go with a type.")
REMOVE_ASSOCIATION = rule(
    "remove_metadef_resource_type_association", _CHANGES, "Let a namespace go with a type no longer."
)

GET_PROPERTY = rule("get_metadef_property", _SEES, "Show a property.")
GET_PROPERTIES = rule("get_metadef_properties", _SEES, "List properties.")
MODIFY_PROPERTY = rule("modify_metadef_property", _CHANGES, "Change a property.")
ADD_PROPERTY = rule("add_metadef_property", _CHANGES, "Create a property.")
REMOVE_PROPERTY = rule("remove_metadef_property", _CHANGES, "Delete a property.")

GET_TAG = rule("get_metadef_tag", _SEES, "Show a tag.")
GET_TAGS = rule("get_metadef_tags", _SEES, "List tags.")
MODIFY_TAG = rule("modify_metadef_tag", _CHANGES, "Change a tag.")
ADD_TAG = rule("add_metadef_tag", _CHANGES, "Create a tag.")
ADD_TAGS = rule("add_metadef_tags", _CHANGES, "Create several tags.")
DELETE_TAG = rule("delete_metadef_tag", _CHANGES, "Delete a tag.")
DELETE_TAGS = rule("delete_metadef_tags", _CHANGES, "Delete all tags of a namespace.")
