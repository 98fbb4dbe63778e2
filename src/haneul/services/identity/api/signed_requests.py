"""/ec2tokens and /s3tokens: other services ask who signed a request with an access key"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound, Unauthorized
from haneul.kernel.http.bounds import MANY, LongText, Text
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.services.identity import policy
from haneul.services.identity.api import token_answers, tokens
from haneul.services.identity.model.signatures import SignedRequest
from haneul.services.identity.operations import ec2

routes = Routes("/v3")


class SignedByKey(Schema):
    access: Text
    signature: LongText
    host: Text
    verb: Text
    path: LongText
    params: Annotated[dict[LongText, LongText], MANY]
    headers: Annotated[dict[LongText, LongText], MANY] | None = None
    body_hash: LongText | None = None


class Ec2Credentials(Schema):
    credentials: SignedByKey | None = None
    ec2Credentials: SignedByKey | None = None


class SignedString(Schema):
    access: Text
    signature: LongText
    token: LongText


class S3Credentials(Schema):
    credentials: SignedString


@routes.post(
    "/ec2tokens",
    policy=policy.EC2TOKENS_VALIDATE,
    transaction=False,
    answer=token_answers.OneToken,
    errors=(NotFound,),
)
async def create_ec2_token(ctx: Context, body: Ec2Credentials, query: Query, request: Request) -> Reply:
    """A token for whoever signed this EC2 request, by version 2 or 4."""
    # The second name is that of version 2 of this API.
    credentials = body.credentials or body.ec2Credentials
    if credentials is None:
        raise BadRequest("request must include a request body")
    signed = SignedRequest(
        credentials.signature,
        credentials.host,
        credentials.verb,
        credentials.path,
        credentials.params,
        credentials.headers or {},
        credentials.body_hash or "",
    )
    auth = await ec2.by_request(ctx, credentials.access, signed, address=request.address)
    return await tokens.issued(ctx, auth, query)


@routes.post("/s3tokens", transaction=False, answer=token_answers.OneToken, errors=(NotFound,))
async def create_s3_token(ctx: Context, body: S3Credentials, query: Query, request: Request) -> Reply:
    """Who signed this S3 request. The token itself is not given away."""
    ctx.authorize(policy.S3TOKENS_VALIDATE, {}, hidden=Unauthorized())
    credentials = body.credentials
    try:
        text = base64.b64decode(credentials.token, altchars=b"-_")
    except (binascii.Error, ValueError):
        raise Unauthorized from None
    auth = await ec2.by_string(ctx, credentials.access, text, credentials.signature, address=request.address)
    answer = await tokens.issued(ctx, auth, query)
    return Reply(answer.body)
