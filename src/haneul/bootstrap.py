"""The first rows of a cloud: people, projects, catalogue, flavors, networks. Safe to run at every start."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from haneul.kernel.context import Platform
from haneul.kernel.ids import new_secret
from haneul.kernel.manifest import Manifest
from haneul.kernel.quota import QuotaSet
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import public as compute
from haneul.services.identity import public as identity
from haneul.services.image import public as image

FLAVORS = (("tiny", 1, 128, 1), ("small", 1, 512, 5), ("medium", 2, 2048, 20), ("large", 4, 4096, 40))
PEOPLE = {"haneul": ("admin", "admin"), "haneul-demo": ("demo", "demo"), "haneul-alt": ("alt", "alt")}
"""Cloud in clouds.yaml -> user and project."""


def passwords(folder: Path) -> dict[str, str]:
    """The password of each of the first users; made once, readable by the owner only."""
    path = folder / "passwords.json"
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    made = {user: new_secret(20) for user, _ in PEOPLE.values()}
    _write_secretly(path, json.dumps(made))
    return made


def _write_secretly(path: Path, text: str) -> None:
    """The file has the whole text or is as it was, and only its owner reads it."""
    partial = path.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as f:
        f.write(text)
    partial.replace(path)


def write_clouds(folder: Path, endpoint: str, known: dict[str, str]) -> None:
    """`clouds.yaml` for the stock clients."""
    lines = ["clouds:"]
    for cloud, (user, project) in PEOPLE.items():
        auth = {
            "auth_url": f"{endpoint}/identity/v3",
            "username": user,
            "password": known[user],
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        lines += [f"  {cloud}:", "    auth:", *(f'      {k}: "{v}"' for k, v in auth.items())]
        lines += ["    region_name: RegionOne", "    identity_api_version: 3", "    interface: public"]
    _write_secretly(folder / "clouds.yaml", "\n".join(lines) + "\n")


async def bootstrap(
    platform: Platform, manifests: list[Manifest], quotas: list[QuotaSet], absent: Sequence[Manifest] = ()
) -> None:
    """Everything that a cloud has before anybody uses it is there; services that are absent are not listed."""
    known = passwords(platform.folder)
    async with platform.context() as ctx:
        await ctx.tx.lock("bootstrap")  # control planes on other machines may start too
        await identity.bootstrap(ctx, admin_password=known["admin"])
        for each in manifests:
            for kind in (each.type, *each.aliases):
                if kind != "identity":
                    url = f"{platform.endpoint}{each.endpoint}"
                    await identity.ensure_service(ctx, kind, each.catalog_name, url)
        for each in absent:
            for kind in (each.type, *each.aliases):
                await identity.withdraw_service(ctx, kind, each.catalog_name)
        admin = await identity.ensure_project(ctx, "admin")
        for quota in quotas:  # who sets the limits needs none
            await quota.lift(ctx.tx, admin.id)
        for user, project in list(PEOPLE.values())[1:]:
            made = await identity.ensure_project(ctx, project)
            person = await identity.ensure_user(ctx, user, known[user], default_project_id=made.id)
            await identity.grant(ctx, "member", user_id=person.id, project_id=made.id)
        await block_storage.ensure_default_type(ctx)
        await image.ensure_definitions(ctx, admin.id)
        for name, vcpus, memory_mib, disk_gb in FLAVORS:
            await compute.ensure_flavor(ctx, name, vcpus=vcpus, memory_mib=memory_mib, disk_gb=disk_gb)
    write_clouds(platform.folder, platform.endpoint, known)
