"""By what a SAML identity provider asserts."""

from __future__ import annotations

from haneul.services.identity.model.proofs import Method
from haneul.services.identity.operations.methods.mapped import Federated, proving

METHOD = Method("saml2", Federated, proving("saml2"))
