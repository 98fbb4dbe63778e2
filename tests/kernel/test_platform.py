"""What a process keeps for itself."""

from __future__ import annotations

from tests.conftest import Cloud


class Opened:
    closed: list[Opened] = []  # noqa: RUF012

    async def close(self) -> None:
        Opened.closed.append(self)


class Counted(dict[str, int]):
    pass


async def test_what_is_kept_is_made_once_and_closed_with_the_process(cloud: Cloud) -> None:
    platform = cloud.platform
    opened = platform.keep(Opened, Opened.close)
    platform.keep(Counted)["a"] = 1
    assert platform.keep(Opened, Opened.close) is opened
    assert platform.keep(Counted) == {"a": 1}
    platform.drop(Counted)
    assert platform.keep(Counted) == {}
    await platform.close()
    assert Opened.closed == [opened]
    assert platform.keep(Opened, Opened.close) is not opened
