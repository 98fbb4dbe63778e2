"""/users"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http.bounds import MANY, Document, LongText
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers, federated_objects, groups, projects
from haneul.services.identity.api.bodies import (
    Id,
    Name,
    Text,
    UserOptions,
    read,
    refuse_empty,
    require_texts,
    sent,
    set_options,
)
from haneul.services.identity.api.domains import default_domain, own_domain
from haneul.services.identity.api.federated_objects import FederatedObject
from haneul.services.identity.api.lists import expiry_filters, listing
from haneul.services.identity.api.views import user_view as view
from haneul.services.identity.model.proofs import Named
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.roles import Holder
from haneul.services.identity.model.users import Group, Member, User
from haneul.services.identity.operations import access, application_credentials, directories, users
from haneul.services.identity.operations import groups as memberships
from haneul.services.identity.operations.collections import GROUPS, PROJECTS, USERS

routes = Routes("/v3")


ProjectId = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")]


class NewUser(Schema):
    name: Name
    password: Text | None = None
    domain_id: Id | UnsetType = UNSET
    enabled: bool = True
    default_project_id: ProjectId | None = None
    options: UserOptions = field(default_factory=UserOptions)
    federated: Annotated[list[FederatedObject], MANY] = field(default_factory=list)


class ChangedUser(Schema):
    name: Name | UnsetType = UNSET
    password: Text | UnsetType | None = UNSET
    domain_id: Id | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    default_project_id: ProjectId | UnsetType | None = UNSET
    options: UserOptions | UnsetType = UNSET
    federated: Annotated[list[FederatedObject], MANY] | UnsetType = UNSET


class UserBody(Strict):
    user: Document


class ChangedPassword(Strict):
    password: LongText
    original_password: LongText


class PasswordBody(Schema):
    user: ChangedPassword


@routes.get(
    "/users",
    policy=policy.LIST_USERS,
    answer=answers.Users,
    errors=(errors.DirectoryUnreachable, NotFound),
)
async def list_users(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List users."""
    ctx.authorize(policy.LIST_USERS, {"target": {"domain_id": ctx.auth.domain_id}})
    refuse_empty(query, ("name",))
    await directories.refresh_all(ctx, query.get("domain_id") or ctx.auth.domain_id)
    return await listing(
        ctx, request, query, USERS, "users", view,
        texts=("name", "domain_id", "default_project_id"), truths=("enabled",),
        fixed=[*own_domain(ctx), *expiry_filters(query)], narrowed=federated_objects.filters(query),
    )  # fmt: skip


@routes.post(
    "/users",
    status=201,
    policy=policy.CREATE_USER,
    transaction=False,
    answer=answers.OneUser,
    errors=(
        errors.DirectoryIsReadOnly,
        errors.DuplicateThing,
        errors.Invalid,
        errors.PasswordTooWeak,
        errors.PasswordIsLocked,
        errors.PasswordTooYoung,
        errors.PasswordUsedBefore,
        errors.ThingNotFound,
    ),
)
async def create_user(ctx: Context, body: UserBody) -> dict[str, Any]:
    """Create a user."""
    new, extra = read(NewUser, body.user, of="user")
    require_texts(extra, "description", of="user")
    ctx.authorize(policy.CREATE_USER, access.target(user={"domain_id": new.domain_id or None}))
    user = User(
        new_hex(),
        new.name,
        new.domain_id or default_domain(ctx),
        new.enabled,
        new.default_project_id,
        options=set_options(new.options),
        extra=extra,
    )
    links = federated_objects.links(new.federated)
    return await _shown(ctx, await users.create(ctx, user, new.password, links))


async def _shown(ctx: Context, user: User) -> dict[str, Any]:
    async with ctx.in_reading() as c:
        return {"user": {**view(ctx, user), **await federated_objects.shown(c, user.id)}}


@routes.get(
    "/users/{user_id}", policy=policy.GET_USER, answer=answers.OneUser, errors=(errors.ThingNotFound,)
)
async def show_user(ctx: Context, user_id: str) -> dict[str, Any]:
    """Show a user."""
    await directories.refresh_named(ctx, Named(id=user_id))
    user = await access.find(ctx, policy.GET_USER, USERS, user_id)
    return {"user": {**view(ctx, user), **await federated_objects.shown(ctx, user_id)}}


@routes.patch(
    "/users/{user_id}",
    policy=policy.UPDATE_USER,
    transaction=False,
    answer=answers.OneUser,
    errors=(
        errors.DirectoryIsReadOnly,
        errors.ImmutableId,
        errors.Invalid,
        errors.PasswordTooWeak,
        errors.ThingNotFound,
        errors.DuplicateThing,
        errors.PasswordIsLocked,
        errors.PasswordTooYoung,
        errors.PasswordUsedBefore,
    ),
)
async def update_user(ctx: Context, user_id: str, body: UserBody) -> dict[str, Any]:
    """Change a user."""
    changed, extra = read(ChangedUser, body.user, of="user", may_be_empty=False)
    require_texts(extra, "description", of="user")
    if extra.pop("id", user_id) != user_id:
        raise BadRequest("Cannot change ID")
    changes = sent(changed)
    password = changes.pop("password", None)
    if "options" in changes:
        changes["options"] = sent(changes["options"])
    federated = changes.pop("federated", None)
    links = None if federated is None else federated_objects.links(federated)
    user = await users.update(ctx, policy.UPDATE_USER, user_id, changes, extra, password, links)
    answer = await _shown(ctx, user)
    answer["user"]["extra"] = user.extra  # upstream shows it once more after a change
    return answer


@routes.delete(
    "/users/{user_id}",
    policy=policy.DELETE_USER,
    errors=(errors.DirectoryIsReadOnly, errors.ThingNotFound),
)
async def delete_user(ctx: Context, user_id: str) -> None:
    """Delete a user."""
    user = await access.find(ctx, policy.DELETE_USER, USERS, user_id)
    await directories.require_writable(ctx, user.domain_id)
    await users.delete(ctx, user)


@routes.post(
    "/users/{user_id}/password",
    status=204,
    auth=False,
    transaction=False,
    errors=(
        errors.PasswordIsLocked,
        errors.PasswordTooWeak,
        errors.PasswordTooYoung,
        errors.PasswordUsedBefore,
        errors.PasswordExpired,
    ),
)
async def change_password(ctx: Context, user_id: str, body: PasswordBody, request: Request) -> None:
    """Change one's own password; the original one is the proof."""
    original, new = body.user.original_password, body.user.password
    await users.change_password(ctx, user_id, original, new, address=request.address)


@routes.delete(
    "/users/{user_id}/tokens", policy=policy.REVOKE_TOKENS_FOR_USER, errors=(errors.ThingNotFound,)
)
async def revoke_tokens(ctx: Context, user_id: str) -> None:
    """End all tokens of a user, the asker's too if they are the user."""
    ctx.authorize(policy.REVOKE_TOKENS_FOR_USER, {"user_id": user_id})
    await application_credentials.require_unrestricted(ctx, "ending sessions")
    await users.revoke_tokens(ctx, user_id)


@routes.get(
    "/users/{user_id}/groups",
    policy=policy.LIST_GROUPS_FOR_USER,
    answer=answers.GroupsOfUser,
    errors=(
        errors.ThingNotFound,
        NotFound,
    ),
)
async def list_groups(ctx: Context, user_id: str, request: Request, query: Query) -> dict[str, Any]:
    """List the groups that a user is in; those that a provider put them in say until when."""
    await directories.refresh_named(ctx, Named(id=user_id))
    user = await USERS.get(ctx, user_id)
    ctx.authorize(policy.LIST_GROUPS_FOR_USER, {"user_id": user_id, **access.target(user=user)})
    access.existing(user, "user", user_id)
    ends = await memberships.ends_of_memberships(ctx, user_id)

    def view(ctx: Context, group: Group) -> dict[str, Any]:
        until = {"membership_expires_at": time_text(ends[group.id])} if group.id in ends else {}
        return {**groups.view(ctx, group), **until}

    narrowed = {"has_member": Member(user_id, time_text(ctx.now()))}
    return await listing(
        ctx, request, query, GROUPS, "groups", view, fixed=own_domain(ctx), narrowed=narrowed
    )


@routes.get(
    "/users/{user_id}/projects",
    policy=policy.LIST_USER_PROJECTS,
    answer=answers.Projects,
    errors=(
        errors.ThingNotFound,
        NotFound,
    ),
)
async def list_projects(ctx: Context, user_id: str, request: Request, query: Query) -> dict[str, Any]:
    """List the projects on which a user has roles."""
    await access.find(ctx, policy.LIST_USER_PROJECTS, USERS, user_id)
    narrowed = {"held_by": Holder(user_id, now=time_text(ctx.now()))}
    return await listing(
        ctx, request, query, PROJECTS, "projects", projects.view, truths=("enabled",), narrowed=narrowed
    )
