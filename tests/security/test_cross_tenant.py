"""No route of any service does or tells anything with another tenant's things, wherever they are named.

A victim with one of everything is attacked by a tenant who also has one of everything: every id in every path,
query and body is replaced by each of the victim's ids that could be meant there.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from haneul.kernel.db import METADATA, Query
from haneul.services.placement import public as placement
from tests.conftest import Cloud
from tests.security import kit
from tests.security.conftest import contradictions
from tests.security.kit import Tenant
from tests.security.placing import Attack, Placer
from tests.services.compute.world import World

pytestmark = pytest.mark.sweep

SECRET = "secret-of-the-victim"
LEAST = 15_000
"""Fewer requests than that would mean that routes are not discovered any more."""
BOOKS = {"events", "operations", "denials", "network_pending"}
"""Tables that tell of what happened, and not of what is."""


async def rows_of(cloud: Cloud, victim: Tenant, attacker: Tenant) -> dict[str, list[str]]:
    """Every row that is the victim's, or of something that is; the attacker's own rows may name what they like."""
    ids, theirs = set(victim.things.values()), {attacker.things["project"], attacker.things["user"]}
    found: dict[str, list[str]] = {}
    async with cloud.platform.reading() as ctx:
        for table in METADATA.sorted_tables:
            if table.name in BOOKS or table.name.startswith("test_"):
                continue
            names = [c.name for c in table.columns]
            keys = {c.name for c in table.primary_key}
            owning = keys | {
                "project_id",
                "owner",
                "user_id",
                "trustor_user_id",
                "owner_id",
                "port_id",
                "held_by",
            }
            rows = [dict(zip(names, row, strict=True)) for row in await ctx.tx.all(Query(sa.select(table)))]
            kept = [
                r
                for r in rows
                if any(r.get(n) in ids for n in keys)
                or (any(r.get(n) in ids for n in owning) and not any(r.get(n) in theirs for n in owning))
            ]
            found[table.name] = sorted(json.dumps(r, default=str, sort_keys=True) for r in kept)
    return found


async def machine(cloud: Cloud, server_id: str) -> tuple[set[str], set[str]]:
    """The disks and interfaces of the server's machine."""
    for host in cloud.hosts:
        if spec := await (await cloud.agent.driver(host, "hypervisor")).description(server_id):
            return {d.id for d in spec.disks}, {n.port_id for n in spec.nics}
    return set(), set()


async def sent(
    cloud: Cloud, attacker: Tenant, victim: Tenant, attack: Attack, written: set[str]
) -> tuple[int, str]:
    """The status, and what is wrong with the answer.

    `written` are ids that the attacker wrote on things of their own, as labels, where everybody may write anything.
    """
    headers = {"X-Auth-Token": attacker.who.token}
    if attack.version:
        headers["OpenStack-API-Version"] = attack.version
    options: dict[str, Any] = {} if attack.body is None else {"json": attack.body}
    answer = await cloud.http.request(attack.method, attack.path, headers=headers, **options)
    if answer.status_code >= 500:
        return answer.status_code, f"{answer.status_code}"
    if answer.status_code < 300:
        shown = {v for v in victim.things.values() if v in answer.text} - attack.used - written
        if attack.method != "GET":
            written |= attack.used
        if SECRET in answer.text and SECRET not in attack.used:
            shown.add(SECRET)
        if shown:
            kinds = sorted(k for k, v in victim.things.items() if v in shown)
            return answer.status_code, f"{answer.status_code} shows {kinds}: {answer.text[:300]}"
    return answer.status_code, ""


async def hosts_report(cloud: Cloud) -> None:
    """However long it took to come here, the hosts are up."""
    async with cloud.platform.context() as ctx:
        for host in await placement.hosts(ctx):
            await placement.save_host(ctx, msgspec.structs.replace(host, last_seen_at=ctx.now()))


WITHOUT_IDS = {"dashboard": "its only route makes a link for who asks, and takes nothing"}
"""Services whose routes take the id of nothing."""


async def prepared(cloud: Cloud) -> tuple[World, Tenant, Tenant]:
    w, external = await kit.people(cloud)
    victim = await kit.furnish(w, external, SECRET, 1)
    attacker = await kit.furnish(w, external, "attacker", 2)
    return w, victim, attacker


async def test_no_route_does_or_tells_anything_with_the_things_of_others(cloud: Cloud) -> None:
    w, victim, attacker = await prepared(cloud)
    await cloud.settled()
    before = await rows_of(cloud, victim, attacker)
    assert sum(map(len, before.values())) > len(victim.things)
    server = victim.things["server"]
    had = await machine(cloud, server)
    assert victim.things["volume"] in had[0]
    placer = Placer(attacker.things, victim.things, {"flavors": w.flavor, "images": w.image})
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    routes: set[str] = set()
    attacks = [(s.manifest.name, a) for s in cloud.plane.app.services for a in placer.attacks(s)]
    written: set[str] = set()
    for service, attack in sorted(attacks, key=lambda named: named[1].method != "GET"):
        status, what = await sent(cloud, attacker, victim, attack, written)
        statuses[status] += 1
        routes.add(service)
        if what:
            wrong.append(f"{attack.method} {attack.path} {json.dumps(attack.body)[:300]} -> {what}")
    await cloud.settled()
    assert not wrong, f"{len(wrong)} of {statuses}:\n" + "\n".join(wrong[:60])
    after = await rows_of(cloud, victim, attacker)
    changed = {n: (set(before[n]) ^ set(after[n])) for n in before if before[n] != after[n]}
    assert not changed, changed
    assert sum(statuses.values()) > LEAST
    assert routes == {s.manifest.name for s in cloud.plane.app.services} - WITHOUT_IDS.keys()
    assert statuses[200] > 100  # many are harmless, and none is refused for want of a token
    assert statuses[401] < LEAST / 100
    await hosts_report(cloud)
    for action in (
        {"reboot": {"type": "HARD"}},
        {"rebuild": {"imageRef": w.image}},
        {"shelve": None},
        {"unshelve": None},
    ):
        assert await w.act(server, action, victim.who) == 202, action
        await cloud.settled()
        if "shelve" not in action:
            assert await machine(cloud, server) == had, action
    assert await contradictions(cloud) == []
