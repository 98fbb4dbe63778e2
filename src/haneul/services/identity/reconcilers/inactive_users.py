"""Disable users who have not logged in for as long as the installation's rules say."""

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.operations import login_safety


@reconciler(every_s=3600)
async def disable_inactive_users(ctx: Context) -> None:
    await login_safety.disable_inactive(ctx)
