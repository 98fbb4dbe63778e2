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

DEFAULT = rule("default", "", "Whatever has no rule of its own.")
CONTEXT_IS_ADMIN = rule("context_is_admin", "role:admin", "Who counts as an administrator of images.")
SERVICE_API = rule("service_api", "role:service or role:admin", "Calls from service to service.")

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
