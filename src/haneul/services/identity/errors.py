"""What can go wrong in identity, in the words that its clients know."""

from haneul.kernel.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HaneulError,
    NotFound,
    Unauthorized,
    Unavailable,
)


class ThingNotFound(NotFound):
    code, message = "identity.not_found", "Could not find {kind}: {id}."


class TooManyThings(HaneulError):
    status, code = 403, "identity.too_many"
    message = "Unable to create additional {what}, maximum of {limit} already exceeded for user."


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
    """`known` are the methods that there are."""

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
    message = (
        'Unable to {verb} immutable {kind} resource: `{id}. Set resource option "immutable" to false first.'
    )


class NoIdentityProvider(NotFound):
    code = "identity.no_identity_provider"
    message = "This cloud is not set up as a SAML identity provider."


class NoLongerThere(HaneulError):
    status, code = 410, "identity.no_longer_there"
    message = "This API is no longer available due to the removal of support for PKI tokens."


class CannotMap(Unauthorized):
    code = "identity.cannot_map"
    message = (
        "Could not map any federated user properties to identity values. Check debug logs or the mapping used "
        "for additional details."
    )


class InvalidRules(BadRequest):
    code, message = "identity.invalid_rules", "{why}"


class NotFoundInBody(BadRequest):
    code = "identity.not_found_in_body"
    message = (
        "Expecting to find {field} in {kind}. The server could not comply with the request since it is "
        "either malformed or otherwise incorrect. The client is assumed to be in error."
    )


class LimitNotFound(NotFound):
    code, message = "identity.limit_not_found", "Could not find {kind} for {id}."


class NoRegisteredLimit(Forbidden):
    code = "identity.no_registered_limit"
    message = "Unable to create a limit that has no corresponding registered limit."


class LimitInUse(Forbidden):
    code = "identity.limit_in_use"
    message = "Unable to update or delete registered limit {id} because there are project limits associated with it."


class LimitMisfit(Forbidden):
    code = "identity.limit_misfit"
    message = (
        "Invalid resource limit: The resource limit ({level}: {id}, resource_name: {resource_name}, "
        "resource_limit: {resource_limit}, service_id: {service_id}, region_id: {region_id}) doesn't satisfy "
        "current hierarchy model."
    )


class InvalidDomainConfig(Forbidden):
    code, message = "identity.invalid_domain_config", "Invalid domain specific configuration: {why}."


class OptionNotFound(NotFound):
    code = "identity.option_not_found"
    message = "Could not find {what} in domain configuration for domain {domain_id}."


class PasswordTooWeak(BadRequest):
    code, message = "identity.password_too_weak", "The password does not match the requirements: {why}."


class PasswordIsLocked(BadRequest):
    code = "identity.password_is_locked"
    message = (
        "You cannot change your password at this time due to password policy disallowing password changes. "
        "Please contact your administrator to reset your password."
    )


class PasswordTooYoung(BadRequest):
    code = "identity.password_too_young"
    message = (
        "You cannot change your password at this time due to the minimum password age. Once you change your "
        "password, it must be used for {days} day(s) before it can be changed. Please try again in {left} "
        "day(s) or contact your administrator to reset your password."
    )


class PasswordUsedBefore(BadRequest):
    code = "identity.password_used_before"
    message = (
        "The new password cannot be identical to a previous password. The total number which includes the "
        "new password must be unique is {count}."
    )


class PasswordExpired(Unauthorized):
    code = "identity.password_expired"
    message = "The password is expired and needs to be changed for user: {user_id}."


class DirectoryUnreachable(Unavailable):
    code = "identity.directory_unreachable"
    message = "The directory of this domain cannot be used: {why}."


class DirectoryIsReadOnly(Forbidden):
    code, message = "identity.directory_read_only", "LDAP does not support write operations"
