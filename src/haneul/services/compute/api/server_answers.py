"""What compute answers of servers and what they have, as every version of it shows it.

What only those see who may see hosts, or what only some servers have, may be missing.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since, until


class ServerImage(Answer):
    id: str
    links: list[Link]
    properties: Annotated[dict[str, str], since("2.98")]


class ServerFlavor(Answer):
    """A link to the flavor; from 2.47 on what it was when the server was made."""

    id: Annotated[str, until("2.46")]
    links: Annotated[list[Link], until("2.46")]
    vcpus: Annotated[int, since("2.47")]
    ram: Annotated[int, since("2.47")]
    disk: Annotated[int, since("2.47")]
    ephemeral: Annotated[int, since("2.47")]
    swap: Annotated[int, since("2.47")]
    original_name: Annotated[str, since("2.47")]
    extra_specs: Annotated[dict[str, str], since("2.47")]


class Fault(Answer):
    code: int
    created: str
    message: str
    details: str | UnsetType = UNSET


class Address(Answer):
    version: int
    addr: str
    kind: str = field(name="OS-EXT-IPS:type")
    mac: str | None = field(name="OS-EXT-IPS-MAC:mac_addr")


class VolumeId(Answer):
    id: str
    delete_on_termination: Annotated[bool, since("2.3")]


class GroupName(Answer):
    name: str


class ServerName(Answer):
    id: str
    name: str
    links: list[Link]


class PlainServer(Answer):
    """What the API shows of a server without its extensions."""

    id: str
    name: str
    status: str
    tenant_id: str
    user_id: str
    metadata: dict[str, str]
    host_id: str = field(name="hostId")
    image: ServerImage | str
    flavor: ServerFlavor
    created: str
    updated: str
    accessIPv4: str
    accessIPv6: str
    links: list[Link]
    disk_config: str = field(name="OS-DCF:diskConfig")
    progress: int | UnsetType = UNSET
    fault: Fault | UnsetType = UNSET
    locked: Annotated[bool, since("2.9")]
    description: Annotated[str | None, since("2.19")]
    tags: Annotated[list[str], since("2.26")]
    trusted_image_certificates: Annotated[list[str] | None, since("2.63")]
    locked_reason: Annotated[str | None, since("2.73")]
    pinned_availability_zone: Annotated[str | None, since("2.96")]
    scheduler_hints: Annotated[dict[str, Any], since("2.100")]


class ListedServer(PlainServer):
    """With what the extensions add to a server that is read."""

    addresses: dict[str, list[Address]]
    zone: str = field(name="OS-EXT-AZ:availability_zone")
    config_drive: str
    key_name: str | None
    launched_at: str | None = field(name="OS-SRV-USG:launched_at")
    terminated_at: str | None = field(name="OS-SRV-USG:terminated_at")
    task_state: str | None = field(name="OS-EXT-STS:task_state")
    vm_state: str = field(name="OS-EXT-STS:vm_state")
    power_state: int = field(name="OS-EXT-STS:power_state")
    volumes: list[VolumeId] = field(name="os-extended-volumes:volumes_attached")
    security_groups: list[GroupName] | UnsetType = UNSET
    host: str | UnsetType | None = field(name="OS-EXT-SRV-ATTR:host", default=UNSET)
    hypervisor: str | UnsetType | None = field(name="OS-EXT-SRV-ATTR:hypervisor_hostname", default=UNSET)
    instance_name: str | UnsetType = field(name="OS-EXT-SRV-ATTR:instance_name", default=UNSET)
    reservation_id: Annotated[str | UnsetType | None, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:reservation_id", default=UNSET
    )
    launch_index: Annotated[int | UnsetType, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:launch_index", default=UNSET
    )
    hostname: Annotated[str | UnsetType | None, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:hostname", default=UNSET
    )
    kernel_id: Annotated[str | UnsetType, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:kernel_id", default=UNSET
    )
    ramdisk_id: Annotated[str | UnsetType, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:ramdisk_id", default=UNSET
    )
    root_device_name: Annotated[str | UnsetType | None, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:root_device_name", default=UNSET
    )
    shown_user_data: Annotated[str | UnsetType | None, since("2.3")] = field(
        name="OS-EXT-SRV-ATTR:user_data", default=UNSET
    )
    host_status: Annotated[str | UnsetType, since("2.16")] = UNSET


class Server(ListedServer):
    server_groups: Annotated[list[str], since("2.71")]


class ServerAfterChange(PlainServer):
    """Before 2.75 a server that was changed is shown without extensions."""

    addresses: dict[str, list[Address]]
    server_groups: Annotated[list[str], since("2.71")]


class OneServer(Answer):
    server: Server


class OneServerAfterChange(Answer):
    server: Annotated[ServerAfterChange, until("2.74")] | Annotated[Server, since("2.75")]


class Servers(Answer):
    servers: list[ServerName]
    servers_links: list[Link] | UnsetType = UNSET


class ServersInDetail(Answer):
    servers: list[ListedServer]
    servers_links: list[Link] | UnsetType = UNSET


class NewServer(Answer):
    id: str
    links: list[Link]
    disk_config: str = field(name="OS-DCF:diskConfig")
    adminPass: str
    security_groups: list[GroupName]


class OneNewServer(Answer):
    server: NewServer


class Reservation(Answer):
    """Of many servers that are made together, if that was wished."""

    reservation_id: str


class PlainAddress(Answer):
    version: int
    addr: str


class RebuiltServer(Server):
    adminPass: str
    user_data: str | None


class PlainRebuiltServer(PlainServer):
    """Before 2.75 a server that is rebuilt is shown without most of what others show."""

    addresses: dict[str, list[PlainAddress]]
    adminPass: str
    server_groups: Annotated[list[str], since("2.71")]
    key_name: Annotated[str | None, since("2.54")]
    user_data: Annotated[str | None, since("2.57")]


class OneRebuiltServer(Answer):
    server: Annotated[PlainRebuiltServer, until("2.74")] | Annotated[RebuiltServer, since("2.75")]


class NewImage(Answer):
    image_id: Annotated[str, since("2.45")]


class Password(Answer):
    adminPass: str


class ConsoleOutput(Answer):
    output: str


class Console(Answer):
    type: str
    url: str


class OneConsole(Answer):
    console: Console


class RemoteConsole(Answer):
    protocol: str
    type: str
    url: str


class OneRemoteConsole(Answer):
    remote_console: RemoteConsole


class Addresses(Answer):
    """By the networks' names."""

    addresses: dict[str, list[Address]]


AddressesOfNetwork = dict[str, list[Address]]
"""Of the one network, by its name."""


class VolumeAttachment(Answer):
    device: str | None
    server_id: str = field(name="serverId")
    volume_id: str = field(name="volumeId")
    id: Annotated[str, until("2.88")]
    tag: Annotated[str | None, since("2.70")]
    delete_on_termination: Annotated[bool, since("2.79")]
    attachment_id: Annotated[str, since("2.89")]
    bdm_uuid: Annotated[str, since("2.89")]


class NewVolumeAttachment(Answer):
    """Upstream keeps the `id` here that others lost with 2.89, and leaves theirs out."""

    id: str
    device: str | None
    server_id: str = field(name="serverId")
    volume_id: str = field(name="volumeId")
    tag: Annotated[str | None, since("2.70")]
    delete_on_termination: Annotated[bool, since("2.79")]


class OneNewVolumeAttachment(Answer):
    attachment: NewVolumeAttachment = field(name="volumeAttachment")


class OneVolumeAttachment(Answer):
    attachment: VolumeAttachment = field(name="volumeAttachment")


class VolumeAttachments(Answer):
    attachments: list[VolumeAttachment] = field(name="volumeAttachments")


class FixedIp(Answer):
    subnet_id: str
    ip_address: str


class Interface(Answer):
    port_id: str
    net_id: str
    mac_addr: str
    port_state: str
    fixed_ips: list[FixedIp]
    tag: Annotated[str | None, since("2.70")]


class OneInterface(Answer):
    attachment: Interface = field(name="interfaceAttachment")


class Interfaces(Answer):
    attachments: list[Interface] = field(name="interfaceAttachments")


class Metadata(Answer):
    metadata: dict[str, str]


class OneMetadata(Answer):
    """One pair."""

    meta: dict[str, str]


class Tags(Answer):
    tags: list[str]


class Migrations(Answer):
    """Always empty: no server has moved from host to host."""

    migrations: list[Any]


class Event(Answer):
    event: str
    start_time: str
    finish_time: str
    result: str
    traceback: str | UnsetType | None = UNSET
    host_id: Annotated[str, since("2.62")] = field(name="hostId")
    host: Annotated[str | UnsetType | None, since("2.62")] = UNSET
    details: Annotated[str | None, since("2.84")]


class ListedAction(Answer):
    action: str
    instance_uuid: str
    message: str | None
    project_id: str | None
    request_id: str
    start_time: str
    user_id: str | None
    updated_at: Annotated[str, since("2.58")]


class Action(ListedAction):
    events: list[Event] | UnsetType = UNSET


class OneAction(Answer):
    action: Action = field(name="instanceAction")


class Actions(Answer):
    actions: list[ListedAction] = field(name="instanceActions")
    links: Annotated[list[Link] | UnsetType, since("2.58")] = UNSET


class ServerGroup(Answer):
    id: str
    name: str
    members: list[str]
    policies: Annotated[list[str], until("2.63")]
    metadata: Annotated[dict[str, str], until("2.63")]
    policy: Annotated[str, since("2.64")]
    rules: Annotated[dict[str, int], since("2.64")]
    project_id: Annotated[str, since("2.13")]
    user_id: Annotated[str, since("2.13")]


class OneServerGroup(Answer):
    server_group: ServerGroup


class ServerGroups(Answer):
    server_groups: list[ServerGroup]
