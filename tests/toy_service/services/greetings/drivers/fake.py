"""A door that is only remembered."""

from __future__ import annotations

from haneul.kernel.drivers import HostSettings
from haneul.kernel.journal import Journal
from haneul.kernel.simulation import Knobs


class FakeDoors:
    def __init__(self, settings: HostSettings) -> None:
        self._door = Journal(settings.folder / "door.jsonl", str)
        self.knobs = Knobs(settings.options)

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ensure_hung(self, greeting_id: str, text: str) -> None:
        await self.knobs.enter("ensure_hung")
        self._door.put(greeting_id, text)

    async def ensure_gone(self, greeting_id: str) -> None:
        await self.knobs.enter("ensure_gone")
        self._door.drop(greeting_id)

    async def hung(self) -> dict[str, str]:
        return dict(self._door.entries)
