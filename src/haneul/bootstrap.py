"""The first rows of a cloud: each service furnishes its own. Safe to run at every start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from haneul.control_plane import quotas
from haneul.kernel import whole_files
from haneul.kernel.context import Platform
from haneul.kernel.ids import new_secret
from haneul.kernel.lifecycle import FirstRows
from haneul.service_folders import hooks, manifest, names

PEOPLE = {"haneul": ("admin", "admin"), "haneul-demo": ("demo", "demo"), "haneul-alt": ("alt", "alt")}
"""Cloud in clouds.yaml -> user and project; the first is the administrator."""


def passwords(folder: Path) -> dict[str, str]:
    """The password of each of the first users; made once, readable by the owner only."""
    path = folder / "passwords.json"
    if path.exists():
        by_name: dict[str, str] = json.loads(path.read_text())
        return by_name
    made = {user: new_secret(20) for user, _ in PEOPLE.values()}
    whole_files.write(path, json.dumps(made))
    return made


def write_clouds(folder: Path, endpoint: str, known: dict[str, str]) -> None:
    """`clouds.yaml` for the stock clients."""
    keeper = next(manifest(s).path for s in names() if manifest(s).challenge)
    lines = ["clouds:"]
    for cloud, (user, project) in PEOPLE.items():
        auth = {
            "auth_url": f"{endpoint}{keeper}/v3",
            "username": user,
            "password": known[user],
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        lines += [f"  {cloud}:", "    auth:", *(f'      {k}: "{v}"' for k, v in auth.items())]
        lines += ["    region_name: RegionOne", "    identity_api_version: 3", "    interface: public"]
    whole_files.write(folder / "clouds.yaml", "\n".join(lines) + "\n")


async def bootstrap(platform: Platform, services: Sequence[str]) -> None:
    """Everything that a cloud has before anybody uses it is there; services that are absent are not listed."""
    known = passwords(platform.folder)
    rows = FirstRows(
        manifests=[manifest(s) for s in services],
        absent=[manifest(s) for s in names() if s not in services],
        quotas=quotas(services),
        passwords=known,
        people=list(PEOPLE.values()),
    )
    async with platform.context() as ctx:
        await ctx.tx.lock("bootstrap")  # control planes on other machines may start too
        for _, furnish in hooks(services, "furnish"):
            await furnish(ctx, rows)
    write_clouds(platform.folder, platform.endpoint, known)
