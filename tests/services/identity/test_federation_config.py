"""Options of federation that cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel.config import OptionsProblem, decode
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import Federation

OPENID = {"issuer": "https://a", "client_id": "c"}
PROXY = {"addresses": ["10.0.0.1"], "idp_id": "a", "protocol_id": "p"}

OURS = {"entity_id": "x", "sso_endpoint": "y", "key_file": "k", "cert_file": "c"}


def test_without_options_nobody_is_trusted() -> None:
    assert IdentityOptions().federation == Federation()


@pytest.mark.parametrize(
    "options",
    [
        {"more": 1},
        {"openid": {"a": {**OPENID, "algorithms": ["HS256"]}}},
        {"openid": {"a": {**OPENID, "algorithms": ["none"]}}},
        {"openid": {"a": {"issuer": "https://a"}}},
        {"openid": {"a": {**OPENID, "timeout_s": 0}}},
        {"proxies": [{**PROXY, "addresses": ["anywhere"]}]},
        {"proxies": [{**PROXY, "addresses": "10.0.0.1"}]},
        {"proxies": [{"addresses": ["10.0.0.1"], "headers": {"name": "X-Name"}}]},
        {"saml": {"a": {"entity_id": "x"}}},
        {"identity_provider": {"entity_id": "x", "sso_endpoint": "y"}},
        {"identity_provider": {**OURS, "contact_type": "friend"}},
        {"identity_provider": {**OURS, "assertion_expiration_time": 0}},
        {"default_authorization_ttl": -1},
    ],
)
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(OptionsProblem):
        decode("identity", IdentityOptions, {"federation": options})
