"""The options of identity, read from the section `identity` of the installation's options."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from haneul.kernel.config import Section
from haneul.kernel.patterns import NotAPattern, pattern
from haneul.services.identity.config.federation import Federation

Count = Annotated[int, msgspec.Meta(ge=1)]
NonNegative = Annotated[int, msgspec.Meta(ge=0)]


class SecurityCompliance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of passwords and of those who have them. None means: not asked."""

    lockout_failure_attempts: Count | None = None
    """So many wrong passwords in a row lock the user out..."""
    lockout_duration_s: Annotated[float, msgspec.Meta(gt=0)] | None = 1800
    """...for so long; None: until an admin sets a new password."""
    password_regex: str | None = None
    """What every new password must match."""
    password_regex_description: str | None = None
    """Told to whoever chooses one that does not."""
    unique_last_password_count: NonNegative = 0
    """A new password is none of the last so many."""
    minimum_password_age_days: NonNegative = 0
    """A password that one chose oneself may be changed after so many days."""
    password_expires_days: Count | None = None
    change_password_upon_first_use: bool = False
    """A password set by somebody else must be changed before it is of any use."""
    disable_user_account_days_inactive: Count | None = None

    def __post_init__(self) -> None:
        try:
            pattern(self.password_regex or "")
        except NotAPattern as problem:
            raise ValueError(f"password_regex: {problem}") from None


class RateLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often passwords and secrets may be tried; 0 turns it off. A process counts by itself."""

    per_user: NonNegative = 0
    per_address: NonNegative = 0
    period_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0


DIRECTORY_SECRETS = frozenset({"password"})


class DirectoryOptions(msgspec.Struct, frozen=True):
    """Where the users and groups of a domain are, if they are in an LDAP directory: upstream's options."""

    url: str = "ldap://localhost"
    user: str | None = None
    password: str | None = None
    suffix: str = "cn=example,cn=com"
    query_scope: Literal["one", "sub"] = "one"
    page_size: NonNegative = 0
    alias_dereferencing: Literal["default", "never", "searching", "always", "finding"] = "default"
    debug_level: int | None = None
    chase_referrals: bool | None = None
    user_tree_dn: str | None = None
    user_filter: str | None = None
    user_objectclass: str = "inetOrgPerson"
    user_id_attribute: str = "cn"
    user_name_attribute: str = "sn"
    user_mail_attribute: str = "mail"
    user_description_attribute: str = "description"
    user_pass_attribute: str = "userPassword"  # noqa: S105  # the name of an attribute
    user_enabled_attribute: str = "enabled"
    user_enabled_invert: bool = False
    user_enabled_mask: int = 0
    user_enabled_default: str = "True"
    user_attribute_ignore: list[str] = msgspec.field(default_factory=lambda: ["default_project_id"])
    user_default_project_id_attribute: str | None = None
    user_enabled_emulation: bool = False
    user_enabled_emulation_dn: str | None = None
    user_enabled_emulation_use_group_config: bool = False
    user_additional_attribute_mapping: list[str] = []
    group_tree_dn: str | None = None
    group_filter: str | None = None
    group_objectclass: str = "groupOfNames"
    group_id_attribute: str = "cn"
    group_name_attribute: str = "ou"
    group_members_are_ids: bool = False
    group_member_attribute: str = "member"
    group_desc_attribute: str = "description"
    group_ad_nesting: bool = False
    group_attribute_ignore: list[str] = []
    group_additional_attribute_mapping: list[str] = []
    tls_cacertfile: str | None = None
    tls_cacertdir: str | None = None
    use_tls: bool = False
    tls_req_cert: Literal["demand", "never", "allow"] = "demand"
    use_pool: bool = True
    pool_size: Count = 10
    pool_retry_max: Count = 3
    pool_retry_delay: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    pool_connection_timeout: int = -1
    pool_connection_lifetime: int = 600
    use_auth_pool: bool = True
    auth_pool_size: Count = 100
    auth_pool_connection_lifetime: int = 60


class OAuth2(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How clients of OAuth 2.0 prove who they are."""

    authn_methods: tuple[Literal["tls_client_auth", "client_secret_basic"], ...] = (
        "tls_client_auth",
        "client_secret_basic",
    )
    cert_dn_mapping_id: str = "oauth2_mapping"
    """The mapping that makes a user of the names in a certificate."""


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_limit: Annotated[int, msgspec.Meta(ge=-1)] = 200
    """Credentials that a user may have; -1: any number, as upstream has it."""


class ApplicationCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_limit: Annotated[int, msgspec.Meta(ge=-1)] = 200
    access_rule_limit: Annotated[int, msgspec.Meta(ge=-1)] = 1000
    """Access rules that a user may have: they stay when the credentials that brought them go."""


class Trusts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_limit: Annotated[int, msgspec.Meta(ge=-1)] = 200
    """Trusts that a user may have given."""


class IdentityOptions(Section, frozen=True):
    security_compliance: SecurityCompliance = SecurityCompliance()
    rate_limit: RateLimit = RateLimit()
    oauth2: OAuth2 = OAuth2()
    federation: Federation = Federation()
    limit_enforcement: Literal["flat", "strict_two_level"] = "flat"
    """How limits of projects relate to those of their domain."""
    directories: dict[str, DirectoryOptions] = msgspec.field(default_factory=dict)
    """Domain (id or name) -> the directory that its users and groups are in."""
    credential: Credentials = Credentials()
    application_credential: ApplicationCredentials = ApplicationCredentials()
    trust: Trusts = Trusts()
    list_limit: Count | None = None
    """The longest list that is answered without being asked for a page."""
