"""What can go wrong in identity, in the words that its clients know."""

from haneul.kernel.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized


class ThingNotFound(NotFound):
    code, message = "identity.not_found", "Could not find {kind}: {id}."


class DuplicateThing(Conflict):
    code = "identity.duplicate"
    message = "Conflict occurred attempting to store {kind} - {details}."


class InUse(Forbidden):
    code, message = "identity.in_use", "Cannot delete {kind} {id}: {why}."


class DomainEnabled(Forbidden):
    code = "identity.domain_enabled"
    message = "Cannot delete a domain that is enabled, please disable it first."


class ProjectNotLeaf(Forbidden):
    code = "identity.project_not_leaf"
    message = "Cannot delete the project {id} since it is not a leaf in the hierarchy."


class ImmutableId(BadRequest):
    code, message = "identity.immutable_id", "Cannot change {kind} ID"


class Invalid(BadRequest):
    code, message = "identity.invalid", "{why}"


class UnknownMethod(Unauthorized):
    code, message = "identity.unknown_method", "Attempted to authenticate with an unsupported method."


class WrongPassword(Unauthorized):
    code, message = "identity.wrong_password", "The request you have made requires authentication."


class MoreProofNeeded(Unauthorized):
    """`receipt`, as it is and `signed`, says what was proved; `rules` what is asked of the person in `proof`."""

    code = "identity.more_proof_needed"
    message = "Additional authentications steps required."


class TokenNotFound(NotFound):
    code, message = "identity.token_not_found", "Failed to validate token"


class ImmutableThing(Forbidden):
    code = "identity.immutable"
    message = "Cannot {verb} immutable {kind} {id}; turn off its option 'immutable' first."


class CannotMap(Unauthorized):
    code = "identity.cannot_map"
    message = (
        "Could not map any federated user properties to identity values. Check debug logs or the mapping used "
        "for additional details."
    )


class InvalidRules(BadRequest):
    code, message = "identity.invalid_rules", "{why}"
