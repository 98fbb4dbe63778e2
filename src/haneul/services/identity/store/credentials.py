"""Application credentials with their access rules, and credentials, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.credentials import AccessRule, ApplicationCredential, Credential

ACCESS_RULES = Rows(AccessRule, "identity_access_rules", unique=(("user_id", "service", "method", "path"),))
APPLICATION_CREDENTIALS = Rows(
    ApplicationCredential,
    "identity_application_credentials",
    unique=(("user_id", "name"),),
    indexes=(("project_id",),),
)
CREDENTIALS = Rows(Credential, "identity_credentials", indexes=(("user_id",), ("project_id",)))
