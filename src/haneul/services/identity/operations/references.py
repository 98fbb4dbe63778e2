"""How bodies name a user, a project or a domain: by id, or by name within a domain."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import Text
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Named


class DomainReference(Schema):
    id: Text | None = None
    name: Text | None = None


class Reference(Schema):
    id: Text | None = None
    name: Text | None = None
    domain: DomainReference | None = None


def named(reference: Reference, kind: str) -> Named:
    """Who or what is meant; 400 if it cannot be told."""
    if reference.id:
        return Named(id=reference.id)
    if not reference.name:
        raise BadRequest(f"Expecting to find id or name in {kind}.")
    domain = reference.domain
    if domain is None or not (domain.id or domain.name):
        raise BadRequest(f"Expecting to find domain in {kind}.")
    return Named(name=reference.name, domain_id=domain.id, domain_name=domain.name)


def named_domain(reference: DomainReference) -> Named:
    """The domain as the body names it; BadRequest if it has neither id nor name."""
    if not (reference.id or reference.name):
        raise BadRequest("Expecting to find id or name in domain.")
    return Named(id=reference.id, name=reference.name)
