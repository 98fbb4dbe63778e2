"""The specs that were carried out, one small file each, so that the next agent knows them too.

They help the kernel's own memory, they do not replace it: what is no longer in the kernel is forgotten.
"""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from haneul.kernel import whole_files
from haneul.kernel.errors import Superseded
from haneul.services.network.drivers.interface import NetworkSpec, PortSpec, RouterSpec


class PortRecord(msgspec.Struct, frozen=True):
    spec: PortSpec
    number: int
    """Tells the ports of one network apart in packet marks; 1 to 65535."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def generation(self) -> int:
        return self.spec.generation


Kept = TypeVar("Kept", NetworkSpec, PortRecord, RouterSpec)


class Records(dict[str, Kept], Generic[Kept]):
    """Specs by id, in memory and in a folder."""

    def __init__(self, folder: Path, kind: type[Kept]) -> None:
        super().__init__()
        self._folder, self._kind = folder, kind

    def load(self) -> None:
        self.clear()
        self._folder.mkdir(parents=True, exist_ok=True)
        for file in self._folder.glob("*.msgpack"):
            kept = msgspec.msgpack.decode(file.read_bytes(), type=self._kind)
            self[kept.id] = kept

    def check(self, spec: NetworkSpec | PortSpec | RouterSpec) -> None:
        known = self.get(spec.id)
        if known is not None and known.generation > spec.generation:
            raise Superseded(f"{spec.id} is at generation {known.generation} here.")

    def keep(self, kept: Kept) -> None:
        if self.get(kept.id) == kept:
            return
        whole_files.write(self._folder / f"{kept.id}.msgpack", msgspec.msgpack.encode(kept))
        self[kept.id] = kept

    def forget(self, key: str) -> None:
        self.pop(key, None)
        (self._folder / f"{key}.msgpack").unlink(missing_ok=True)
