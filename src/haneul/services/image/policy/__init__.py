"""Who may do what with images: upstream's names and defaults."""

from haneul.kernel.policy import rule

_ADMIN = "rule:context_is_admin"
_OWNER = "project_id:%(project_id)s"
_SEES = (
    f"({_OWNER} or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s "
    "or 'shared':%(visibility)s)"
)
_MEMBER = f"{_ADMIN} or (role:member and {_OWNER})"
_READER = f"{_ADMIN} or (role:reader and {_OWNER})"
_DOWNLOAD = f"{_ADMIN} or (role:member and {_SEES})"
_SHARED_READER = f"{_ADMIN} or role:reader and ({_OWNER} or project_id:%(member_id)s)"

DEFAULT = rule("default", "", "Whatever has no rule of its own.", scope=())
CONTEXT_IS_ADMIN = rule(
    "context_is_admin", "role:admin", "Who counts as an administrator of images.", scope=()
)
SERVICE_API = rule("service_api", "role:service or role:admin", "Calls from service to service.", scope=())

ADD_IMAGE = rule(
    "add_image", f"{_ADMIN} or (role:member and {_OWNER} and project_id:%(owner)s)", "Create an image."
)
DELETE_IMAGE = rule("delete_image", _MEMBER, "Delete an image.")
GET_IMAGE = rule("get_image", f"{_ADMIN} or (role:reader and {_SEES})", "Show an image.")
GET_IMAGES = rule("get_images", _READER, "List images.")
MODIFY_IMAGE = rule("modify_image", _MEMBER, "Update an image or its tags.")
PUBLICIZE_IMAGE = rule("publicize_image", _ADMIN, "Make an image public.")
COMMUNITIZE_IMAGE = rule("communitize_image", _MEMBER, "Make an image a community image.")
DOWNLOAD_IMAGE = rule("download_image", _DOWNLOAD, "Download an image's data.")
UPLOAD_IMAGE = rule("upload_image", _MEMBER, "Upload an image's data.")
DEACTIVATE = rule("deactivate", _MEMBER, "Deactivate an image.")
REACTIVATE = rule("reactivate", _MEMBER, "Reactivate an image.")

ADD_MEMBER = rule("add_member", _MEMBER, "Share an image with a project.")
DELETE_MEMBER = rule("delete_member", _MEMBER, "Take an image back from a project.")
GET_MEMBER = rule("get_member", _SHARED_READER, "Show one member of an image.")
GET_MEMBERS = rule("get_members", _SHARED_READER, "List the members of an image.")
MODIFY_MEMBER = rule(
    "modify_member", f"{_ADMIN} or (role:member and project_id:%(member_id)s)", "Accept or reject an image."
)
STORES_INFO_DETAIL = rule("stores_info_detail", f"{_ADMIN} or rule:service_api", "Show the stores in detail.")
GET_IMAGE_LOCATION = rule("get_image_location", _READER, "See where an image's data is.")
SET_IMAGE_LOCATION = rule("set_image_location", _MEMBER, "Change where an image's data is.")
DELETE_IMAGE_LOCATION = rule("delete_image_location", _ADMIN, "Remove an image's data from one place.")
ADD_IMAGE_LOCATION = rule(
    "add_image_location",
    f"rule:service_api or (role:member and {_OWNER} and project_id:%(owner)s)",
    "Say where a queued image's data is.",
)
FETCH_IMAGE_LOCATION = rule("fetch_image_location", "rule:service_api", "List where an image's data is.")
COPY_IMAGE = rule("copy_image", _ADMIN, "Copy an image's data to more stores.")
TASKS_API_ACCESS = rule("tasks_api_access", _ADMIN, "Use the tasks API.")
CACHE_IMAGE = rule("cache_image", _ADMIN, "Queue an image to be cached.")
CACHE_LIST = rule("cache_list", _ADMIN, "List what is cached and queued.")
CACHE_DELETE = rule("cache_delete", _ADMIN, "Remove images from the cache.")
CACHE_CLEAN = rule("cache_clean", _ADMIN, "Remove what is broken from the cache.")
CACHE_PRUNE = rule("cache_prune", _ADMIN, "Remove images from the cache until it fits its size.")
LIST_CACHED_NODES = rule("list_cached_nodes", _ADMIN, "List the machines where an image is cached.")
