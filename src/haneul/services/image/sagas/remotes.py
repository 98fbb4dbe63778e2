"""The image services of other clouds: where they are, and how we prove there who we are.

A cloud that shares its identity with ours takes our tokens. To any other we come as somebody whom it knows,
by an application credential that its people gave our operator; everybody who may import sees there what
that credential sees.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.outside import authorities
from haneul.services.identity import public as identity
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions, RemoteOptions

TIMEOUT_S = 30.0


async def image_url(ctx: Context, region: str, interface: str, image_id: str) -> str:
    """Where the region's cloud shows the image; DownloadFailed if nobody knows its image service."""
    remote = ctx.options(ImageOptions).remotes.get(region)
    base = remote.url if remote is not None else None
    if base is None:
        async with ctx.in_reading() as c:
            base = await identity.endpoint_url(c, "image", region, interface)
    if base is None:
        raise errors.DownloadFailed(why=f"There is no {interface} image service known in region {region}.")
    return f"{base.rstrip('/')}/v2/images/{image_id}"


async def token(ctx: Context, region: str) -> str:
    """A token that the region's cloud takes."""
    remote = ctx.options(ImageOptions).remotes.get(region)
    if remote is None or not remote.auth_url:
        return identity.mint(ctx.platform, ctx.auth)
    return await _token_of(remote)


async def _token_of(remote: RemoteOptions) -> str:
    import httpx  # takes 50 ms, and few clouds ask others

    credential = {"id": remote.application_credential_id, "secret": remote.application_credential_secret}
    body = {
        "auth": {
            "identity": {"methods": ["application_credential"], "application_credential": credential},
        }
    }
    url = f"{remote.auth_url.rstrip('/')}/auth/tokens"
    try:
        async with httpx.AsyncClient(verify=authorities(), timeout=TIMEOUT_S, trust_env=False) as client:
            answer = await client.post(url, json=body)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        why = f"The other cloud's identity does not answer: {type(problem).__name__}"
        raise errors.DownloadFailed(why=why) from None
    token = answer.headers.get("x-subject-token")
    if answer.status_code != 201 or not token:
        why = f"The other cloud does not take our credential: {answer.status_code}"
        raise errors.DownloadFailed(why=why)
    return str(token)
