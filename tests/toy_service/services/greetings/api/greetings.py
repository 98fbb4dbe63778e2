"""/v1/greetings"""

from __future__ import annotations

from typing import Annotated

import msgspec
from haneul.services.greetings import errors, policy
from haneul.services.greetings.model.greetings import Greeting
from haneul.services.greetings.operations import greetings

from haneul.kernel.context import Context
from haneul.kernel.http import Answer, Query, Routes
from haneul.kernel.http.bounds import FEW, Text
from haneul.kernel.http.schema import Schema

routes = Routes("/v1")


class NewGreeting(Schema):
    text: Text
    tags: Annotated[list[Text], FEW] = msgspec.field(default_factory=list)


class CreateGreeting(Schema):
    greeting: NewGreeting


class ShownGreeting(Answer):
    id: str
    text: str
    tags: list[str]
    host: str | None


class OneGreeting(Answer):
    greeting: ShownGreeting


class Greetings(Answer):
    greetings: list[ShownGreeting]


@routes.post(
    "/greetings",
    status=202,
    policy=policy.CREATE,
    errors=(errors.GreetingTooLong, errors.TooManyGreetings),
)
async def create_greeting(ctx: Context, body: CreateGreeting) -> OneGreeting:
    """Make a greeting. A host gets it in the background."""
    new = body.greeting
    return OneGreeting(greeting=view(await greetings.create(ctx, new.text, new.tags)))


@routes.get("/greetings", policy=policy.LIST)
async def list_greetings(ctx: Context, query: Query) -> Greetings:
    """The project's greetings; `?tag=` those with it."""
    return Greetings(greetings=[view(each) for each in await greetings.list(ctx, query.get("tag"))])


@routes.get("/greetings/{id}", policy=policy.SHOW, errors=(errors.GreetingNotFound,))
async def show_greeting(ctx: Context, id: str) -> OneGreeting:
    """One greeting."""
    return OneGreeting(greeting=view(await greetings.show(ctx, id)))


@routes.delete("/greetings/{id}", status=204, policy=policy.DELETE, errors=(errors.GreetingNotFound,))
async def delete_greeting(ctx: Context, id: str) -> None:
    """Delete a greeting."""
    await greetings.delete(ctx, id)


def view(greeting: Greeting) -> ShownGreeting:
    return ShownGreeting(id=greeting.id, text=greeting.text, tags=greeting.tags, host=greeting.host)
