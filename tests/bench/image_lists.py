"""Lists of images in a full cloud against one with a hundred, question by question in turn, by processor time.

`python -m tests.bench.image_lists [--images N]`. What is measured is the store: the query, and the objects made
of its rows; a page has 25. Half of all images have the common label, two the rare one.
A member sees eleven of the hundred images, less than a page, so up to 2.5 of a member's ratio are rows that the
small cloud has not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.control_plane import load_tables
from haneul.kernel.db import METADATA, Database, Filter, Sort, open_database
from haneul.services.image.model import images as model
from haneul.services.image.model.images import Image
from haneul.services.image.store import labels, lists
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.labels import LABELS, Label

FULL, SMALL = 100_000, 100
ROUNDS = 40
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEWEST = (Sort("created_at", True), Sort("id", True))
BY_NAME = (Sort("name"), Sort("created_at"), Sort("id"))
LARGEST = (Sort("size", True), *NEWEST)
COMMON, RARE = labels.of_property("os_distro", "debian"), labels.of_property("number", "7")
TAG, RARE_TAG = labels.of_tag("base"), labels.of_tag("tag-7")
RANGE = (
    Filter("created_at", "ge", BEGIN + timedelta(seconds=50)),
    Filter("created_at", "le", BEGIN + timedelta(seconds=80)),
)
QUESTIONS: dict[str, dict[str, Any]] = {
    "first page": {},
    "page in the middle": {"is_deep": True},
    "a property that half of all have": {"with_labels": [COMMON]},
    "a property that two have": {"with_labels": [RARE]},
    "a tag that all have": {"with_labels": [TAG]},
    "a tag that few have": {"with_labels": [RARE_TAG]},
    "a common tag and a rare property": {"with_labels": [TAG, RARE]},
    "created between two times": {"filters": RANGE},
    "larger than half of all": {"filters": [Filter("size", "ge", 1 << 29)]},
    "larger than all but a thousandth": {"filters": [Filter("size", "ge", (1 << 30) - (1 << 20))]},
    "larger than nearly all": {"filters": [Filter("size", "ge", (1 << 30) - 20_000)]},
    "sorted by name": {"sort": BY_NAME},
    "sorted by name, in the middle": {"sort": BY_NAME, "is_deep": True},
    "sorted by size": {"sort": LARGEST},
}


async def filled(folder: Path, count: int) -> Database:
    """A store with so many images of a thousand projects; every tenth is public."""
    url = f"sqlite:///{folder}/{count}.db"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    METADATA.create_all(engine)
    chance = random.Random(1)
    with engine.begin() as connection:
        for first in range(0, count, 5000):
            made = [image(number, count, chance) for number in range(first, min(count, first + 5000))]
            connection.execute(sa.insert(IMAGES.table), [IMAGES.dump(each) for each in made])
            connection.execute(sa.insert(LABELS.table), [row for each in made for row in labelled(each)])
    engine.dispose()
    database = open_database(url)
    await database.start()
    return database


def labelled(image: Image) -> Iterator[dict[str, Any]]:
    found = [*map(labels.of_tag, image.tags)]
    found += [labels.of_property(*each) for each in image.properties.items()]
    for label in found:
        yield LABELS.dump(Label(image.id, label, image.owner, image.visibility, image.created_at))


def image_id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def image(number: int, count: int, chance: random.Random) -> Image:
    given = {
        "name": f"image-{chance.randrange(count):06}",
        "visibility": "private" if number % 10 else "public",
        "tags": ["base", f"tag-{number % max(1, count // 5)}"],
        "os_distro": "debian" if number % 2 else "alpine",
        "number": str(number % max(50, count // 2)),
    }
    made = model.new(
        given, id=image_id(number), owner=f"project-{number % 1000}", now=BEGIN + timedelta(seconds=number)
    )
    return msgspec.structs.replace(made, size=chance.randrange(1 << 30), state="active")


async def page(database: Database, middle: Image, *, is_admin: bool, question: dict[str, Any]) -> None:
    me, found = "project-7", dict(question)
    after = middle if found.pop("is_deep", False) else None
    seen = None if is_admin else lists.Seen(me, "accepted")
    filters = [*found.pop("filters", ()), Filter("os_hidden", "eq", False)]
    conditions = [lists.without_foreign_community(me)]
    order = found.pop("sort", NEWEST)
    async with database.reading() as tx:
        await lists.page(tx, filters, conditions, sort=order, after=after, limit=25, seen=seen, **found)


async def taken(databases: dict[int, Database], *, is_admin: bool, question: dict[str, Any]) -> list[float]:
    """Microseconds of processor time in the small and the full cloud."""
    middles = {}
    for count, database in databases.items():
        async with database.reading() as tx:
            middles[count] = await IMAGES.get(tx, image_id(count // 2))
    spent: dict[int, list[float]] = {count: [] for count in databases}
    for _ in range(ROUNDS):
        for count, database in databases.items():
            begun = time.process_time()
            await page(database, middles[count], is_admin=is_admin, question=question)
            spent[count].append(time.process_time() - begun)
    return [statistics.median(each) * 1e6 for each in spent.values()]


async def measured(folder: Path, count: int) -> str:
    databases = {SMALL: await filled(folder, SMALL), count: await filled(folder, count)}
    lines = [
        f"| list of images | asked by | {SMALL}, µs | {count:,}, µs | ratio |",
        "|---|---|---:|---:|---:|",
    ]
    for name, question in QUESTIONS.items():
        for who in ("an administrator", "a member"):
            small, full = await taken(databases, is_admin=who == "an administrator", question=question)
            lines.append(f"| {name} | {who} | {small:.0f} | {full:.0f} | {full / small:.1f} |")
    for database in databases.values():
        await database.close()
    return "\n".join(lines)


def section(count: int = FULL) -> str:
    """What `docs/performance.md` says of it."""
    load_tables()
    folder = Path(tempfile.mkdtemp(prefix="haneul-bench-"))
    try:
        return asyncio.run(measured(folder, count))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.image_lists", description=__doc__)
    parser.add_argument("--images", type=int, default=FULL)
    print(section(parser.parse_args().images))
    return 0


if __name__ == "__main__":
    sys.exit(main())
