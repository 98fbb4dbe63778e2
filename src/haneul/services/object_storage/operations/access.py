"""Who is let in: by the policy, or by a container's access list."""

from __future__ import annotations

from haneul.kernel.auth import ANONYMOUS
from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.kernel.policy import Rule
from haneul.services.object_storage import policy
from haneul.services.object_storage.model import access_lists
from haneul.services.object_storage.model.access_lists import Asker
from haneul.services.object_storage.model.accounts import project_of
from haneul.services.object_storage.model.names import Place

DEFAULT_DOMAIN = "default"


def may(ctx: Context, account: str, rule: Rule) -> bool:
    """Whether the policy lets the asker do this in the account."""
    return ctx.may(rule, {"project_id": project_of(account)})


def operates(ctx: Context, account: str) -> bool:
    """Whether the asker may do everything in the account, as Swift's operators may in their own."""
    return may(ctx, account, policy.OPERATE)


def require(ctx: Context, account: str, rule: Rule) -> None:
    """Unauthorized for who has no token, Forbidden for others whom the policy does not let in."""
    if not may(ctx, account, rule):
        raise refusal(ctx, rule)


def require_by_list(
    ctx: Context, place: Place, rule: Rule, text: str, *, referrer: str = "", is_list: bool = False
) -> None:
    """The same, but the access list lets others in too; whose right is for one place is let in there only."""
    only_in: Place | None = getattr(ctx, "only_in", None)
    if only_in is not None and not only_in.holds(place):
        raise refusal(ctx, rule)
    if not may(ctx, place.account, rule) and not access_lists.allows(
        text, asker(ctx, referrer), is_list=is_list
    ):
        raise refusal(ctx, rule)


def refusal(ctx: Context, rule: Rule) -> Unauthorized | Forbidden:
    """What a refused asker is to be answered: 401 for who came without a token, who may yet log in; else 403."""
    return Unauthorized() if ctx.auth is ANONYMOUS else Forbidden(action=rule.name)


def asker(ctx: Context, referrer: str = "") -> Asker:
    """Who asks, as lists call them: by names only in the default domain, where no two have the same."""
    auth = ctx.auth
    if auth is ANONYMOUS:
        return Asker(referrer=referrer)
    is_named = auth.user_domain_id == DEFAULT_DOMAIN and auth.project_domain_id in (DEFAULT_DOMAIN, None)
    projects = (auth.project_id, auth.project_name if is_named else None)
    users = (auth.user_id, auth.user_name if is_named else None)
    return Asker(
        tuple(each for each in projects if each), tuple(each for each in users if each), auth.roles, referrer
    )
