"""What each microversion of compute brought that handlers ask for."""

from __future__ import annotations

from haneul.kernel.context import Version

KEYPAIRS_HAVE_TYPES: Version = (2, 2)
VOLUMES_HAVE_FATES: Version = (2, 3)
"""Volumes say whether they go with their server, and administrators see more of servers."""
FILTER_BY_IPV6: Version = (2, 5)
REMOTE_CONSOLES: Version = (2, 6)
"""Consoles are a resource of their own; the actions for them are gone."""
ACCESS_TO_PRIVATE_FLAVORS: Version = (2, 7)
SERVERS_ARE_LOCKED: Version = (2, 9)
KEYPAIRS_HAVE_USERS: Version = (2, 10)
SERVICES_FORCED_DOWN: Version = (2, 11)
GROUPS_HAVE_OWNERS: Version = (2, 13)
SOFT_POLICIES: Version = (2, 15)
SERVERS_HAVE_HOST_STATUS: Version = (2, 16)
SERVERS_HAVE_DESCRIPTIONS: Version = (2, 19)
ATTACH_WHILE_SHELVED: Version = (2, 20)
ACTIONS_OF_GONE_SERVERS: Version = (2, 21)
SERVERS_HAVE_TAGS: Version = (2, 26)
CPU_IS_AN_OBJECT: Version = (2, 28)
HYPERVISORS_IN_PAGES: Version = (2, 33)
KEYPAIRS_IN_PAGES: Version = (2, 35)
NO_NETWORK_PROXIES: Version = (2, 36)
"""What was only handed on to network and image is gone."""
NETWORKS_ARE_REQUIRED: Version = (2, 37)
"""A new server says its networks, or `auto`, or `none`."""
STATUS_IS_CHECKED: Version = (2, 38)
NO_IMAGE_METADATA: Version = (2, 39)
USAGE_IN_PAGES: Version = (2, 40)
AGGREGATES_HAVE_UUIDS: Version = (2, 41)
NO_ADDRESS_ACTIONS: Version = (2, 44)
"""Servers are given addresses by the network."""
IMAGE_IDS_IN_ANSWERS: Version = (2, 45)
FLAVORS_ARE_EMBEDDED: Version = (2, 47)
"""A server shows what its flavor was when it was made."""
GROUPS_IN_QUOTA_CLASSES: Version = (2, 50)
EVERYBODY_SEES_EVENTS: Version = (2, 51)
SERVICES_HAVE_UUIDS: Version = (2, 53)
"""So have hypervisors."""
REBUILD_WITH_KEY: Version = (2, 54)
FLAVORS_HAVE_DESCRIPTIONS: Version = (2, 55)
NO_PERSONALITY: Version = (2, 57)
"""No files in quotas and requests; user data in the answer to a rebuild."""
ACTIONS_IN_PAGES: Version = (2, 58)
MULTIATTACH: Version = (2, 60)
FLAVORS_SHOW_EXTRA_SPECS: Version = (2, 61)
EVENTS_HAVE_HOSTS: Version = (2, 62)
TRUSTED_CERTIFICATES: Version = (2, 63)
GROUPS_HAVE_ONE_POLICY: Version = (2, 64)
CHANGES_BEFORE: Version = (2, 66)
DEVICES_HAVE_TAGS: Version = (2, 70)
SERVERS_SHOW_GROUPS: Version = (2, 71)
LOCKED_REASON: Version = (2, 73)
STRICT_QUERIES: Version = (2, 75)
"""What is not known is refused; changed servers are shown whole; no swap is 0."""
UNSHELVE_IN_ZONE: Version = (2, 77)
ATTACHMENTS_HAVE_FATES: Version = (2, 79)
MEMBERS_FILTER_MORE: Version = (2, 83)
EVENTS_HAVE_DETAILS: Version = (2, 84)
EXTRA_SPECS_ARE_CHECKED: Version = (2, 86)
RESCUE_OF_VOLUMES: Version = (2, 87)
NO_HYPERVISOR_NUMBERS: Version = (2, 88)
"""What hosts have is placement's to say."""
ATTACHMENTS_HAVE_IDS: Version = (2, 89)
HOSTNAMES: Version = (2, 90)
UNSHELVE_ON_HOST: Version = (2, 91)
NO_GENERATED_KEYPAIRS: Version = (2, 92)
REBUILD_OF_VOLUMES: Version = (2, 93)
HOSTNAMES_WITH_DOMAINS: Version = (2, 94)
PINNED_ZONES: Version = (2, 96)
SERVERS_SHOW_IMAGE_PROPERTIES: Version = (2, 98)
SCHEDULER_HINTS_ARE_SHOWN: Version = (2, 100)
FLAVORS_WITHOUT_RXTX: Version = (2, 102)
"""Nor do they say whether they are disabled."""
