"""`haneul image`: images for a cloud that has none yet."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from haneul.commands.demo import Client, DemoFailed
from haneul.commands.known_images import KNOWN, KnownImage, checksum
from haneul.commands.options import require_running, state_option
from haneul.commands.progress import amount, working
from haneul.installation import Installation

PIECE = 1 << 20
TIMEOUT_S = 60


@click.group("image")
def command() -> None:
    """Build a small image, or fetch a well-known one."""


@command.command("build")
@click.option("--name", default="haneul-lite", show_default=True, help="What the image is called.")
@click.option("--to", type=click.Path(path_type=Path), help="Only write it to this file.")
@state_option
def build(installation: Installation, name: str, to: Path | None) -> None:
    """Build the small Linux image, and register it as a public one."""
    from haneul.guest_image.builder import build as build_image

    cache = installation.state / "cache"
    file = to or cache / f"{name}.qcow2"
    if to is None:
        require_running(installation)
    file.parent.mkdir(parents=True, exist_ok=True)
    with working("building"):
        asyncio.run(build_image(file, cache / "packages"))
    if to is None:
        _register(installation, name, file, {"os_distro": "debian"}, 0, is_public=True)
    click.echo(f"{name}: {file.stat().st_size >> 20} MiB")


@command.command("fetch")
@click.argument("name", type=click.Choice(sorted(KNOWN)))
@click.option(
    "--mirror", help="Take the maker's path from another server, such as https://mirror.example.org."
)
@click.option("--private", is_flag=True, help="For the administrator's project only.")
@state_option
def fetch(installation: Installation, name: str, mirror: str | None, private: bool) -> None:
    """Download a well-known cloud image, compare it with its maker's checksum, and register it."""
    require_running(installation)
    known = KNOWN[name]
    url = known.url if mirror is None else mirror.rstrip("/") + urllib.parse.urlsplit(known.url).path
    file = installation.state / "cache" / f"{name}.download"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        expected = _expected(url, known)
        digest = _download(url, file, known.algorithm)
        if digest != expected:
            raise click.ClickException(f"{url} has {known.algorithm} {digest}, its maker says {expected}.")
        _register(installation, name, file, known.properties, known.min_disk, is_public=not private)
        click.echo(f"{name}: {file.stat().st_size >> 20} MiB, {known.algorithm} {digest[:16]}...")
    finally:
        file.unlink(missing_ok=True)


def _expected(url: str, known: KnownImage) -> str:
    """What the maker's list says of the file."""
    folder, _, file_name = url.rpartition("/")
    with _opened(f"{folder}/{known.checksums}") as answer:
        text = answer.read(PIECE).decode(errors="replace")
    digest = checksum(text, file_name)
    if digest is None:
        raise click.ClickException(f"{folder}/{known.checksums} does not name {file_name}.")
    return digest


def _download(url: str, to: Path, algorithm: str) -> str:
    """The file has what the address gave; the digest of that."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with _opened(url) as answer, to.open("wb") as file:
        length = int(answer.headers.get("Content-Length") or 0) or None
        with amount(url.rpartition("/")[2], length) as advance:
            _copy(answer, file, digest, advance)
        size = file.tell()
    if length is not None and size != length:
        raise click.ClickException(f"{url} broke off after {size} of {length} bytes.")
    return digest.hexdigest()


def _copy(answer: Any, file: Any, digest: Any, advance: Callable[[int], None]) -> None:
    while piece := answer.read(PIECE):
        digest.update(piece)
        file.write(piece)
        advance(len(piece))


def _opened(url: str) -> Any:
    if not url.startswith(("http://", "https://")):
        raise click.ClickException(f"{url} is no web address.")
    try:
        return urllib.request.urlopen(url, timeout=TIMEOUT_S)  # noqa: S310 - the scheme was checked
    except urllib.error.HTTPError as problem:
        problem.close()
        raise click.ClickException(f"{url}: {problem.code} {problem.reason}") from None
    except OSError as problem:
        raise click.ClickException(f"{url}: {problem}") from None


def _register(
    installation: Installation,
    name: str,
    file: Path,
    properties: dict[str, str],
    min_disk: int,
    *,
    is_public: bool,
) -> None:
    """There is an active image of that name with this data."""
    try:
        admin = Client(installation.state, "haneul")
        wanted = {
            **properties,
            "name": name,
            "visibility": "public" if is_public else "private",
            "disk_format": "qcow2",
            "container_format": "bare",
            "min_disk": min_disk,
        }
        made = admin.call("POST", "image", "/v2/images", wanted)
        try:
            with working("registering"):
                admin.upload(f"/v2/images/{made['id']}/file", file)
        except DemoFailed:
            admin.call("DELETE", "image", f"/v2/images/{made['id']}")
            raise
    except DemoFailed as problem:
        raise click.ClickException(str(problem)) from None
