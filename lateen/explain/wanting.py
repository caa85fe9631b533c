"""What the conditions of policies ask for, in words: under which field users write it, what it is called, what this call has of it.

Tables from tests (`ir.policy`) to AuthorizationPolicy's own names; https://istio.io/latest/docs/reference/config/security/authorization-policy/ and
https://istio.io/latest/docs/reference/config/security/conditions/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from lateen.api.security import authorization_policy as api
from lateen.explain.conditions import Lack, token_parts
from lateen.explain.evidence import Evidence
from lateen.explain.texts import claim_value, wording
from lateen.ir.match import Claim, Header
from lateen.ir.policy import (
    Address,
    CalledPath,
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

TOLD = 4
"""How many of the values that a policy lists are told."""


class Subject(msgspec.Struct, frozen=True):
    """What a test is about. `field` is the list of a source or operation that it is written in, empty where there is none; `key` that of a condition
    of `when`; `name` is for people.
    """

    field: str
    key: str
    name: str


_PEERS: Mapping[PeerPart, Subject] = {
    PeerPart.IDENTITY: Subject("principals", "source.principal", "source principal"),
    PeerPart.NAMESPACE: Subject("namespaces", "source.namespace", "source namespace"),
    PeerPart.ACCOUNT: Subject("serviceAccounts", "source.serviceAccount", "source service account"),
    PeerPart.TRUST_DOMAIN: Subject("trustDomains", "source.trustDomain", "source trust domain"),
}
_ENDS: Mapping[End, Subject] = {
    End.PEER: Subject("ipBlocks", "source.ip", "source address"),
    End.CLIENT: Subject("remoteIpBlocks", "remote.ip", "client address"),
    End.WORKLOAD: Subject("", "destination.ip", "destination address"),
}
_HEADERS: Mapping[str, Subject] = {
    ":authority": Subject("hosts", "request.headers[:authority]", "host"),
    ":method": Subject("methods", "request.headers[:method]", "method"),
}
_CLAIMS: Mapping[tuple[str, ...], str] = {("aud",): "request.auth.audiences", ("azp",): "request.auth.presenter"}
_PATHS = Subject("paths", "", "path")
_OTHERS: Mapping[type[Any], Subject] = {
    Port: Subject("ports", "destination.port", "port"),
    ServerName: Subject("", "connection.sni", "server name"),
    CalledPath: _PATHS,
    PathTemplate: _PATHS,
    TokenPrincipal: Subject("requestPrincipals", "request.auth.principal", "token of"),
}


def subject(test: Test) -> Subject:
    """What the test is about."""
    if isinstance(test, Peer):
        return _PEERS[test.part]
    if isinstance(test, Address):
        return _ENDS[test.end]
    if isinstance(test, Header):
        return _HEADERS.get(test.name) or Subject("", f"request.headers[{test.name}]", f'header "{test.name}"')
    if isinstance(test, Claim):
        keys = "][".join(test.path)
        return Subject("", _CLAIMS.get(test.path) or f"request.auth.claims[{keys}]", f"claim {'.'.join(test.path)}")
    if isinstance(test, FilterWord):
        return Subject("", f"experimental.{test.filter}[{test.key}]", f"{test.key} of {test.filter}")
    return _OTHERS[type(test)]


def wanted(tests: Iterable[Test]) -> str:
    """The values that the tests ask for: `"a" or "b"`."""
    each = list(dict.fromkeys(_value(test) for test in tests))
    more = f" or one of {len(each) - TOLD} more" if len(each) > TOLD else ""
    return " or ".join(each[:TOLD]) + more


def _value(test: Test) -> str:
    if isinstance(test, Address):
        return test.network
    if isinstance(test, Port):
        return str(test.number)
    if isinstance(test, PathTemplate):
        return f'"{test.template}"'
    return "any" if test.text is None else wording(test.text)


def found(test: Test, of: Evidence) -> str:
    """What the call has of the sort; empty for nothing."""
    return _FOUND[type(test)](test, of)


def _of_peer(test: Peer, of: Evidence) -> str:
    known = of.workload
    parts = {
        PeerPart.IDENTITY: of.identity,
        PeerPart.TRUST_DOMAIN: of.identity.partition("/")[0],
        PeerPart.NAMESPACE: known.namespace if known else "",
        PeerPart.ACCOUNT: f"{known.namespace}/{known.service_account}" if known else "",
    }
    return parts[test.part]


def _of_token(test: TokenPrincipal, of: Evidence) -> str:
    issuer, name = token_parts(of)
    return f"{issuer}/{name}" if issuer and name else ""


def _of_claim(test: Claim, of: Evidence) -> str:
    value = claim_value(test.path, of.claims or {})
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


_FOUND: Mapping[type[Any], Callable[[Any, Evidence], str]] = {
    Peer: _of_peer,
    Address: lambda test, of: {End.PEER: of.peer, End.CLIENT: of.client, End.WORKLOAD: of.address}[test.end],
    Port: lambda test, of: str(of.port),
    ServerName: lambda test, of: of.server_name,
    Header: lambda test, of: of.header(test.name) or "",
    CalledPath: lambda test, of: of.path,
    PathTemplate: lambda test, of: of.path,
    Claim: _of_claim,
    TokenPrincipal: _of_token,
    FilterWord: lambda test, of: "",
}


def has(test: Test, of: Evidence) -> str:
    """What the call has of the sort, as the end of a sentence: `this call comes as cluster.local/ns/default/sa/api`."""
    value = found(test, of)
    if isinstance(test, Peer):
        return f"this call comes as {of.identity}" if of.identity else "this call comes without mutual TLS, so as nobody"
    if isinstance(test, Claim | TokenPrincipal) and of.claims is None:
        return "this call has no valid token"
    return f"this call has {value}" if value else "this call has none"


def lacking(lack: Lack, of: Evidence) -> str:
    """One clause that does not hold: `wants source namespace "foo", this call comes as cluster.local/ns/bar/sa/b`."""
    first = lack.listed[0]
    if lack.excluded:
        return f"is not for {subject(first).name} {wanted(lack.listed)}, {has(first, of)}"
    return f"wants {subject(first).name} {wanted(lack.listed)}, {has(first, of)}"


def place(lack: Lack, keys: tuple[str, ...]) -> str:
    """Where in a rule the clause is written: `from[0].source.notPrincipals`, `when[1].values`. `keys` are those of the rule's conditions."""
    about = subject(lack.listed[0])
    if lack.place != "when":
        field = about.field
        return f"{lack.place}.{f'not{field[:1].upper()}{field[1:]}' if lack.excluded else field}"
    same = [number for number, key in enumerate(keys) if key.lower() == about.key.lower()]
    number = lack.number if lack.number in same else same[0] if same else lack.number
    return f"when[{number}].{'notValues' if lack.excluded else 'values'}"


def number(rule: Rule) -> int:
    """Which of its policy's rules it is."""
    return int(rule.name.rpartition("[")[2].removesuffix("]"))


def condition_keys(written: api.Rule | None) -> tuple[str, ...]:
    """The keys of the conditions under `when`."""
    return tuple(each.key for each in written.when) if written is not None else ()


def unaskable(written: api.Rule) -> tuple[str, ...]:
    """What the rule asks that only requests have (AZ-8)."""
    sources = [each.source for each in written.from_ if each.source is not None]
    operations = [each.operation for each in written.to if each.operation is not None]
    listed = (
        ("token", any(each.request_principals or each.not_request_principals for each in sources)),
        ("host", any(each.hosts or each.not_hosts for each in operations)),
        ("method", any(each.methods or each.not_methods for each in operations)),
        ("path", any(each.paths or each.not_paths for each in operations)),
    )
    conditions = (each.key.partition("[")[0] for each in written.when if each.key.startswith("request."))
    return tuple(dict.fromkeys((*(name for name, asked in listed if asked), *conditions)))
