"""Wire shapes of servers, on the way in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel import addresses
from haneul.kernel.http import UNSET, Strict, UnsetType, between, since, until
from haneul.kernel.ids import is_uuid
from haneul.services.compute.api.values import refuse

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Metadata = dict[
    Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-_:. ]{1,255}$")],
    Annotated[str, msgspec.Meta(max_length=255)],
]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^,/]*$")]
Text = Annotated[str, msgspec.Meta(max_length=255)]


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
    uuid: str | UnsetType = UNSET
    port: str | UnsetType | None = UNSET
    fixed_ip: str | UnsetType = UNSET
    tag: Annotated[DeviceTag | UnsetType, since("2.32")] = UNSET


class BlockDeviceMapping(Strict):
    """One entry of block_device_mapping_v2."""

    boot_index: int | str | None = None
    uuid: str | None = None
    source_type: str | None = None
    destination_type: str | None = None
    volume_size: int | str | None = None
    delete_on_termination: bool | str = False
    device_name: DeviceName | None = None
    device_type: str | None = None
    disk_bus: str | None = None
    guest_format: str | None = None
    no_device: bool | str | None = None
    tag: Annotated[DeviceTag | UnsetType, since("2.32")] = UNSET
    volume_type: Annotated[str | UnsetType | None, since("2.67")] = UNSET


class SecurityGroup(msgspec.Struct):
    name: Text


class NewServer(Strict, kw_only=True):
    name: Name
    flavorRef: str | int
    imageRef: str | None = None
    networks: list[Nic] | str | UnsetType = UNSET
    security_groups: list[SecurityGroup] | UnsetType = UNSET
    key_name: Name | None = None
    user_data: Annotated[str, msgspec.Meta(max_length=65535)] | None = None
    config_drive: bool | str | None = None
    metadata: Metadata | UnsetType = UNSET
    availability_zone: Name | None = None
    block_device_mapping_v2: list[BlockDeviceMapping] | UnsetType = UNSET
    block_device_mapping: list[dict[str, Any]] | UnsetType = UNSET
    min_count: int | str = 1
    max_count: int | str | UnsetType = UNSET
    return_reservation_id: bool | str = False
    adminPass: str | UnsetType = UNSET
    accessIPv4: str | None = None
    accessIPv6: str | None = None
    personality: Annotated[list[File] | UnsetType, until("2.56")] = UNSET
    description: Annotated[Text | UnsetType | None, since("2.19")] = UNSET
    tags: Annotated[list[Tag] | UnsetType, since("2.52")] = UNSET
    trusted_image_certificates: Annotated[list[str] | UnsetType | None, since("2.63")] = UNSET
    host: Annotated[Name | UnsetType, since("2.74")] = UNSET
    hypervisor_hostname: Annotated[Name | UnsetType, since("2.74")] = UNSET
    hostname: Annotated[Name | UnsetType, since("2.90")] = UNSET
    disk_config: str | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
    extended_disk_config: str | UnsetType = UNSET


class CreateServer(Strict):
    server: NewServer
    hints: dict[str, Any] | UnsetType = msgspec.field(name="os:scheduler_hints", default=UNSET)
    hints_long: dict[str, Any] | UnsetType = msgspec.field(name="OS-SCH-HNT:scheduler_hints", default=UNSET)


class ServerChanges(Strict, kw_only=True):
    name: Name | UnsetType = UNSET
    accessIPv4: str | UnsetType | None = UNSET
    accessIPv6: str | UnsetType | None = UNSET
    disk_config: str | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
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
    volumeId: str
    device: AttachedName | None = None
    tag: Annotated[DeviceTag | UnsetType, since("2.49")] = UNSET
    delete_on_termination: Annotated[bool | UnsetType, since("2.79")] = UNSET


class AttachVolume(Strict):
    volumeAttachment: VolumeAttachment


class FixedIp(Strict):
    ip_address: str


class InterfaceAttachment(Strict, kw_only=True):
    net_id: str | UnsetType = UNSET
    port_id: str | UnsetType = UNSET
    fixed_ips: list[FixedIp] | UnsetType = UNSET
    tag: Annotated[DeviceTag | UnsetType, between("2.49", "2.104")] = UNSET


class AttachInterface(Strict):
    interfaceAttachment: InterfaceAttachment | UnsetType = UNSET


def address(value: str | UnsetType | None, version: int, field: str) -> str:
    """The address in its usual spelling, empty if there is none; 400 naming the field for anything else."""
    if not value:
        return ""
    try:
        return str(addresses.read(value, version))
    except ValueError:
        raise refuse(field, value, f"'{value}' is not a 'ipv{version}'") from None


def uuid(value: str, field: str) -> str:
    if not is_uuid(value):
        raise refuse(field, value, f"'{value}' is not a 'uuid'")
    return value
