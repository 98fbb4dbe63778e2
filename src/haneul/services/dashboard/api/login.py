"""Who somebody is: tokens are asked for, changed to another project, and given back, as any client does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from haneul.kernel.http import inner
from haneul.services.dashboard.api.calls import Api, Refused, decoded, services
from haneul.services.dashboard.model.sessions import Person

IDENTITY = "/identity/v3"
"""Where a log-in begins, before there is a catalogue."""
TOKENS = f"{IDENTITY}/auth/tokens"


class MoreProof(Exception):
    """The password is right; something else is asked for too. `receipt` says what was proved."""

    def __init__(self, receipt: str) -> None:
        super().__init__()
        self.receipt = receipt


class ExpiredPassword(Exception):
    """It has to be changed first."""

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id


def user(name: str, domain: str, **more: str) -> dict[str, Any]:
    return {"user": {"name": name, "domain": {"name": domain}, **more}}


async def by_password(api: Api, domain: str, name: str, password: str) -> Person:
    """Who knows this password; MoreProof or ExpiredPassword where it is not enough."""
    identity = {"methods": ["password"], "password": user(name, domain, password=password)}
    return await _at_home(api, await _proved(api, identity, {}))


async def by_passcode(api: Api, receipt: str, domain: str, name: str, passcode: str) -> Person:
    """Who knew the password and has this code."""
    identity = {"methods": ["totp"], "totp": user(name, domain, passcode=passcode)}
    return await _at_home(api, await _proved(api, identity, {"openstack-auth-receipt": receipt}))


async def _proved(api: Api, identity: dict[str, Any], headers: dict[str, str]) -> inner.InnerAnswer:
    try:
        return await api.request("POST", TOKENS, body={"auth": {"identity": identity}}, headers=headers)
    except Refused as refusal:
        if receipt := refusal.headers.get("openstack-auth-receipt"):
            raise MoreProof(receipt) from None
        _, marked, user_id = refusal.message.partition("needs to be changed for user: ")
        if marked:
            raise ExpiredPassword(user_id.rstrip(".")) from None
        raise


async def _at_home(api: Api, answer: inner.InnerAnswer) -> Person:
    """The person in a project of theirs, where they have one; else in what they have."""
    token, body = answer.headers["x-subject-token"], decoded(answer)["token"]
    if "project" in body or "domain" in body:
        return person(token, body)
    api = api.as_holder_of(token)
    projects = decoded(await api.request("GET", f"{IDENTITY}/auth/projects"))["projects"]
    if usable := [p for p in projects if p["enabled"]]:
        return await in_scope(api, token, {"project": {"id": usable[0]["id"]}})
    if decoded(await api.request("GET", f"{IDENTITY}/auth/system"))["system"]:
        return await in_scope(api, token, {"system": {"all": True}})
    if domains := decoded(await api.request("GET", f"{IDENTITY}/auth/domains"))["domains"]:
        return await in_scope(api, token, {"domain": {"id": domains[0]["id"]}})
    return person(token, body)


async def in_scope(api: Api, token: str, scope: dict[str, Any]) -> Person:
    """The same person with a token for that."""
    identity = {"methods": ["token"], "token": {"id": token}}
    answer = await api.request("POST", TOKENS, body={"auth": {"identity": identity, "scope": scope}})
    return person(answer.headers["x-subject-token"], decoded(answer)["token"])


async def of_token(api: Api, token: str) -> Person:
    """Whose token it is; Refused if it is nobody's any more."""
    answer = await api.as_holder_of(token).request("GET", TOKENS, headers={"x-subject-token": token})
    return person(token, decoded(answer)["token"])


async def give_back(api: Api, token: str) -> None:
    """The token is good for nothing any more; content if it was not before."""
    try:
        await api.as_holder_of(token).request("DELETE", TOKENS, headers={"x-subject-token": token})
    except Refused as refusal:
        if refusal.status not in (401, 404):
            raise


async def change_password(api: Api, user_id: str, old: str, new: str) -> None:
    body = {"user": {"original_password": old, "password": new}}
    await api.request("POST", f"{IDENTITY}/users/{user_id}/password", body=body)


def person(token: str, body: dict[str, Any]) -> Person:
    """Who that is, as the token's own document says."""
    project, domain = body.get("project", {}), body.get("domain", {})
    endpoints = services(body.get("catalog", []))
    endpoints.setdefault("identity", IDENTITY.removesuffix("/v3"))
    return Person(
        token=token,
        user_id=body["user"]["id"],
        user_name=body["user"]["name"],
        domain_name=body["user"]["domain"]["name"],
        roles=tuple(sorted(role["name"].lower() for role in body.get("roles", ()))),
        endpoints=endpoints,
        ends_at=msgspec.convert(body["expires_at"], datetime),
        project_id=project.get("id", ""),
        project_name=project.get("name", ""),
        scope_name=domain.get("name", "") or ("system" if "system" in body else ""),
    )
