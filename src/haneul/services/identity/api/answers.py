"""What identity answers of domains, projects, users, groups, roles and what is given to them.

Whoever makes some of these may say more of them than their fields: that stands beside the fields.
"""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType


class Open(Answer, forbid_unknown_fields=False):
    """With whatever else was said of the thing when it was made."""


class Links(Answer):
    self_url: str = field(name="self")


class ListLinks(Answer):
    next: str | None
    self_url: str = field(name="self")
    previous: str | None


class Page(Answer):
    """`truncated` is true where there may be more."""

    links: ListLinks
    truncated: bool | UnsetType = UNSET


class Domain(Open):
    id: str
    name: str
    description: str
    enabled: bool
    tags: list[str]
    options: dict[str, Any]
    links: Links


class OneDomain(Answer):
    domain: Domain


class Domains(Page):
    domains: list[Domain]


class LimitOfProject(Answer):
    """As the list of a project's relatives shows it."""

    id: str
    service_id: str
    resource_name: str
    resource_limit: int
    region_id: str | None
    project_id: str | None
    domain_id: str | None
    description: str | None


class Project(Open):
    id: str
    name: str
    domain_id: str | None
    description: str
    enabled: bool
    parent_id: str | None
    is_domain: bool
    tags: list[str]
    options: dict[str, Any]
    links: Links


class Relative(Project):
    limits: list[LimitOfProject] | UnsetType = UNSET


class OneRelative(Answer):
    project: Relative


class ProjectInTree(Project):
    """With its relatives, where they are asked for: as a tree of ids, or as a list."""

    parents: dict[str, Any] | list[OneRelative] | UnsetType | None = UNSET
    subtree: dict[str, Any] | list[OneRelative] | UnsetType | None = UNSET


class OneProject(Answer):
    project: Project


class OneProjectInTree(Answer):
    project: ProjectInTree


class Projects(Page):
    projects: list[Project]


class ProjectTags(Answer):
    tags: list[str]
    links: Links


class FederatedProtocol(Answer):
    protocol_id: str
    unique_id: str


class FederatedIdentity(Answer):
    idp_id: str
    protocols: list[FederatedProtocol]


class User(Open):
    id: str
    name: str
    domain_id: str
    enabled: bool
    password_expires_at: str | None
    options: dict[str, Any]
    links: Links
    default_project_id: str | UnsetType = UNSET


class UserWithIdentities(User):
    federated: list[FederatedIdentity] | UnsetType = UNSET


class OneUser(Answer):
    user: UserWithIdentities


class Users(Page):
    users: list[User]


class Group(Open):
    id: str
    name: str
    domain_id: str
    description: str
    links: Links


class GroupOfUser(Group):
    membership_expires_at: str | UnsetType | None = UNSET


class OneGroup(Answer):
    group: Group


class Groups(Page):
    groups: list[Group]


class GroupsOfUser(Page):
    groups: list[GroupOfUser]


class Role(Open):
    id: str
    name: str
    domain_id: str | None
    description: str | None
    options: dict[str, Any]
    links: Links


class OneRole(Answer):
    role: Role


class Roles(Page):
    roles: list[Role]


class RoleName(Answer):
    id: str
    name: str
    links: Links


class Inference(Answer):
    prior_role: RoleName
    implies: RoleName


class Inferences(Answer):
    prior_role: RoleName
    implies: list[RoleName]


class OneInference(Answer):
    role_inference: Inference
    links: Links


class InferencesOfRole(Answer):
    role_inference: Inferences
    links: Links


class AllInferences(Answer):
    role_inferences: list[Inferences]


class DomainName(Answer):
    id: str
    name: str


class Named(Answer):
    """By its id; by its name too where names are asked for."""

    id: str
    name: str | UnsetType = UNSET
    domain: DomainName | UnsetType = UNSET


class Everything(Answer):
    all: bool


class AssignmentScope(Answer):
    project: Named | UnsetType = UNSET
    domain: Named | UnsetType = UNSET
    system: Everything | UnsetType = UNSET
    inherited_to: str | UnsetType = field(name="OS-INHERIT:inherited_to", default=UNSET)


class AssignmentLinks(Answer):
    assignment: str
    membership: str | UnsetType = UNSET
    prior_role: str | UnsetType = UNSET


class Assignment(Answer):
    user: Named | UnsetType = UNSET
    group: Named | UnsetType = UNSET
    role: Named
    scope: AssignmentScope
    links: AssignmentLinks


class Assignments(Page):
    role_assignments: list[Assignment]


class DomainConfig(Answer):
    """Options by group; of one group, or one option, that alone."""

    config: dict[str, Any]


class Credential(Open):
    id: str
    user_id: str
    project_id: str | None
    type: str
    blob: str
    links: Links


class OneCredential(Answer):
    credential: Credential


class Credentials(Page):
    credentials: list[Credential]


class Ec2Credential(Answer):
    access: str
    secret: str
    user_id: str
    tenant_id: str | None
    trust_id: str | None
    links: Links


class OneEc2Credential(Answer):
    credential: Ec2Credential


class Ec2Credentials(Page):
    credentials: list[Ec2Credential]


class RuleOfCredential(Answer):
    id: str
    service: str
    path: str
    method: str


class AccessRule(RuleOfCredential):
    links: Links


class OneAccessRule(Answer):
    access_rule: AccessRule


class AccessRules(Page):
    access_rules: list[AccessRule]


class RoleOfCredential(Answer):
    id: str
    name: str
    domain_id: str | None
    description: str | None
    options: dict[str, Any]


class ApplicationCredential(Answer):
    id: str
    name: str
    description: str | None
    user_id: str
    project_id: str
    system: str | None
    expires_at: str | None
    unrestricted: bool
    roles: list[RoleOfCredential]
    access_rules: list[RuleOfCredential] | UnsetType = UNSET
    links: Links


class NewApplicationCredential(ApplicationCredential):
    """With its secret: it is shown once."""

    secret: str


class OneApplicationCredential(Answer):
    application_credential: ApplicationCredential


class OneNewApplicationCredential(Answer):
    application_credential: NewApplicationCredential


class ApplicationCredentials(Page):
    application_credentials: list[ApplicationCredential]


class Trust(Answer):
    id: str
    trustor_user_id: str
    trustee_user_id: str
    project_id: str | None
    impersonation: bool
    expires_at: str | None
    remaining_uses: int | None
    deleted_at: str | None
    redelegated_trust_id: str | None
    redelegation_count: int
    links: Links


class TrustWithRoles(Trust):
    roles: list[Role]
    roles_links: ListLinks


class OneTrust(Answer):
    trust: TrustWithRoles


class Trusts(Page):
    trusts: list[Trust]


class Consumer(Open):
    id: str
    description: str | None
    links: Links


class NewConsumer(Consumer):
    secret: str


class OneConsumer(Answer):
    consumer: Consumer


class OneNewConsumer(Answer):
    consumer: NewConsumer


class Consumers(Page):
    consumers: list[Consumer]


class Verifier(Answer):
    oauth_verifier: str


class OneVerifier(Answer):
    token: Verifier


class AccessTokenLinks(Links):
    roles: str


class AccessToken(Answer):
    id: str
    consumer_id: str
    project_id: str | None
    authorizing_user_id: str | None
    expires_at: str | None
    links: AccessTokenLinks


class OneAccessToken(Answer):
    access_token: AccessToken


class AccessTokens(Page):
    access_tokens: list[AccessToken]
