"""Images as objects of a bucket, in anything that speaks the S3 API.

Options: `endpoint` (none: the provider's own), `bucket`, `prefix`, `access_key`, `secret_key`, `region`.
Large images go up in parts, and parts of an upload that broke are given up by the client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError

PART = 16 << 20
READ_SIZE = 1 << 20
_GONE = {"404", "NoSuchKey", "NotFound"}


class S3Store:
    def __init__(self, settings: HostSettings) -> None:
        options = settings.options
        self.bucket = str(options.get("bucket", "images"))
        self.prefix = str(options.get("prefix", ""))
        self.endpoint = options.get("endpoint")
        self._transfer = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2)
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=options.get("access_key"),
            aws_secret_access_key=options.get("secret_key"),
            region_name=options.get("region", "us-east-1"),
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 2},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def start(self) -> None:
        """The bucket exists."""

        def ensure() -> None:
            try:
                self._client.head_bucket(Bucket=self.bucket)
            except ClientError as problem:
                if _code(problem) not in (*_GONE, "NoSuchBucket"):
                    raise
                self._client.create_bucket(Bucket=self.bucket)

        await self._call(ensure)

    async def close(self) -> None:
        await self._call(self._client.close)

    async def _call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            return await asyncio.to_thread(function, *arguments, **named)
        except (BotoCoreError, ClientError, OSError) as problem:
            raise DriverError(f"The bucket {self.bucket} answered: {problem}") from problem

    def _key(self, name: str) -> str:
        return f"{self.prefix}{name}"

    async def put(self, name: str, path: Path, *, same_as: str | None = None) -> None:
        if await self.size(name) == path.stat().st_size:
            return
        await self._call(
            self._client.upload_file, str(path), self.bucket, self._key(name), Config=self._transfer
        )

    async def size(self, name: str) -> int | None:
        def look() -> int | None:
            try:
                return int(self._client.head_object(Bucket=self.bucket, Key=self._key(name))["ContentLength"])
            except ClientError as problem:
                if _code(problem) in _GONE:
                    return None
                raise

        size: int | None = await self._call(look)
        return size

    async def read(self, name: str, offset: int, length: int) -> AsyncIterator[bytes]:
        if not length:
            return
        answer = await self._call(
            self._client.get_object,
            Bucket=self.bucket,
            Key=self._key(name),
            Range=f"bytes={offset}-{offset + length - 1}",
        )
        body = answer["Body"]
        left = length
        try:
            while left:
                piece = await self._call(body.read, min(READ_SIZE, left))
                if not piece:
                    raise DriverError(f"The image {name} is shorter than it should be.")
                left -= len(piece)
                yield piece
        finally:
            body.close()

    async def remove(self, name: str) -> None:
        await self._call(self._client.delete_object, Bucket=self.bucket, Key=self._key(name))

    async def names(self) -> set[str]:
        def look() -> set[str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            )
            return {
                item["Key"].removeprefix(self.prefix) for page in pages for item in page.get("Contents", ())
            }

        names: set[str] = await self._call(look)
        return names

    def url(self, name: str) -> str:
        return f"s3://{self.bucket}/{self._key(name)}"

    def properties(self) -> dict[str, Any]:
        return {
            "s3_store_host": self.endpoint or "",
            "s3_store_bucket": self.bucket,
            "s3_store_large_object_size": PART >> 20,
        }


def _code(problem: ClientError) -> str:
    return str(problem.response.get("Error", {}).get("Code", ""))
