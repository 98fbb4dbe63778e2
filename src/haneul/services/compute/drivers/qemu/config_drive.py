"""The config drive: an ISO 9660 image with label config-2, as cloud-init and its kin look for it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from haneul.kernel import whole_files
from haneul.kernel.commands import run
from haneul.kernel.errors import DriverError


async def write(files: Mapping[str, bytes], to: Path) -> None:
    """`to` is the drive with these files, by their paths in it."""
    with tempfile.TemporaryDirectory(dir=to.parent, prefix="config-drive.") as name:
        folder = Path(name)
        for path, content in files.items():
            target = (folder / path).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise DriverError(f"{path!r} is not a path inside a config drive.")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        async with whole_files.making_slowly(to) as part:
            await run("genisoimage", "-quiet", "-V", "config-2", "-J", "-r", "-o", part, folder)
            part.chmod(0o600)
