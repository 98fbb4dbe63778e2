"""What each microversion of block storage brought that handlers ask for."""

from __future__ import annotations

from haneul.kernel.context import Version

IMAGES_HAVE_VISIBILITY: Version = (3, 1)
"""Of a volume's upload to an image: visibility and protection."""
BOOTABLE_IS_A_TRUTH: Version = (3, 2)
"""Before, a filter for what is no truth finds what is bootable."""
FILTER_BY_IMAGE_METADATA: Version = (3, 4)
MESSAGES_ARE_PAGED: Version = (3, 5)
SERVICES_HAVE_CLUSTERS: Version = (3, 7)
FILTER_BY_GROUP: Version = (3, 10)
VOLUMES_HAVE_GROUPS: Version = (3, 13)
SNAPSHOTS_HAVE_GROUPS: Version = (3, 14)
GROUPS_ARE_COPIED: Version = (3, 14)
BACKUPS_HAVE_PROJECTS: Version = (3, 18)
GROUPS_CAN_BE_RESET: Version = (3, 20)
VOLUMES_HAVE_PROVIDER_IDS: Version = (3, 21)
DELETE_BY_FORCE: Version = (3, 23)
GROUPS_LIST_VOLUMES: Version = (3, 25)
POOLS_ARE_FILTERED: Version = (3, 28)
GROUP_SNAPSHOTS_ARE_PAGED: Version = (3, 29)
FILTERS_ARE_CHECKED: Version = (3, 31)
"""Before, filters that nobody knows are ignored."""
FILTER_BY_LIKENESS: Version = (3, 34)
SUMMARY_HAS_METADATA: Version = (3, 36)
GROUPS_ARE_REPLICATED: Version = (3, 38)
VOLUMES_CAN_BE_REVERTED: Version = (3, 40)
SNAPSHOTS_HAVE_USERS: Version = (3, 41)
EXTEND_IN_USE: Version = (3, 42)
BACKUPS_HAVE_METADATA: Version = (3, 43)
LISTS_ARE_COUNTED: Version = (3, 45)
VOLUMES_HAVE_SHARED_TARGETS: Version = (3, 48)
SERVICES_HAVE_BACKEND_STATES: Version = (3, 49)
MULTIATTACH_BY_TYPE: Version = (3, 50)
TRANSFERS_WITHOUT_SNAPSHOTS: Version = (3, 55)
BACKUPS_HAVE_USERS: Version = (3, 56)
TRANSFERS_HAVE_PROJECTS: Version = (3, 57)
GROUPS_HAVE_PROJECTS: Version = (3, 58)
FILTER_BY_TIME: Version = (3, 60)
VOLUMES_HAVE_CLUSTERS: Version = (3, 61)
VOLUMES_HAVE_TYPE_IDS: Version = (3, 63)
USE_OF_QUOTAS: Version = (3, 65)
SNAPSHOTS_OF_VOLUMES_IN_USE: Version = (3, 66)
VOLUMES_CAN_BE_REIMAGED: Version = (3, 68)
EXTENSIONS_ARE_COMPLETED: Version = (3, 71)
