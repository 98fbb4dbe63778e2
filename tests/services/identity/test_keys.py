"""Keys change under a running cloud, and nobody notices."""

from __future__ import annotations

import asyncio
import base64
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.services.identity.commands import rotate_keys
from haneul.services.identity.operations import domain_config, tokens
from haneul.services.identity.operations.keys import SEALING, SIGNING
from haneul.services.identity.reconcilers.old_keys import drop_old_keys
from haneul.services.identity.store.credentials import CREDENTIALS
from haneul.services.identity.store.domain_config import DOMAIN_OPTIONS
from tests.services.identity.conftest import Keystone


async def blobs(keystone: Keystone) -> dict[str, str]:
    async with keystone.cloud.platform.reading() as ctx:
        return {each.id: each.blob for each in await CREDENTIALS.page(ctx.tx)}


async def made(keystone: Keystone, token: str, blob: str) -> str:
    body = {"credential": {"type": "cert", "blob": blob}}
    answer = await keystone.call(token, "POST", "/credentials", body)
    id: str = answer.json()["credential"]["id"]
    return id


def made_long_ago(folder: Path, suffix: str) -> None:
    """All keys of that kind were made years ago, in the same order."""
    place = folder / "keys" / "identity"
    for i, key in enumerate(sorted(place.glob(f"*.{suffix}"))):
        key.rename(place / f"2020010100000000000{i}.{suffix}")


async def test_rotation_ends_nothing(keystone: Keystone) -> None:
    admin, folder = await keystone.token(), keystone.cloud.platform.folder
    id = await made(keystone, admin, "secret \N{SNOWMAN}")
    [before] = (await blobs(keystone)).values()
    rotate_keys(folder)
    keystone.cloud.platform.drop(tokens.Verified)  # as in a process that has not seen the token
    shown = await keystone.call(admin, "GET", f"/credentials/{id}")
    assert shown.json()["credential"]["blob"] == "secret \N{SNOWMAN}"
    assert SIGNING.newest(folder)[0] in _header(await keystone.token())
    later = await made(keystone, admin, "later")
    await keystone.cloud.plane.reconcilers.look(drop_old_keys)
    sealed = await blobs(keystone)
    assert sealed[id] != before
    assert {blob.partition(":")[0] for blob in sealed.values()} == {SEALING.newest(folder)[0]}
    assert len(SEALING.keys(folder)) == len(SIGNING.keys(folder)) == 2
    for each, blob in ((id, "secret \N{SNOWMAN}"), (later, "later")):
        shown = await keystone.call(admin, "GET", f"/credentials/{each}")
        assert shown.json()["credential"]["blob"] == blob


async def test_the_secrets_of_domains_move_to_the_newest_key_too(keystone: Keystone) -> None:
    admin, folder = await keystone.token(), keystone.cloud.platform.folder
    made = await keystone.call(admin, "POST", "/domains", {"domain": {"name": "far"}})
    id = made.json()["domain"]["id"]
    said = {"config": {"ldap": {"url": "ldap://localhost", "password": "hidden"}}}
    assert (await keystone.call(admin, "PUT", f"/domains/{id}/config", said)).status_code == 201
    rotate_keys(folder)
    await keystone.cloud.plane.reconcilers.look(drop_old_keys)
    async with keystone.cloud.platform.reading() as ctx:
        [stored] = await DOMAIN_OPTIONS.find(ctx.tx, domain_id=id, option="password")
        assert stored.value.startswith(f"{SEALING.newest(folder)[0]}:")
        assert (await domain_config.with_secrets(ctx, id))["ldap"]["password"] == "hidden"


def _header(token: str) -> str:
    return base64.urlsafe_b64decode(token.partition(".")[0] + "==").decode()


async def test_old_keys_go_when_nothing_needs_them(keystone: Keystone) -> None:
    folder, look = keystone.cloud.platform.folder, keystone.cloud.plane.reconcilers.look
    await keystone.token()
    for _ in range(2):
        rotate_keys(folder)
    await look(drop_old_keys)
    assert len(SEALING.keys(folder)) == 2
    assert len(SIGNING.keys(folder)) == 3
    for suffix in ("fernet", "ed25519"):
        made_long_ago(folder, suffix)
    admin = await keystone.token()
    id = await made(keystone, admin, "secret")
    await look(drop_old_keys)
    assert len(SEALING.keys(folder)) == len(SIGNING.keys(folder)) == 1
    shown = await keystone.call(admin, "GET", f"/credentials/{id}")
    assert shown.json()["credential"]["blob"] == "secret"


@pytest.mark.slow
async def test_another_process_takes_up_new_keys(keystone: Keystone) -> None:
    """What was signed and sealed with keys that somebody else has just made is opened here."""
    admin, folder = await keystone.token(), keystone.cloud.platform.folder
    await made(keystone, admin, "secret")
    command = (sys.executable, "-m", "haneul.cli", "identity", "rotate-keys", "--state", str(folder))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    assert len(SIGNING.keys(folder)) == 2
    assert SIGNING.newest(folder)[0] in _header(await keystone.token())
    assert (await keystone.call(admin, "GET", "/credentials")).json()["credentials"][0]["blob"] == "secret"


async def test_keys_are_for_their_owner_only(keystone: Keystone) -> None:
    await made(keystone, await keystone.token(), "x")
    place = keystone.cloud.platform.folder / "keys" / "identity"
    assert {each.stat().st_mode & 0o777 for each in place.iterdir()} == {0o600}
    assert place.stat().st_mode & 0o777 == 0o700


async def test_what_older_clouds_sealed_is_opened(keystone: Keystone) -> None:
    """Their one key has a name of its own, and their blobs do not say which key it was."""
    admin, folder = await keystone.token(), keystone.cloud.platform.folder
    id = await made(keystone, admin, "secret")
    name, _ = SEALING.newest(folder)
    place = folder / "keys" / "identity"
    (place / f"{name}.fernet").rename(place / "credentials.fernet")
    async with keystone.cloud.platform.context() as ctx:
        [credential] = await CREDENTIALS.page(ctx.tx)
        await _store_blob(ctx, credential.id, credential.blob.partition(":")[2])
    rotate_keys(folder)
    await keystone.cloud.plane.reconcilers.look(drop_old_keys)
    [blob] = (await blobs(keystone)).values()
    assert blob.startswith(f"{SEALING.newest(folder)[0]}:")
    assert (await keystone.call(admin, "GET", f"/credentials/{id}")).json()["credential"]["blob"] == "secret"


async def _store_blob(ctx: Context, id: str, blob: str) -> None:
    credential = await CREDENTIALS.get(ctx.tx, id)
    assert credential is not None
    await CREDENTIALS.update(ctx.tx, replace(credential, blob=blob))
