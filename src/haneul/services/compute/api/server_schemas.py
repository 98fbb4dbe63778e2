"""Wire shapes of servers, on the way in."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from haneul.kernel import addresses
from haneul.kernel.context import Context
from haneul.kernel.http import UNSET, Strict, UnsetType, between, since, until
from haneul.kernel.http.bounds import FEW, MANY, Document, LongText, Number, Text, Words
from haneul.kernel.ids import is_uuid
from haneul.services.compute import versions
from haneul.services.compute.api.values import refuse

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Metadata = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-_:. ]{1,255}$")],
        Annotated[str, msgspec.Meta(max_length=255)],
    ],
    MANY,
]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^,/]*$")]


DeviceTag = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^,/]*$")]
DeviceName = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._/-]*$")]
AttachedName = Annotated[
    str, msgspec.Meta(max_length=255, pattern=r"(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$")
]


class File(Strict):
    """A personality."""

    path: Annotated[str, msgspec.Meta(max_length=4096)]
    contents: Annotated[str, msgspec.Meta(max_length=1 << 20)]


class Nic(Strict):
    uuid: Text | UnsetType = UNSET
    port: Text | UnsetType | None = UNSET
    fixed_ip: Text | UnsetType = UNSET
    tag: Annotated[DeviceTag | UnsetType, since("2.32")] = UNSET


class BlockDeviceMapping(Strict):
    """One entry of block_device_mapping_v2."""

    boot_index: Number | Text | None = None
    uuid: Text | None = None
    source_type: Text | None = None
    destination_type: Text | UnsetType = UNSET
    volume_size: Number | Text | None = None
    delete_on_termination: bool | Text = False
    device_name: DeviceName | UnsetType = UNSET
    device_type: Text | UnsetType = UNSET
    disk_bus: Text | UnsetType = UNSET
    guest_format: Text | None = None
    no_device: bool | Text | None = None
    tag: Annotated[DeviceTag | UnsetType, since("2.32")] = UNSET
    volume_type: Annotated[Text | UnsetType | None, since("2.67")] = UNSET


class SecurityGroup(msgspec.Struct):
    name: Text


class NewServer(Strict, kw_only=True):
    name: Name
    flavorRef: Text | Number
    imageRef: Text | UnsetType = UNSET
    networks: Annotated[list[Nic], FEW] | Text | UnsetType = UNSET
    security_groups: Annotated[list[SecurityGroup], FEW] | UnsetType = UNSET
    key_name: Name | UnsetType = UNSET
    user_data: Annotated[str, msgspec.Meta(max_length=65535)] | UnsetType = UNSET
    config_drive: bool | Text | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    availability_zone: Name | UnsetType = UNSET
    block_device_mapping_v2: Annotated[list[BlockDeviceMapping], FEW] | UnsetType = UNSET
    block_device_mapping: Annotated[list[Document], FEW] | UnsetType = UNSET
    min_count: Number | Text = 1
    max_count: Number | Text | UnsetType = UNSET
    return_reservation_id: bool | Text = False
    adminPass: LongText | UnsetType = UNSET
    accessIPv4: Text | UnsetType = UNSET
    accessIPv6: Text | UnsetType = UNSET
    personality: Annotated[Annotated[list[File], FEW] | UnsetType, until("2.56")] = UNSET
    description: Annotated[Text | UnsetType | None, since("2.19")] = UNSET
    tags: Annotated[Annotated[list[Tag], msgspec.Meta(max_length=50)] | UnsetType, since("2.52")] = UNSET
    trusted_image_certificates: Annotated[
        Annotated[list[Text], msgspec.Meta(min_length=1, max_length=50)] | UnsetType | None, since("2.63")
    ] = UNSET
    host: Annotated[Name | UnsetType, since("2.74")] = UNSET
    hypervisor_hostname: Annotated[Name | UnsetType, since("2.74")] = UNSET
    hostname: Annotated[Name | UnsetType, since("2.90")] = UNSET
    disk_config: Text | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)


class CreateServer(Strict):
    server: NewServer
    hints: Words | UnsetType = msgspec.field(name="os:scheduler_hints", default=UNSET)
    hints_long: Words | UnsetType = msgspec.field(name="OS-SCH-HNT:scheduler_hints", default=UNSET)


class ServerChanges(Strict, kw_only=True):
    name: Name | UnsetType = UNSET
    accessIPv4: Text | UnsetType = UNSET
    accessIPv6: Text | UnsetType = UNSET
    disk_config: Text | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
    description: Annotated[Text | UnsetType | None, since("2.19")] = UNSET
    hostname: Annotated[Name | UnsetType, since("2.90")] = UNSET


class UpdateServer(Strict):
    server: ServerChanges


class MetadataBody(Strict):
    metadata: Metadata


class MetaItem(Strict):
    meta: Metadata


class TagsBody(Strict):
    tags: Annotated[list[Tag], msgspec.Meta(max_length=50)]


class VolumeAttachment(Strict, kw_only=True):
    volumeId: Text
    device: AttachedName | None = None
    tag: Annotated[DeviceTag | UnsetType, since("2.49")] = UNSET
    delete_on_termination: Annotated[bool | UnsetType, since("2.79")] = UNSET


class AttachVolume(Strict):
    volumeAttachment: VolumeAttachment


class ChangedAttachment(Strict, kw_only=True):
    """Only the fate may change; the rest may be sent as it is."""

    volumeId: Text
    device: AttachedName | None = None
    tag: DeviceTag | UnsetType = UNSET
    serverId: Text | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    delete_on_termination: bool | UnsetType = UNSET


class UpdateAttachment(Strict):
    volumeAttachment: ChangedAttachment


class FixedIp(Strict):
    ip_address: Text


class InterfaceAttachment(Strict, kw_only=True):
    net_id: Text | UnsetType = UNSET
    port_id: Text | UnsetType = UNSET
    fixed_ips: Annotated[list[FixedIp], msgspec.Meta(min_length=1, max_length=1)] | UnsetType = UNSET
    tag: Annotated[DeviceTag | UnsetType, between("2.49", "2.104")] = UNSET


class AttachInterface(Strict):
    interfaceAttachment: InterfaceAttachment | UnsetType = UNSET


def address(value: str | UnsetType, version: int | None, field: str) -> str:
    """The address in its usual spelling, empty if none is named; 400 naming the field for anything else."""
    if value is UNSET:
        return ""
    try:
        return str(addresses.read(value, version))
    except ValueError:
        kinds = f"a 'ipv{version}'" if version else "valid under any of the given schemas"
        raise refuse(field, value, f"'{value}' is not {kinds}") from None


def uuid(value: str, field: str) -> str:
    if not is_uuid(value):
        raise refuse(field, value, f"'{value}' is not a 'uuid'")
    return value


HOSTNAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]")
FULL_HOSTNAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]")


def hostname(ctx: Context, value: str) -> str:
    """A host's name of two letters at least; one with a domain from 2.94 on."""
    pattern, most = (FULL_HOSTNAME, 255) if ctx.wants(versions.HOSTNAMES_WITH_DOMAINS) else (HOSTNAME, 63)
    if len(value) > most or not pattern.fullmatch(value):
        raise refuse("server.hostname", value, f"'{value[:80]}' does not match '^{pattern.pattern}$'")
    return value


def same_or_other_hosts(hints: dict[str, object]) -> dict[str, object]:
    """The hints, whose servers to be near or far from are ids."""
    for name in ("same_host", "different_host"):
        if name in hints:
            ids = hints[name] if isinstance(hints[name], list) else [hints[name]]
            if not all(isinstance(each, str) and is_uuid(each) for each in ids):  # type: ignore[union-attr]  # a list
                raise refuse(
                    f"scheduler_hints.{name}", hints[name], "It is no id of a server, nor a list of such"
                )
    return hints
