"""What every store of images does, whatever it is made of."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError
from haneul.services.image.drivers.interface import ImageStore
from tests.ceph_cluster import SECOND_POOL, Cluster


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """A server of the S3 API on loopback."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def rbd_options(ceph: Cluster) -> dict[str, str]:
    """A pool of our own: others leave images in theirs."""
    return ceph.add_pool(SECOND_POOL)


S3 = pytest.param("s3", marks=[pytest.mark.slow, pytest.mark.xdist_group("s3")])
RBD = pytest.param("rbd", marks=pytest.mark.ceph)


@pytest.fixture(params=["fake", "file", RBD, S3])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ImageStore]:
    options: dict[str, Any] = {}
    if request.param == "s3":
        options = {
            "endpoint": request.getfixturevalue("s3_endpoint"),
            "bucket": f"images-{tmp_path.name.lower().replace('_', '-')[-30:].strip('-')}",
            "prefix": "haneul/",
            "access_key": "key",
            "secret_key": "secret",
        }
    if request.param == "rbd":
        options = request.getfixturevalue("rbd_options")
    kind: Any = load("haneul.image.store", request.param)
    made: ImageStore = kind(HostSettings("one", tmp_path / "store", options))
    await made.start()
    yield made
    for name in await made.names():
        await made.remove(name)
    await made.close()


def prepared(folder: Path, data: bytes, name: str = "prepared") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def whole(store: ImageStore, name: str, offset: int, length: int) -> bytes:
    return b"".join([piece async for piece in store.read(name, offset, length)])


async def test_what_was_put_can_be_read(store: ImageStore, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    await store.put("a", prepared(tmp_path, data))
    assert await store.size("a") == len(data)
    assert await whole(store, "a", 0, len(data)) == data
    assert await whole(store, "a", 1_000_000, 1_500_000) == data[1_000_000:2_500_000]
    assert await store.names() == {"a"}


async def test_large_data_goes_in_and_comes_out(store: ImageStore, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 40
    await store.put("large", prepared(tmp_path, data))
    assert await store.size("large") == len(data)
    assert await whole(store, "large", 0, len(data)) == data


async def test_data_without_a_byte_is_data(store: ImageStore, tmp_path: Path) -> None:
    await store.put("empty", prepared(tmp_path, b""))
    assert await store.size("empty") == 0
    assert await whole(store, "empty", 0, 0) == b""


async def test_putting_twice_is_putting_once(store: ImageStore, tmp_path: Path) -> None:
    path = prepared(tmp_path, b"data")
    await store.put("a", path)
    await store.put("a", path)
    assert await store.names() == {"a"}
    assert await whole(store, "a", 0, 4) == b"data"


async def test_removing_what_is_gone_is_fine(store: ImageStore, tmp_path: Path) -> None:
    assert await store.size("a") is None
    await store.remove("a")
    await store.put("a", prepared(tmp_path, b"data"))
    await store.remove("a")
    await store.remove("a")
    assert await store.size("a") is None
    assert await store.names() == set()


async def test_the_prepared_file_may_go_and_an_equal_image_too(store: ImageStore, tmp_path: Path) -> None:
    first, second = prepared(tmp_path, b"same", "1"), prepared(tmp_path, b"same", "2")
    await store.put("a", first)
    await store.put("b", second, same_as="a")
    first.unlink()
    second.unlink()
    await store.remove("a")
    assert await whole(store, "b", 0, 4) == b"same"


async def test_an_equal_image_that_is_gone_does_not_matter(store: ImageStore, tmp_path: Path) -> None:
    await store.put("b", prepared(tmp_path, b"same"), same_as="gone")
    assert await whole(store, "b", 0, 4) == b"same"


async def test_an_address_names_the_image(store: ImageStore) -> None:
    assert store.url("a").removesuffix("/snap").endswith("/a")
    assert "secret" not in f"{store.url('a')}{store.properties()}"


async def test_equal_images_are_one_file(tmp_path: Path) -> None:
    kind: Any = load("haneul.image.store", "file")
    store = kind(HostSettings("one", tmp_path / "store"))
    await store.start()
    await store.put("a", prepared(tmp_path, b"same", "1"))
    await store.put("b", prepared(tmp_path, b"same", "2"), same_as="a")
    assert store.path("a").samefile(store.path("b"))


async def test_a_folder_that_is_gone_is_an_error_of_the_store(tmp_path: Path) -> None:
    kind: Any = load("haneul.image.store", "file")
    store = kind(HostSettings("one", tmp_path / "store"))
    with pytest.raises(DriverError):
        await store.put("a", prepared(tmp_path, b"data"))


async def test_a_bucket_that_does_not_answer_is_an_error_of_the_store(tmp_path: Path) -> None:
    kind: Any = load("haneul.image.store", "s3")
    options = {"endpoint": "http://127.0.0.1:1", "access_key": "key", "secret_key": "secret"}
    store = kind(HostSettings("one", tmp_path, options))
    with pytest.raises(DriverError):
        await store.start()
    await store.close()
