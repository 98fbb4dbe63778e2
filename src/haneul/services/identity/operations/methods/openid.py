"""By what an OpenID Connect provider asserts."""

from __future__ import annotations

from haneul.services.identity.model.proofs import Method
from haneul.services.identity.operations.methods.mapped import Federated, proving

METHOD = Method("openid", Federated, proving("openid"))
