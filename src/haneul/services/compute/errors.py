"""What can go wrong in compute."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, Conflict, Forbidden, NotFound, QuotaExceeded


class ServerNotFound(NotFound):
    code = "compute.server_not_found"
    message = "Instance {server_id} could not be found."


class WrongState(Conflict):
    code = "compute.wrong_state"
    message = "Cannot '{action}' instance {server_id} while it is in {what} {state}"


class Locked(Conflict):
    code = "compute.locked"
    message = "Instance {server_id} is locked"


class NoValidHost(BadRequest):
    """Only ever kept as a server's fault; `decision` says why."""

    code = "compute.no_valid_host"
    message = "No valid host was found. {why}"


class DeletedForAdmins(Forbidden):
    code = "compute.deleted_for_admins"
    message = "Only administrators may list deleted instances"


class FlavorNotFound(NotFound):
    code = "compute.flavor_not_found"
    message = "Flavor {flavor_id} could not be found."


class FlavorNotUsable(BadRequest):
    code = "compute.flavor_not_usable"
    message = "Flavor {flavor_id} could not be found."


class FlavorExists(Conflict):
    code = "compute.flavor_exists"
    message = "Flavor with {what} {value} already exists."


class ImageNotUsable(BadRequest):
    code = "compute.image_not_usable"
    message = "{why}"


class ImageUnacceptable(BadRequest):
    code = "compute.image_unacceptable"
    message = "Image {image_id} is unacceptable: {why}"


class DevicePathInUse(Conflict):
    code = "compute.device_path_in_use"
    message = "The supplied device path ({path}) is in use."


class NeverActive(Conflict):
    code = "compute.never_active"
    message = "Instance {server_id} is in an invalid state for '{action}'"


class SameFlavor(BadRequest):
    code = "compute.same_flavor"
    message = "When resizing, instances must change flavor!"


class NoGuestAgent(Conflict):
    code = "compute.no_guest_agent"
    message = "QEMU guest agent is not enabled"


class NotResized(BadRequest):
    code = "compute.not_resized"
    message = "Instance has not been resized."


class DiskTooSmall(BadRequest):
    code = "compute.disk_too_small"
    message = (
        "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is {size} "
        "bytes, minimum size is {least} bytes."
    )


class CannotResizeDisk(BadRequest):
    code = "compute.cannot_resize_disk"
    message = "Server disk was unable to be resized because: {why}"


class KeypairNotFound(NotFound):
    code = "compute.keypair_not_found"
    message = "Keypair {name} not found for user {user_id}"


class KeypairExists(Conflict):
    code = "compute.keypair_exists"
    message = "Key pair '{name}' already exists."


class HostNotFound(NotFound):
    code = "compute.host_not_found"
    message = "Compute host {host} could not be found."


class TooManyServers(QuotaExceeded):
    code = "compute.too_many_instances"
    message = (
        "Quota exceeded for {resource}: Requested {requested}, but already used {used} of {limit} {resource}"
    )


class WrongNetworks(Conflict):
    code = "compute.wrong_networks"
    message = "The requested networks cannot be used."


class NotAttached(NotFound):
    code = "compute.not_attached"
    message = "{what} {id} is not attached to instance {server_id}"


class ActionNotFound(NotFound):
    code = "compute.action_not_found"
    message = "Action {request_id} not found"


class NoNetworkToAttach(BadRequest):
    code = "compute.no_network_to_attach"
    message = "No specific network was requested and none are available."


class AmbiguousNetworks(BadRequest):
    code = "compute.ambiguous_networks"
    message = (
        "More than one possible network found. Specify network ID(s) to select which one(s) to connect to."
    )


class ActionEnded(NotFound):
    code, message = "compute.action_ended", "The resource could not be found."


class NoSuchAction(BadRequest):
    code = "compute.no_such_action"
    message = "There is no such action: {action}"


class NotRescuable(BadRequest):
    code = "compute.not_rescuable"
    message = "Instance {server_id} cannot be rescued: {why}"


class RescueImageNotUsable(BadRequest):
    code = "compute.rescue_image_not_usable"
    message = "Requested rescue image '{image_id}' is not supported"


class NotReady(Conflict):
    code = "compute.not_ready"
    message = "Instance {server_id} is not ready"


class HostOutsideZone(Conflict):
    code = "compute.host_outside_zone"
    message = 'Host "{host}" is not in the availability zone "{zone}".'


class MultiattachTooNew(BadRequest):
    code = "compute.multiattach_too_new"
    message = "Multiattach volumes are only supported starting with compute API version 2.60."


class CannotBeBuilt(BadRequest):
    """What was accepted, as upstream accepts it, and contradicts itself."""

    code, message = "compute.cannot_be_built", "{why}"


class NoConsole(BadRequest):
    code = "compute.no_console"
    message = "Unavailable console type {kind}."


class RootVolume(BadRequest):
    code = "compute.root_volume"
    message = "Cannot detach a root device volume"


class ExtraSpecNotFound(NotFound):
    code = "compute.extra_spec_not_found"
    message = "Flavor {flavor_id} has no extra specs with key {key}."


class FlavorIsPublic(NotFound):
    code = "compute.flavor_is_public"


class CannotAddAccess(Conflict):
    code = "compute.cannot_add_access"
    message = "Can not add access to a public flavor."


class AccessExists(Conflict):
    code = "compute.flavor_access_exists"
    message = "Flavor access already exists for flavor {flavor_id} and project {project_id} combination."


class AccessNotFound(NotFound):
    code = "compute.flavor_access_not_found"
    message = "Flavor access not found for {flavor_id} / {project_id} combination."


class KeypairInvalid(BadRequest):
    code = "compute.keypair_invalid"
    message = "Keypair data is invalid: {why}"


class TooManyKeypairs(QuotaExceeded):
    code = "compute.too_many_keypairs"
    message = "Quota exceeded, too many key pairs."


class LimitBelowUse(BadRequest):
    code = "compute.limit_below_use"
    message = (
        "Quota limit {limit} for {resource} must be greater than or equal to already used and "
        "reserved {used}."
    )


class ServerGroupNotFound(NotFound):
    code = "compute.server_group_not_found"
    message = "Instance group {group_id} could not be found."


class TooManyServerGroups(QuotaExceeded):
    code = "compute.too_many_server_groups"
    message = "Quota exceeded, too many server groups."


class ServiceNotFound(NotFound):
    code = "compute.service_not_found"
    message = "Service {id} could not be found."


class ServiceInUse(Conflict):
    code = "compute.service_in_use"


class AggregateNotFound(NotFound):
    code = "compute.aggregate_not_found"
    message = "Aggregate {id} could not be found."


class AggregateExists(Conflict):
    code = "compute.aggregate_exists"
    message = "Aggregate {name} already exists."


class AggregateHasHost(Conflict):
    code = "compute.aggregate_has_host"
    message = "Aggregate {id} already has host {host}."


class AggregateLacksHost(NotFound):
    code = "compute.aggregate_lacks_host"
    message = "Aggregate {id} has no host {host}."


class HostInOtherZone(Conflict):
    code = "compute.host_in_other_zone"
    message = "Cannot perform this on aggregate {id}: host {host} is in availability zone {zone}."


class HostZoneInUse(Conflict):
    """The host would change its zone under the servers that it has."""

    code = "compute.host_zone_in_use"
    message = "Cannot perform this on aggregate {id}. Reason: One or more hosts contain instances in this zone: {host}."


class AggregateZoneInUse(BadRequest):
    code = "compute.aggregate_zone_in_use"
    message = "Cannot update aggregate {id}. Reason: One or more hosts contain instances in this zone."


class ZoneWithoutName(BadRequest):
    code = "compute.zone_without_name"
    message = "Cannot update aggregate {id}. Reason: Aggregate {name} does not support empty named availability zone."


class AggregateNotEmpty(BadRequest):
    code = "compute.aggregate_not_empty"
    message = "Cannot delete aggregate {id}: Host aggregate is not empty."
