"""The certificates of signed images: a folder of this machine with `ID.pem` or `ID.der` for each."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509

from haneul.kernel.context import Context
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.images import ID, Stored
from haneul.services.image.model.signatures import METHODS, Signed, declared

_CHUNK = 1 << 20


async def expected(ctx: Context, properties: Mapping[str, str]) -> Signed | None:
    """What the image's data must fit; None if it is not signed. SignatureWrong if that cannot be known."""
    signature = declared(properties)
    if signature is None:
        return None
    folder = ctx.options(ImageOptions).certificates
    certificate = await asyncio.to_thread(
        _certificate,
        Path(folder) if folder else ctx.platform.folder / "certificates",
        signature.certificate_id,
    )
    return signature.by(certificate, ctx.now())


def _certificate(folder: Path, id: str) -> x509.Certificate:
    """The certificate of that id. An id is nothing but an id: it cannot lead out of the folder."""
    missing = errors.SignatureWrong(why=f"Unable to retrieve certificate with ID: {id}")
    if ID.fullmatch(id) is None:
        raise missing
    for suffix, load in ((".pem", x509.load_pem_x509_certificate), (".der", x509.load_der_x509_certificate)):
        try:
            return load((folder / f"{id}{suffix}").read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            raise missing from None
    raise missing


async def require(signed: Signed, path: Path, stored: Stored) -> None:
    """Returns if the file is what was signed; SignatureWrong otherwise."""
    digest = bytes.fromhex(stored.os_hash_value)
    if signed.method != "SHA-512":  # which was computed while the data came
        digest = await asyncio.to_thread(_digest, path, METHODS[signed.method].name)
    signed.require(digest)


def _digest(path: Path, name: str) -> bytes:
    digest = hashlib.new(name)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
