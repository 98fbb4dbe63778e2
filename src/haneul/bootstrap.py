"""The first rows of a cloud: people, projects, catalogue, flavors, networks. Safe to run at every start."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from haneul.kernel.context import Platform
from haneul.services.compute import public as compute
from haneul.services.identity import public as identity

FLAVORS = (("tiny", 1, 128, 1), ("small", 1, 512, 5), ("medium", 2, 2048, 20), ("large", 4, 4096, 40))
PEOPLE = {"haneul": ("admin", "admin"), "haneul-demo": ("demo", "demo"), "haneul-alt": ("alt", "alt")}
"""Cloud in clouds.yaml -> user and project."""


def passwords(folder: Path) -> dict[str, str]:
    """The password of each of the first users; made once, readable by the owner only."""
    path = folder / "passwords.json"
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    made = {user: secrets.token_urlsafe(15) for user, _ in PEOPLE.values()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as f:
        json.dump(made, f)
    return made


def write_clouds(folder: Path, endpoint: str, known: dict[str, str]) -> None:
    """`clouds.yaml` for the stock clients."""
    clouds: dict[str, Any] = {}
    for cloud, (user, project) in PEOPLE.items():
        clouds[cloud] = {
            "auth": {
                "auth_url": f"{endpoint}/identity/v3",
                "username": user,
                "password": known[user],
                "project_name": project,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
            "identity_api_version": 3,
            "interface": "public",
        }
    path = folder / "clouds.yaml"
    partial = path.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as f:
        json.dump({"clouds": clouds}, f, indent=2)  # JSON is YAML
        f.write("\n")
    partial.replace(path)


async def bootstrap(platform: Platform, manifests: list[Any]) -> None:
    """Everything that a cloud has before anybody uses it is there."""
    known = passwords(platform.folder)
    await identity.bootstrap(platform, admin_password=known["admin"])
    async with platform.context() as ctx:
        for each in manifests:
            for kind in (each.type, *each.aliases):
                if kind != "identity":
                    url = f"{platform.endpoint}{each.endpoint}"
                    await identity.ensure_service(ctx, kind, each.catalog_name, url)
        await identity.ensure_service(ctx, "identity", "keystone", f"{platform.endpoint}/identity")
        for name, vcpus, memory_mib, disk_gb in FLAVORS:
            await compute.ensure_flavor(ctx, name, vcpus=vcpus, memory_mib=memory_mib, disk_gb=disk_gb)
    for user, project in list(PEOPLE.values())[1:]:
        await identity.ensure_member(platform, user=user, password=known[user], project=project)
    write_clouds(platform.folder, platform.endpoint, known)
