"""Authorization as Envoy's RBAC filters (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/rbac/v3/rbac.proto).

Each rule is one policy there: what is asked of the call is its permission, what is asked of the caller its principal. A caller is known by
the URI in its certificate, `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, which exists only under mutual TLS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, singledispatch
from ipaddress import ip_network

from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.rbac.v3.rbac_pb2 import RBAC as Rules
from envoy.config.rbac.v3.rbac_pb2 import Permission, Policy, Principal, SourcedMetadata
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC as HttpRbac
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC as NetworkRbac
from envoy.extensions.path.match.uri_template.v3.uri_template_match_pb2 import UriTemplateMatchConfig
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.path_pb2 import PathMatcher
from envoy.type.matcher.v3.regex_pb2 import RegexMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from envoy.type.matcher.v3.value_pb2 import ListMatcher, ValueMatcher

from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import (
    SOMETHING,
    Action,
    Address,
    Authorization,
    CalledPath,
    Clause,
    End,
    FilterWord,
    PathTemplate,
    Peer,
    PeerPart,
    Port,
    Rule,
    ServerName,
    Test,
    TokenPrincipal,
)
from lateen.render.filters import http_filter, http_filters, network_filter, network_filters
from lateen.render.match import claim_matcher, header_matcher, string_matcher

HTTP = "envoy.filters.http.rbac"
NETWORK = "envoy.filters.network.rbac"
STATISTICS = "tcp."
TRIAL_PREFIXES = {Action.ALLOW: "istio_dry_run_allow_", Action.DENY: "istio_dry_run_deny_"}

_ACTIONS = {Action.ALLOW: Rules.ALLOW, Action.DENY: Rules.DENY, Action.AUDIT: Rules.LOG}
_PEER_PATTERNS = {
    PeerPart.TRUST_DOMAIN: "spiffe://{}/.+",
    PeerPart.NAMESPACE: "spiffe://[^/]+/ns/{}/sa/.+",
    PeerPart.ACCOUNT: "spiffe://[^/]+/ns/{}",
}
_ISSUER, _SUBJECT = ("iss",), ("sub",)


@http_filters.register
@lru_cache(maxsize=1024)
def of_requests(policy: Authorization) -> tuple[HttpFilter, ...]:
    """The HTTP filters."""
    return (http_filter(HTTP, HttpRbac(**_both(policy))),)


@network_filters.register
@lru_cache(maxsize=1024)
def of_connections(policy: Authorization) -> tuple[Filter, ...]:
    """The network filters."""
    return (network_filter(NETWORK, NetworkRbac(stat_prefix=STATISTICS, **_both(policy))),)


def _both(policy: Authorization) -> dict[str, Rules | str]:
    out: dict[str, Rules | str] = {}
    if policy.rules is not None:
        out["rules"] = rules(policy.action, policy.rules)
    if policy.trial is not None:
        out["shadow_rules"] = rules(policy.action, policy.trial)
        out["shadow_rules_stat_prefix"] = TRIAL_PREFIXES[policy.action]
    return out


def rules(action: Action, listed: Iterable[Rule], prefix: str = "") -> Rules:
    """The rules of one filter; the prefix goes before their names."""
    return Rules(action=_ACTIONS[action], policies={prefix + rule.name: _policy(rule) for rule in listed})


def _policy(rule: Rule) -> Policy:
    of_caller = [each for each in rule.conditions if not _is_about_call(each)]
    of_call = [each for each in rule.conditions if _is_about_call(each)]
    permissions = _permissions(of_call) + _either_permission([_all_permissions(_permissions(each)) for each in rule.calls])
    principals = _principals(of_caller) + _either_principal([_all_principals(_principals(each)) for each in rule.callers])
    return Policy(permissions=[_all_permissions(permissions)], principals=[_all_principals(principals)])


def _is_about_call(clause: Clause) -> bool:
    """Headers may be asked for on either side; all tests of one clause are of one sort."""
    return any(
        isinstance(test, Port | ServerName | CalledPath | PathTemplate | FilterWord) or (isinstance(test, Address) and test.end is End.WORKLOAD)
        for test in (*clause.any_of, *clause.none_of)
    )


def _permissions(clauses: Iterable[Clause]) -> list[Permission]:
    out: list[Permission] = []
    for clause in clauses:
        out += _either_permission([_permission(test) for test in clause.any_of])
        out += [Permission(not_rule=each) for each in _either_permission([_permission(test) for test in clause.none_of])]
    return out


def _either_permission(options: list[Permission]) -> list[Permission]:
    return options if len(options) <= 1 else [Permission(or_rules=Permission.Set(rules=options))]


def _all_permissions(parts: list[Permission]) -> Permission:
    if not parts:
        return Permission(any=True)
    return parts[0] if len(parts) == 1 else Permission(and_rules=Permission.Set(rules=parts))


def _principals(clauses: Iterable[Clause]) -> list[Principal]:
    out: list[Principal] = []
    for clause in clauses:
        out += _either_principal([_principal(test) for test in clause.any_of])
        out += [Principal(not_id=each) for each in _either_principal([_principal(test) for test in clause.none_of])]
    return out


def _either_principal(options: list[Principal]) -> list[Principal]:
    return options if len(options) <= 1 else [Principal(or_ids=Principal.Set(ids=options))]


def _all_principals(parts: list[Principal]) -> Principal:
    if not parts:
        return Principal(any=True)
    return parts[0] if len(parts) == 1 else Principal(and_ids=Principal.Set(ids=parts))


# What is asked of the call


@singledispatch
def _permission(test: Test) -> Permission:
    raise TypeError(f"nobody asks a call for its {type(test).__name__}")


@_permission.register
def _(test: Port) -> Permission:
    return Permission(destination_port=test.number)


@_permission.register
def _(test: Address) -> Permission:
    return Permission(destination_ip=_range(test.network))


@_permission.register
def _(test: ServerName) -> Permission:
    return Permission(requested_server_name=string_matcher(test.text))


@_permission.register
def _(test: Header) -> Permission:
    return Permission(header=header_matcher(test))


@_permission.register
def _(test: CalledPath) -> Permission:
    return Permission(url_path=PathMatcher(path=string_matcher(test.text)))


@_permission.register
def _(test: PathTemplate) -> Permission:
    out = TypedExtensionConfig(name="uri-template")
    out.typed_config.Pack(UriTemplateMatchConfig(path_template=test.template))
    return Permission(uri_template=out)


@_permission.register
def _(test: FilterWord) -> Permission:
    value = ValueMatcher(string_match=string_matcher(test.text))
    if test.listed:
        value = ValueMatcher(list_match=ListMatcher(one_of=value))
    found = MetadataMatcher(filter=test.filter, path=[MetadataMatcher.PathSegment(key=test.key)], value=value)
    return Permission(sourced_metadata=SourcedMetadata(metadata_matcher=found))


# What is asked of the caller


@singledispatch
def _principal(test: Test) -> Principal:
    raise TypeError(f"nobody asks a caller for its {type(test).__name__}")


@_principal.register
def _(test: Peer) -> Principal:
    return Principal(authenticated=Principal.Authenticated(principal_name=_identity(test)))


@_principal.register
def _(test: Address) -> Principal:
    found = _range(test.network)
    return Principal(remote_ip=found) if test.end is End.CLIENT else Principal(direct_remote_ip=found)


@_principal.register
def _(test: Header) -> Principal:
    return Principal(header=header_matcher(test))


@_principal.register
def _(test: Claim) -> Principal:
    return Principal(sourced_metadata=SourcedMetadata(metadata_matcher=claim_matcher(test)))


@_principal.register
def _(test: TokenPrincipal) -> Principal:
    """Issuer and subject come apart: an issuer is often a URL, so that any slash could be the one between them."""
    either = [_all_principals([_claim(_ISSUER, one), _claim(_SUBJECT, other)]) for one, other in _pairs(test.text)]
    return Principal(or_ids=Principal.Set(ids=either)) if either else Principal(not_id=Principal(any=True))


def _claim(path: tuple[str, ...], text: Text) -> Principal:
    return _principal(Claim(path, text))


def _pairs(text: Text) -> Iterator[tuple[Text, Text]]:
    """All ways in which `issuer/subject` can pass the test, as tests of either part; neither is ever empty."""
    if text == SOMETHING:
        yield SOMETHING, SOMETHING
    if text.manner is Manner.PREFIX:
        yield text, SOMETHING
    if text.manner is Manner.SUFFIX:
        yield SOMETHING, text
    for at in (at for at, letter in enumerate(text.value) if letter == "/"):
        before, behind = text.value[:at], text.value[at + 1 :]
        ends = Manner.SUFFIX if text.manner is Manner.SUFFIX else Manner.EXACT
        begins = Manner.PREFIX if text.manner is Manner.PREFIX else Manner.EXACT
        if (before or ends is Manner.SUFFIX) and (behind or begins is Manner.PREFIX):
            yield Text(ends, before) if before else SOMETHING, Text(begins, behind) if behind else SOMETHING


def _identity(test: Peer) -> StringMatcher:
    text = test.text
    if test.part is PeerPart.IDENTITY:
        absolute = text.manner in (Manner.EXACT, Manner.PREFIX)
        return string_matcher(Text(text.manner, f"spiffe://{text.value}") if absolute else text)
    if test.part is PeerPart.ACCOUNT:
        namespace, _, account = text.value.partition("/")
        pattern = f"{re.escape(namespace)}/sa/{re.escape(account)}"
    else:
        pattern = _pattern(text)
    return StringMatcher(safe_regex=RegexMatcher(regex=_PEER_PATTERNS[test.part].format(pattern)))


def _pattern(text: Text) -> str:
    """The test as a regular expression for one segment of the identity."""
    literal = re.escape(text.value)
    return {
        Manner.EXACT: literal,
        Manner.PREFIX: f"{literal}[^/]*",
        Manner.SUFFIX: f"[^/]*{literal}",
        Manner.CONTAINS: f"[^/]*{literal}[^/]*",
        Manner.REGEX: "[^/]+",
    }[text.manner]


def _range(network: str) -> CidrRange:
    found = ip_network(network, strict=False)
    out = CidrRange(address_prefix=str(found.network_address))
    out.prefix_len.value = found.prefixlen
    return out
