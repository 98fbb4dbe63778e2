"""One pool of a Ceph cluster. Every call here blocks until the cluster answers or a timeout is over.

An image is complete when it has the protected snapshot `snap`, made after all its data was written. What
has none is half an image: nobody sees it, and the next who writes under its name begins anew.
"""

from __future__ import annotations

import contextlib
import errno
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from haneul.kernel.errors import DriverError
from haneul.services.image.drivers.interface import InUse
from haneul.services.image.drivers.rbd.library import Library, library

SNAPSHOT = "snap"
CLONES_OF_FORMAT_2 = 1
"""The bit by which an image says that it has such clones: they outlive it, because it goes to the trash."""


class Access(NamedTuple):
    """Where the pool is, and how long its cluster may take."""

    pool: str
    user: str
    conf: str
    connect_timeout_s: float
    operation_timeout_s: float


class OpenImage:
    """A complete image, to be read. Closing waits for a read that goes on."""

    def __init__(self, pool: Any, image: Any) -> None:
        self._pool = pool
        self._image = image
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            data: bytes = self._image.read(offset, length)
            return data

    def close(self) -> None:
        with self._lock:
            self._image.close()
            self._pool.close()


class Pool:
    """Connected when it is first used, from then on over one connection, which finds its way back itself."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._cluster: Any = None
        self.fsid = ""
        """The cluster's id, once it was connected to."""

    def _connect(self) -> tuple[Library, Any]:
        """The library, and the one connection."""
        ceph = library()
        with self._lock:
            if self._cluster is None:
                self._cluster = self._connected(ceph)
                self.fsid = str(self._cluster.get_fsid())
            return ceph, self._cluster

    def _connected(self, ceph: Library) -> Any:
        access = self._access
        cluster = ceph.rados.Rados(conffile=access.conf, rados_id=access.user or None)
        for name, seconds in (
            ("client_mount_timeout", access.connect_timeout_s),
            ("rados_mon_op_timeout", access.connect_timeout_s),
            ("rados_osd_op_timeout", access.operation_timeout_s),
        ):
            cluster.conf_set(name, str(math.ceil(seconds)))  # it takes whole ones
        cluster.connect()
        return cluster

    def disconnect(self) -> None:
        """The connection ends when nothing uses it any more: open pools and images hold it."""
        with self._lock:
            self._cluster = None

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[Library, Any]]:
        """The library, and the pool to be asked. A cluster that shut us out is connected to anew next time."""
        ceph, cluster = self._connect()
        try:
            with cluster.open_ioctx(self._access.pool) as pool:
                yield ceph, pool
        except ceph.failures as problem:
            if getattr(problem, "errno", None) == errno.ESHUTDOWN:
                self.disconnect()
            raise

    def require(self) -> None:
        """The cluster answers and has the pool."""
        with self._open():
            pass

    def names(self) -> set[str]:
        """The complete images."""
        with self._open() as (ceph, pool):
            return {name for name in ceph.rbd.RBD().list(pool) if self._size(ceph, pool, name) is not None}

    def size(self, name: str) -> int | None:
        with self._open() as (ceph, pool):
            return self._size(ceph, pool, name)

    def _size(self, ceph: Library, pool: Any, name: str) -> int | None:
        try:
            with ceph.rbd.Image(pool, name, snapshot=SNAPSHOT, read_only=True) as image:
                return int(image.size()) if image.is_protected_snap(SNAPSHOT) else None
        except ceph.rbd.ImageNotFound:
            return None

    def open(self, name: str) -> OpenImage:
        ceph, cluster = self._connect()
        pool = cluster.open_ioctx(self._access.pool)
        try:
            return OpenImage(pool, ceph.rbd.Image(pool, name, snapshot=SNAPSHOT, read_only=True))
        except BaseException:
            pool.close()
            raise

    def put(self, name: str, path: Path, chunk_size: int, is_thin: bool, given_up: threading.Event) -> None:
        """The pool has the file's data as a complete image, unless it was given up on the way."""
        size = path.stat().st_size
        with self._open() as (ceph, pool):
            if self._size(ceph, pool, name) == size:
                return
            self._remove(ceph, pool, name)
            ceph.rbd.RBD().create(pool, name, size, order=chunk_size.bit_length() - 1, old_format=False)
            try:
                with ceph.rbd.Image(pool, name) as image:
                    _write(image, path, chunk_size, is_thin, given_up)
                    image.flush()
                    image.create_snap(SNAPSHOT)
                    image.protect_snap(SNAPSHOT)
            except BaseException:
                # what stays is half an image, and written down as such by who asked
                with contextlib.suppress(*ceph.failures, DriverError):
                    self._remove(ceph, pool, name)
                raise

    def require_unused(self, name: str) -> None:
        """InUse if the image could not be removed, because it was cloned or is open elsewhere."""
        with self._open() as (ceph, pool):
            self._require_unused(ceph, pool, name)

    def _require_unused(self, ceph: Library, pool: Any, name: str) -> None:
        try:
            with ceph.rbd.Image(pool, name, read_only=True) as image:
                users = [each["addr"] for each in image.watchers_list()]
                if not users and image.snap_exists(SNAPSHOT):
                    users = _clones(ceph, image)
        except ceph.rbd.ImageNotFound:
            return
        if users:
            raise InUse(f"The image {name} in the pool {self._access.pool} is used by {', '.join(users)}.")

    def remove(self, name: str) -> None:
        with self._open() as (ceph, pool):
            self._remove(ceph, pool, name)

    def _remove(self, ceph: Library, pool: Any, name: str) -> None:
        self._require_unused(ceph, pool, name)
        try:
            with ceph.rbd.Image(pool, name) as image:
                if image.snap_exists(SNAPSHOT):
                    if image.is_protected_snap(SNAPSHOT):
                        image.unprotect_snap(SNAPSHOT)
                    image.remove_snap(SNAPSHOT)
            ceph.rbd.RBD().remove(pool, name)
        except ceph.rbd.ImageNotFound:
            return
        except ceph.rbd.ImageHasSnapshots:
            # clones of format 2, or an operator's own snapshots: they keep the data, which has no name any more
            ceph.rbd.RBD().trash_move(pool, name)
        except ceph.rbd.ImageBusy as problem:
            raise InUse(f"The image {name} in the pool {self._access.pool} is in use: {problem}") from problem


def _clones(ceph: Library, image: Any) -> list[str]:
    """The clones of an image's snapshot that keep it from being removed."""
    if image.op_features() & CLONES_OF_FORMAT_2:
        return []
    image.set_snap(SNAPSHOT)
    try:
        return [f"{pool}/{clone}" for pool, clone in image.list_children()]
    except ceph.rbd.PermissionError:
        # there are some, and finding their names takes rights in their pool that only volumes' users have
        return ["clones in a pool that may not be read"]


def _write(image: Any, path: Path, chunk_size: int, is_thin: bool, given_up: threading.Event) -> None:
    """The file's data is written, but what reads as zeros anyway."""
    zeros = bytes(chunk_size)
    offset = 0
    with path.open("rb") as file:
        while chunk := file.read(chunk_size):
            if given_up.is_set():
                raise DriverError("Storing the image was given up.")
            if not (is_thin and chunk == zeros[: len(chunk)]):
                image.write(chunk, offset)
            offset += len(chunk)
