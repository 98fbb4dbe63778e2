"""What somebody may do who shows something else than a token: an address or a form that was signed."""

from __future__ import annotations

from haneul.kernel.auth import Auth
from haneul.kernel.context import Asker, Context
from haneul.kernel.db import Tx
from haneul.services.object_storage.model.accounts import project_of
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.temp_urls import KEYS
from haneul.services.object_storage.store.accounts import ACCOUNTS, CONTAINERS


class GrantedContext(Context):
    """A request with the rights of who signed it: in one account, perhaps in one container only."""

    __slots__ = ("only_in",)
    only_in: Place

    def over(self, tx: Tx) -> Context:
        """The same request in that transaction, with the same rights."""
        return granted(super().over(tx), self.auth, self.only_in)


def granted(ctx: Context, auth: Auth, only_in: Place) -> GrantedContext:
    """The request as if `auth` had made it, in the same transaction; it reaches no container but that one ("": any)."""
    made = GrantedContext(
        ctx.platform,
        auth,
        ctx.tx,
        request_id=ctx.request_id,
        endpoint=ctx.endpoint,
        asker=Asker(ctx.platform.policy, auth, ctx.asker.decisions),
    )
    made.only_in = only_in
    return made


def as_signer(ctx: Context, place: Place, *, is_of_account: bool) -> Context:
    """The request with what an operator of the account may, as who signed it could; only in the place's container,
    unless the account signed.
    """
    auth = Auth(project_id=project_of(place.account), roles=("swiftoperator",))
    return granted(ctx, auth, Place(place.account, "" if is_of_account else place.container))


async def keys(ctx: Context, place: Place) -> tuple[list[str], list[str]]:
    """(the account's keys, the container's) with which may be signed."""
    async with ctx.in_reading() as c:
        account = await ACCOUNTS.get(c.tx, place.account)
        container = await CONTAINERS.first(c.tx, account=place.account, name=place.container)
    names = []
    for kind, thing in (("x-account", account), ("x-container", container)):
        headers = thing.headers if thing is not None else {}
        names.append([key for name in KEYS if (key := headers.get(kind + name))])
    return names[0], names[1]
