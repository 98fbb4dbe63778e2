"""What can go wrong in placement."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, Conflict, NotFound


class ProviderNotFound(NotFound):
    code = "placement.undefined_code"
    message = "No resource provider with uuid {id} found"


class DuplicateName(Conflict):
    code = "placement.duplicate_name"
    message = "Conflicting resource provider {what}: {value} already exists."


class ConcurrentUpdate(Conflict):
    code = "placement.concurrent_update"
    message = "{what} generation conflict: the data was changed by another request."


class InventoryInUse(Conflict):
    code = "placement.inventory.inuse"
    message = "Update conflict: Inventory for '{classes}' on resource provider '{id}' in use."


class ProviderInUse(Conflict):
    code = "placement.resource_provider.inuse"
    message = "Unable to delete resource provider {id}: Resource provider has allocations."


class ProviderHasChildren(Conflict):
    code = "placement.resource_provider.cannot_delete_parent"
    message = "Unable to delete parent resource provider {id}: It has child resource providers."


class NoCapacity(Conflict):
    code = "placement.undefined_code"
    message = "Unable to allocate inventory: the requested amount of {resource} on {id} exceeds its capacity."


class InventoryNotFound(NotFound):
    code = "placement.undefined_code"
    message = "No inventory of class {resource} found for {id}"


class UnknownResourceClass(BadRequest):
    code = "placement.undefined_code"
    message = "No such resource class {name}."


class NameNotFound(NotFound):
    code = "placement.undefined_code"
    message = "No such {what}: {name}."


class NameInUse(Conflict):
    code = "placement.undefined_code"
    message = "The {what} {name} is in use."


class CannotDeleteStandard(BadRequest):
    code = "placement.undefined_code"
    message = "Cannot delete standard {what} {name}."
