"""What is stored of images is found not to fit together, where it does not."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel.auth import SYSTEM
from haneul.services.image import public
from haneul.services.image.store.images import UPLOADS, Upload
from tests.conftest import Cloud
from tests.services.image.test_data import send, stored_files
from tests.services.image.test_images import create


async def verified(cloud: Cloud) -> str | None:
    async with cloud.platform.reading(SYSTEM) as ctx:
        return await public.verify(ctx)


async def test_what_is_as_it_should_be_is_fine(cloud: Cloud) -> None:
    assert await verified(cloud) is None
    assert await send(cloud.member, (await create(cloud.member))["id"], b"data") == 204
    assert await send(cloud.member, (await create(cloud.member))["id"], b"data", path="stage") == 204
    assert await verified(cloud) is None


async def test_a_file_that_no_image_has_is_found(cloud: Cloud) -> None:
    assert await send(cloud.member, (await create(cloud.member))["id"], b"data") == 204
    folder = cloud.platform.folder / "images"
    for stray in ("somebody", "incoming/somebody", ".somebody.part"):
        (folder / stray).write_bytes(b"x")
        assert "somebody" in (await verified(cloud) or "")
        (folder / stray).unlink()
    assert await verified(cloud) is None


async def test_an_image_whose_data_is_not_there_is_found(cloud: Cloud) -> None:
    assert await send(cloud.member, (await create(cloud.member))["id"], b"data") == 204
    [name] = stored_files(cloud)
    (cloud.platform.folder / "images" / name).unlink()
    assert await verified(cloud) == f"the data {name} is not in the store file"


async def test_staged_data_that_is_not_there_is_found(cloud: Cloud) -> None:
    assert await send(cloud.member, (await create(cloud.member))["id"], b"data", path="stage") == 204
    [name] = stored_files(cloud)
    (cloud.platform.folder / "images" / name).unlink()
    assert f"the staged data {name} is not in" in (await verified(cloud) or "")


async def test_the_file_of_a_dead_upload_is_never_nobodys(cloud: Cloud) -> None:
    dying = (await create(cloud.member))["id"]
    async with cloud.platform.context(SYSTEM) as ctx:
        await UPLOADS.add(ctx.tx, Upload("dead", dying, "upload", ctx.now() - timedelta(seconds=1)))
    left = cloud.platform.folder / "images" / "incoming" / "dead"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert await verified(cloud) is None
    assert (
        await send(cloud.member, (await create(cloud.member))["id"], b"data") == 204
    )  # it looks for the dead
    assert not left.exists()
    assert await verified(cloud) is None
