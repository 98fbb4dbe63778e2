"""Ids of what is in directories, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.directories import DirectoryId

DIRECTORY_IDS = Rows(DirectoryId, "identity_directory_ids", indexes=(("domain_id", "kind"),))
