"""Consumers and their tokens, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.oauth1 import AccessToken, Consumer, RequestToken

CONSUMERS = Rows(Consumer, "identity_oauth1_consumers")
REQUEST_TOKENS = Rows(
    RequestToken,
    "identity_oauth1_request_tokens",
    indexes=(("consumer_id",), ("project_id",), ("expires_at",)),
)
ACCESS_TOKENS = Rows(
    AccessToken,
    "identity_oauth1_access_tokens",
    indexes=(("consumer_id",), ("project_id",), ("user_id",)),
)
