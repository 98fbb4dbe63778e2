"""Images in a pool of a Ceph cluster: `store` is what the service calls, `pool` what blocks, in threads."""

from haneul.services.image.drivers.rbd.store import RbdStore

__all__ = ["RbdStore"]
