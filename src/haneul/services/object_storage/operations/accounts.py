"""Accounts: a project has one as soon as somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from haneul.kernel.context import Context
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.model import metadata, names
from haneul.services.object_storage.model.accounts import Account, Usage
from haneul.services.object_storage.model.containers import Container, listed
from haneul.services.object_storage.operations import access, lists
from haneul.services.object_storage.operations.lists import Entry, Wish
from haneul.services.object_storage.store import accounts as store
from haneul.services.object_storage.store.accounts import ACCOUNTS, CONTAINERS

QUOTAS = ("x-account-quota-bytes", "x-account-quota-count", "x-account-meta-quota-bytes")


LONGEST_AMOUNT = 18
"""Digits of a quota."""


class Quota(NamedTuple):
    """What an account may hold; None is no limit."""

    bytes_used: int | None
    objects: int | None


def is_amount(text: str) -> bool:
    """Whether a quota can be so much."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_AMOUNT


def quota(account: Account) -> Quota:
    """How many bytes and objects the account may hold at most.

    The newer header counts more than the one kept as metadata.
    """
    headers = account.headers
    size = headers.get("x-account-quota-bytes") or headers.get("x-account-meta-quota-bytes")
    count = headers.get("x-account-quota-count")
    return Quota(int(size) if size else None, int(count) if count else None)


async def show(ctx: Context, name: str) -> tuple[Account, Usage]:
    """The account and how much is in it; one that was never written to is empty."""
    access.require(ctx, name, policy.READ)
    names.require_account(name)
    account = await ACCOUNTS.get(ctx.tx, name) or Account(name, ctx.now())
    return account, await store.usage(ctx.tx, name)


async def list_containers(ctx: Context, name: str, wish: Wish) -> list[Entry[Container]]:
    """What is in the account; after `show`, which says who may."""
    return await lists.page(ctx.tx, CONTAINERS, {"account": name}, wish, listed)


async def update(ctx: Context, name: str, headers: Mapping[str, str]) -> None:
    """The account has what the headers say of it."""
    access.require(ctx, name, policy.OPERATE)
    names.require_account(name)
    sent = metadata.named("account", headers)
    for header in QUOTAS:
        if header in sent:
            if not access.may(ctx, name, policy.MANAGE_ACCOUNTS):
                raise errors.NotForOwners(header=header)
            if sent[header] and not is_amount(sent[header]):
                raise errors.BadHeader(reason="Invalid quota: it is a number")
    account = await ensure(ctx, name)
    await ACCOUNTS.update(
        ctx.tx,
        Account(
            name, account.created_at, metadata.changed("account", account.headers, sent), account.generation
        ),
    )


async def ensure(ctx: Context, name: str) -> Account:
    """The account's row, made if it is the first that is written in it."""
    await ctx.tx.lock("object storage account", name)
    return await ACCOUNTS.get(ctx.tx, name) or await ACCOUNTS.add(ctx.tx, Account(name, ctx.now()))


def require_manager(ctx: Context, name: str) -> None:
    """The asker manages all accounts."""
    access.require(ctx, name, policy.MANAGE_ACCOUNTS)
