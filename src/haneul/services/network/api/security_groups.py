"""/security-groups and /security-group-rules"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.tables import Attribute, Resource, kinds, only, serve, shown
from haneul.kernel.ids import is_uuid
from haneul.services.network import errors
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import DESCRIPTION, ID, NAME, REVISION, STANDARD, TIMES
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import normal_forms, wishes
from haneul.services.network.model.security_groups import check_together, known_protocol
from haneul.services.network.operations import security_groups
from haneul.services.network.operations.collections import RULES, SECURITY_GROUPS

routes = Routes("/v2.0")


def _ethertype(value: Any) -> str:
    ethertype = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(str(value).lower())
    if ethertype is None:
        raise errors.SecurityGroupRuleInvalidEtherType(ethertype=value)
    return ethertype


def _direction(value: Any) -> str:
    return kinds.one_of("ingress", "egress")(value.lower() if isinstance(value, str) else value)


def _protocol(value: Any) -> str | None:
    """A name or a number, kept as it was given; any protocol is none."""
    if value is None or str(value).lower() == "any":
        return None
    if value == "":
        raise errors.SecurityGroupRuleInvalidProtocol(protocol="", values=[None, *normal_forms.PROTOCOLS])
    if isinstance(value, (list, dict, bool, float)) or len(str(value)) > 40:
        raise ValueError(f"'{value}' is not a valid protocol")
    return str(value).lower()


def _protocol_spellings(text: str) -> list[str]:
    number = known_protocol(text)
    return [] if number is None else normal_forms.protocol_spellings(number)


def _prefix(value: Any) -> str | None:
    return None if value in (None, "") else _written_prefix(value)


def _prefix_spellings(text: str) -> list[str]:
    try:
        return [checks.prefix(text)]
    except ValueError as problem:
        raise errors.InvalidInput(attribute="remote_ip_prefix", reason=str(problem)) from None


def _written_prefix(value: Any) -> str:
    """As it was given: the normal form is shown beside it."""
    normal = checks.prefix(value)
    return value if "/" in value else normal


def _port(value: Any) -> int | None:
    try:
        return kinds.or_none(kinds.integer(0, 65535))(value)
    except ValueError:
        raise errors.SecurityGroupInvalidPortValue(port=value) from None


def _group_id(value: Any) -> str:
    """Of a group that is there: what cannot be an id is none."""
    if not isinstance(value, str) or not is_uuid(value):
        raise errors.SecurityGroupNotFound(id=value)
    return value


RULE = Resource(
    WORDS,
    "security_group_rule",
    (
        ID,
        DESCRIPTION,
        *TIMES,
        REVISION,
        Attribute("security_group_id", kinds.uuid),
        Attribute("direction", _direction, spellings=only(str.lower)),
        Attribute("ethertype", _ethertype, spellings=only(_ethertype)),
        Attribute("protocol", _protocol, spellings=_protocol_spellings),
        Attribute("port_range_min", _port),
        Attribute("port_range_max", _port),
        Attribute(
            "remote_ip_prefix",
            _prefix,
            filtered_by="normalized_cidr",
            spellings=_prefix_spellings,
        ),
        Attribute("remote_group_id", kinds.or_none(_group_id)),
        shown("remote_address_group_id"),
        shown("belongs_to_default_sg"),
        shown("normalized_cidr"),
    ),
    RULES,
    errors.SecurityGroupRuleNotFound,
    wishes.NewRule,
    security_groups.create_rule,
    delete=security_groups.delete_rule,
    check_together=check_together,
    shape=answers.SecurityGroupRule,
    refusals={
        "create": (
            errors.SecurityGroupNotFound,
            errors.OverQuota,
            errors.SecurityGroupRuleExists,
            errors.DuplicateSecurityGroupRuleInPost,
            errors.SecurityGroupEthertypeConflictWithProtocol,
            errors.SecurityGroupInvalidIcmpValue,
            errors.SecurityGroupInvalidPortRange,
            errors.SecurityGroupInvalidPortValue,
            errors.SecurityGroupInvalidProtocolForPort,
            errors.SecurityGroupMissingIcmpType,
            errors.SecurityGroupNotSingleGroupRules,
            errors.SecurityGroupProtocolRequiredWithPorts,
            errors.SecurityGroupMultipleRemoteEntites,
            errors.SecurityGroupRuleInvalidEtherType,
            errors.SecurityGroupRuleInvalidProtocol,
            errors.SecurityGroupRuleParameterConflict,
        ),
        "list": (errors.SecurityGroupRuleInvalidProtocol, errors.SecurityGroupRuleInvalidEtherType),
    },
)


async def _with_rules(ctx: Context, views: list[dict[str, Any]], groups: list[Any]) -> None:
    """Each group is shown with its rules."""
    rules = await RULES.among(ctx, "security_group_id", [g.id for g in groups])
    show = RULE.shower(ctx)
    by_group: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        by_group.setdefault(rule.security_group_id, []).append(show(rule))
    for view, group in zip(views, groups, strict=True):
        view["security_group_rules"] = by_group.get(group.id, [])


SECURITY_GROUP = Resource(
    WORDS,
    "security_group",
    (
        ID,
        NAME,
        *STANDARD,
        Attribute("stateful", kinds.truth, field="is_stateful"),
        shown("shared", "is_shared"),
    ),
    SECURITY_GROUPS,
    errors.SecurityGroupNotFound,
    wishes.NewSecurityGroup,
    security_groups.create,
    wishes.SecurityGroupChange,
    security_groups.update,
    security_groups.delete,
    complete=_with_rules,
    before_list=security_groups.ensure_default,
    shape=answers.SecurityGroup,
    refusals={
        "create": (errors.OverQuota, errors.SecurityGroupDefaultAlreadyExists),
        "update": (
            errors.SecurityGroupCannotUpdateDefault,
            errors.SecurityGroupDefaultAlreadyExists,
            errors.SecurityGroupInUse,
        ),
        "delete": (errors.SecurityGroupCannotRemoveDefault, errors.SecurityGroupInUse),
    },
)
serve(routes, SECURITY_GROUP)
serve(routes, RULE)
