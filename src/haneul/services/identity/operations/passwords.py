"""Passwords: argon2id, made and checked in a few threads so that the event loop never waits.

A hash takes 19 MiB and some 16 ms (the least that OWASP advises); as many run at once as there are
cores. The addresses that ask take turns, and a crowd beyond `WAITING` from one of them is turned away instead
of kept for minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import argon2
import bcrypt

from haneul.kernel.context import Platform
from haneul.kernel.fair_turns import FairTurns

WAITING, ALL_WAITING = 256, 2048
BCRYPT_BYTES = 72
T = TypeVar("T")

hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_SEATS = os.cpu_count() or 1
_threads = ThreadPoolExecutor(_SEATS, "passwords")


async def hashed(platform: Platform, password: str) -> str:
    """What is kept of the password, from which it cannot be read. Made in a thread, behind those who came before."""
    return await _in_thread(platform, lambda: hasher.hash(password))


async def fits(platform: Platform, password: str, stored: str | None, *, address: str = "") -> bool:
    """Whether the password is the stored one. It takes as long when there is none stored.

    `address` is where the question comes from; those from one address wait for each other.
    """
    return await _in_thread(platform, lambda: _fits(password, stored), address)


def is_outdated(stored: str) -> bool:
    """Whether the hash was made by other means than today's."""
    return not stored.startswith("$argon2id$") or hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return hasher.hash(os.urandom(16).hex())


def _fits(password: str, stored: str | None) -> bool:
    if stored is None:
        _fits(password, _nobodys())
        return False
    if stored.startswith("$2"):
        return bcrypt.checkpw(password.encode()[:BCRYPT_BYTES], stored.encode())
    try:
        return hasher.verify(stored, password)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False


def _turns() -> FairTurns:
    return FairTurns(_SEATS, lane_length=WAITING, length=ALL_WAITING)


async def _in_thread(platform: Platform, work: Callable[[], T], address: str = "") -> T:
    async with platform.keep(_turns).turn(address):
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
