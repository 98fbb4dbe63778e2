"""A host that only remembers what it holds."""

from __future__ import annotations

from haneul.kernel.drivers import HostSettings
from haneul.kernel.journal import Journal
from haneul.kernel.simulation import Knobs


class FakeGreetingHost:
    def __init__(self, settings: HostSettings) -> None:
        self._held = Journal(settings.folder / "greetings.jsonl", str)
        self.knobs = Knobs(settings.options)

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ensure_there(self, greeting_id: str, text: str) -> None:
        await self.knobs.enter("ensure_there")
        self._held.put(greeting_id, text)

    async def ensure_gone(self, greeting_id: str) -> None:
        await self.knobs.enter("ensure_gone")
        self._held.drop(greeting_id)

    async def held(self) -> dict[str, str]:
        return dict(self._held.entries)
