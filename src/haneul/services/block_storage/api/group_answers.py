"""What block storage answers of groups, their types and snapshots, and of consistency groups."""

from __future__ import annotations

from typing import Annotated

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since


class GroupType(Answer):
    id: str
    name: str
    description: str | None
    is_public: bool
    group_specs: dict[str, str] | UnsetType = UNSET
    """For administrators."""


class OneGroupType(Answer):
    group_type: GroupType


class GroupTypes(Answer):
    group_types: list[GroupType]
    group_type_links: list[Link] | UnsetType = UNSET


class GroupSpecs(Answer):
    group_specs: dict[str, str | None]


OneGroupSpec = dict[str, str]
"""The one value, by its key."""


class Name(Answer):
    id: str
    name: str | None


class Group(Name):
    status: str
    availability_zone: str | None
    created_at: str
    description: str | None
    group_type: str
    volume_types: list[str]
    group_snapshot_id: Annotated[str | None, since("3.14")]
    source_group_id: Annotated[str | None, since("3.14")]
    volumes: Annotated[list[str] | UnsetType, since("3.25")] = UNSET
    """With `list_volume`."""
    replication_status: Annotated[str, since("3.38")]
    project_id: Annotated[str | UnsetType, since("3.58")] = UNSET
    """For administrators."""


class OneGroupName(Answer):
    group: Name


class OneGroup(Answer):
    group: Group


class Groups(Answer):
    groups: list[Name]
    group_links: list[Link] | UnsetType = UNSET


class GroupsInDetail(Answer):
    groups: list[Group]
    group_links: list[Link] | UnsetType = UNSET


class GroupSnapshotName(Name):
    group_type_id: str


class GroupSnapshot(GroupSnapshotName):
    group_id: str
    status: str
    created_at: str
    description: str | None
    project_id: Annotated[str | UnsetType, since("3.58")] = UNSET
    """For administrators."""


class OneGroupSnapshotName(Answer):
    group_snapshot: GroupSnapshotName


class OneGroupSnapshot(Answer):
    group_snapshot: GroupSnapshot


class GroupSnapshots(Answer):
    group_snapshots: list[GroupSnapshotName]
    group_snapshot_links: list[Link] | UnsetType = UNSET


class GroupSnapshotsInDetail(Answer):
    group_snapshots: list[GroupSnapshot]
    group_snapshot_links: list[Link] | UnsetType = UNSET


class ConsistencyGroup(Name):
    status: str
    availability_zone: str | None
    created_at: str
    description: str | None
    volume_types: list[str]


class OneConsistencyGroupName(Answer):
    consistencygroup: Name


class OneConsistencyGroup(Answer):
    consistencygroup: ConsistencyGroup


class ConsistencyGroups(Answer):
    consistencygroups: list[Name]
    consistencygroups_links: list[Link] | UnsetType = UNSET


class ConsistencyGroupsInDetail(Answer):
    consistencygroups: list[ConsistencyGroup]
    consistencygroups_links: list[Link] | UnsetType = UNSET


class Cgsnapshot(Name):
    consistencygroup_id: str
    status: str
    created_at: str
    description: str | None


class OneCgsnapshotName(Answer):
    cgsnapshot: Name


class OneCgsnapshot(Answer):
    cgsnapshot: Cgsnapshot


class Cgsnapshots(Answer):
    cgsnapshots: list[Name]


class CgsnapshotsInDetail(Answer):
    cgsnapshots: list[Cgsnapshot]
