"""/v2/images/{id}/file and the ways that data comes in."""

from __future__ import annotations

import re

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, UnsupportedMediaType
from haneul.kernel.http import Content
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Reply, Request, Routes
from haneul.services.image import errors, policy
from haneul.services.image.operations import data, imports

routes = Routes("/v2/images/{image_id}", asks_late=True)

OCTETS = "application/octet-stream"
LONGEST_RANGE = 200
_UPLOAD_ERRORS = (
    errors.ImageNotFound, errors.InvalidImage, errors.WrongStatus, errors.DeletedMeanwhile,
    errors.ImageTooLarge, errors.StorageFull, errors.DataRefused, errors.UploadTruncated,
    errors.StoreUnavailable, errors.LimitExceeded, errors.SignatureWrong,
)  # fmt: skip


def _announced(request: Request) -> int | None:
    """How many bytes the sender says will come."""
    kind = request.header("content-type")
    if (kind or "").split(";")[0].strip().lower() != OCTETS:
        raise UnsupportedMediaType(content_type=kind)
    size = request.header("x-openstack-image-size")
    # Clients that stream say the size in a header of Glance's own, which counts only without Content-Length.
    if size is None or request.content_length is not None:
        return request.content_length
    if not size.isascii() or not size.isdigit() or len(size) > 18:
        raise BadRequest("Invalid or missing image size in request headers.")
    return int(size)


@routes.put("/file", status=204, policy=policy.UPLOAD_IMAGE, transaction=False, errors=_UPLOAD_ERRORS)
async def upload_data(ctx: Context, request: Request, image_id: str) -> None:
    """Upload an image's data; the image is active afterwards."""
    store = request.header("x-image-meta-store")
    await data.upload(ctx, image_id, request.chunks(), _announced(request), to=store)


@routes.put("/stage", status=204, policy=policy.MODIFY_IMAGE, transaction=False, errors=_UPLOAD_ERRORS)
async def stage_data(ctx: Context, request: Request, image_id: str) -> None:
    """Upload an image's data, to be imported by a request of its own."""
    await data.upload(ctx, image_id, request.chunks(), _announced(request), kind="stage")


@routes.post(
    "/import",
    status=202,
    policy=policy.MODIFY_IMAGE,
    errors=(errors.ImageNotFound, errors.BadImport, errors.NotImportable, errors.UnknownStore,
            errors.UriRefused, errors.LimitExceeded),
)  # fmt: skip
async def import_image(ctx: Context, request: Request, image_id: str, body: Document) -> None:
    """Bring an image its data, in the background."""
    await imports.import_image(ctx, image_id, body, request.header("x-image-meta-store"))


@routes.get(
    "/file",
    policy=policy.DOWNLOAD_IMAGE,
    transaction=False,
    errors=(
        errors.ImageNotFound,
        errors.Deactivated,
        errors.RangeNotSatisfiable,
        errors.DataMissing,
        errors.UriRefused,
    ),
    answer=Content((OCTETS,)),
    other_answers={204: None, 206: Content((OCTETS,))},
)
async def download_data(ctx: Context, request: Request, image_id: str) -> Reply:
    """Download an image's data, or a range of it."""
    image, path = await data.download(ctx, image_id)
    size = image.size or 0
    if image.state == "queued":
        return Reply(status=204)
    if image.size is None:  # an address, of whose data nothing was said
        return Reply(data.read_remote(ctx, image, 0, None), status=200, content_type=OCTETS)
    part = _range(request.header("range"), size)
    offset, length = part or (0, size)
    headers = {"Content-Length": str(length), "Accept-Ranges": "bytes"}
    if image.checksum:
        headers["Content-MD5"] = image.checksum
    if part:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{size}"
    if path is None:
        body = data.read_remote(ctx, image, offset, length)
    else:
        body = request.file_body(path, offset, length)
    return Reply(body, status=206 if part else 200, headers=headers, content_type=OCTETS)


def _range(text: str | None, size: int) -> tuple[int, int] | None:
    """(offset, length) of a range of bytes; None: everything. What is no range of bytes is an error."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", text[:LONGEST_RANGE], re.ASCII)
    if match is None or len(text) > LONGEST_RANGE or not (match[1] or match[2]):
        raise errors.RangeNotSatisfiable(wanted=text, size=size)
    if not match[1]:
        length = min(int(match[2]), size)
        start = size - length
    else:
        start = int(match[1])
        end = min(int(match[2]), size - 1) if match[2] else size - 1
        length = end - start + 1
    if length <= 0 or start >= size:
        raise errors.RangeNotSatisfiable(wanted=text, size=size)
    return start, length
