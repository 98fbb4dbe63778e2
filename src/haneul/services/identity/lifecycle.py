"""What the process around calls of identity; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import Context, Platform
from haneul.kernel.lifecycle import FirstRows
from haneul.services.identity import public
from haneul.services.identity.operations import verification

authenticate = public.authenticate
is_from_holder = public.is_from_holder
verify = verification.verify


async def open(platform: Platform) -> None:
    """The key that signs tokens is there: it is made now, not by two at once later."""
    public.mint(platform, SYSTEM)


async def furnish(ctx: Context, cloud: FirstRows) -> None:
    """The first users can log in, and the catalogue lists what runs."""
    (admin, home), *others = cloud.people
    await public.bootstrap(ctx, admin_password=cloud.passwords[admin])
    for manifest in cloud.manifests:
        for kind in (manifest.type, *manifest.aliases):
            await public.ensure_service(
                ctx, kind, manifest.catalog_name, f"{ctx.platform.endpoint}{manifest.endpoint}"
            )
    for manifest in cloud.absent:
        for kind in (manifest.type, *manifest.aliases):
            await public.withdraw_service(ctx, kind, manifest.catalog_name)
    project = await public.ensure_project(ctx, home)
    for quota in cloud.quotas:  # who sets the limits needs none
        await quota.lift(ctx.tx, project.id)
    for user, project_name in others:
        project = await public.ensure_project(ctx, project_name)
        person = await public.ensure_user(ctx, user, cloud.passwords[user], default_project_id=project.id)
        await public.grant(ctx, "member", user_id=person.id, project_id=project.id)
