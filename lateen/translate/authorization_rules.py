"""One AuthorizationPolicy as rules (AZ-4 to AZ-8, AZ-13): tables from the user's fields and keys to tests.

On connections that are not understood as HTTP "an ALLOW rule that has any HTTP-only field is dropped as a whole; a DENY/AUDIT rule keeps
its other fields and drops the HTTP ones, so it gets WIDER". A value that cannot be understood is treated alike: what allows gets narrower,
what denies wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_network

import msgspec

from lateen.api.security import authorization_policy as api
from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import (
    SOMETHING,
    Address,
    CalledPath,
    Clause,
    Clauses,
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
from lateen.translate.path_templates import is_template, path_template
from lateen.translate.trust_domains import principals
from lateen.values.ref import Ref


class Setting(msgspec.Struct, frozen=True, cache_hash=True):
    """What the meaning of a rule depends on beside its text. `http` tells whether the connection is understood as HTTP; a `lenient` rule
    survives what it cannot ask.
    """

    namespace: str
    trust_domains: tuple[str, ...]
    http: bool
    lenient: bool


class Unaskable(Exception):
    """The value cannot be asked for: not here, or not at all."""


Ask = Callable[[str], Test]
"""The test that a value stands for. Raises `Unaskable`."""


def rule(setting: Setting, written: api.Rule, name: str, origin: Ref) -> Rule | None:
    """The rule of this name; None where it cannot match at all."""
    try:
        return Rule(
            name,
            callers=_options(_source(setting, each.source or api.Source()) for each in written.from_),
            calls=_options(_operation(setting, each.operation or api.Operation()) for each in written.to),
            conditions=tuple(clause for each in written.when for clause in _condition(setting, each)),
            origin=origin,
        )
    except Unaskable:
        return None


def text(value: str, *, ignore_case: bool = False) -> Text:
    """AZ-5: "`abc` exact, `abc*` prefix, `*abc` suffix, `*` present (non-empty)." """
    if value == "*":
        return SOMETHING
    if value.startswith("*"):
        return Text(Manner.SUFFIX, value[1:], ignore_case)
    if value.endswith("*"):
        return Text(Manner.PREFIX, value[:-1], ignore_case)
    return Text(Manner.EXACT, value, ignore_case)


def _options(of: Iterable[Clauses]) -> tuple[Clauses, ...]:
    """One that asks for nothing fits all, whatever the others ask for."""
    found = tuple(of)
    return found if all(found) else ()


def _clause(setting: Setting, ask: Ask, values: Iterable[str], none_of: Iterable[str]) -> Iterator[Clause]:
    found = Clause(_tests(setting, ask, values), _tests(setting, ask, none_of))
    if found.any_of or found.none_of:
        yield found


def _tests(setting: Setting, ask: Ask, values: Iterable[str]) -> tuple[Test, ...]:
    out = []
    for value in values:
        try:
            out.append(ask(value))
        except Unaskable:
            if not setting.lenient:
                raise
    return tuple(out)


def _source(setting: Setting, of: api.Source) -> Clauses:
    def own(values: tuple[str, ...]) -> tuple[str, ...]:
        return principals(values, setting.trust_domains)

    listed: tuple[tuple[Ask, tuple[str, ...], tuple[str, ...]], ...] = (
        (_identity, own(of.principals), own(of.not_principals)),
        (_for_http(setting, _token_principal), of.request_principals, of.not_request_principals),
        (_namespace, of.namespaces, of.not_namespaces),
        (_account(setting), of.service_accounts, of.not_service_accounts),
        (_trust_domain, of.trust_domains, of.not_trust_domains),
        (_address(End.PEER), of.ip_blocks, of.not_ip_blocks),
        (_address(End.CLIENT), of.remote_ip_blocks, of.not_remote_ip_blocks),
    )
    return tuple(clause for ask, values, none_of in listed for clause in _clause(setting, ask, values, none_of))


def _operation(setting: Setting, of: api.Operation) -> Clauses:
    listed: tuple[tuple[Ask, tuple[str, ...], tuple[str, ...]], ...] = (
        (_for_http(setting, _host), of.hosts, of.not_hosts),
        (_port, of.ports, of.not_ports),
        (_for_http(setting, _method), of.methods, of.not_methods),
        (_for_http(setting, _path), of.paths, of.not_paths),
    )
    return tuple(clause for ask, values, none_of in listed for clause in _clause(setting, ask, values, none_of))


def _condition(setting: Setting, of: api.Condition) -> Iterator[Clause]:
    """AZ-7."""
    name, _, rest = of.key.partition("[")
    keys = tuple(rest.removesuffix("]").split("][")) if rest else ()
    values, none_of = of.values, of.not_values
    if of.key == "source.principal":
        values, none_of = principals(values, setting.trust_domains), principals(none_of, setting.trust_domains)
    yield from _clause(setting, _asking(setting, name, keys), values, none_of)


def _asking(setting: Setting, name: str, keys: tuple[str, ...]) -> Ask:
    if not keys:
        if name == "source.serviceAccount":
            return _account(setting)
        ask = _PLAIN.get(name)
        return ask if ask is not None else _for_http(setting, _OF_TOKENS.get(name, _unknown))
    if not all(keys):
        return _unknown
    if name == "request.headers":
        return _for_http(setting, lambda value: Header(keys[0].lower(), _header_text(value)))
    if name == "request.auth.claims":
        return _for_http(setting, lambda value: Claim(keys, text(value)))
    if name.startswith(_FILTERS):
        return lambda value: _filter_word(name.removeprefix(_EXPERIMENTAL), keys[0], value)
    return _unknown


def _for_http(setting: Setting, ask: Ask) -> Ask:
    return ask if setting.http else _unknown


def _unknown(value: str) -> Test:
    raise Unaskable


def _identity(value: str) -> Test:
    return Peer(PeerPart.IDENTITY, text(value))


def _namespace(value: str) -> Test:
    return Peer(PeerPart.NAMESPACE, text(value))


def _trust_domain(value: str) -> Test:
    return Peer(PeerPart.TRUST_DOMAIN, text(value))


def _account(setting: Setting) -> Ask:
    """AZ-6: "`sa` (policy's ns) or `ns/sa`", which are names and no patterns."""
    return lambda value: Peer(PeerPart.ACCOUNT, Text(Manner.EXACT, value if "/" in value else f"{setting.namespace}/{value}"))


def _address(end: End) -> Ask:
    def ask(value: str) -> Test:
        try:
            return Address(end, str(ip_network(value, strict=False)))
        except ValueError as wrong:
            raise Unaskable from wrong

    return ask


def _port(value: str) -> Test:
    if not (value.isascii() and value.isdecimal() and 0 < int(value) < 1 << 16):
        raise Unaskable
    return Port(int(value))


def _host(value: str) -> Test:
    """AZ-5: "hosts compare with the whole `:authority`, case-insensitive"."""
    return Header(":authority", _header_text(value, ignore_case=True))


def _method(value: str) -> Test:
    return Header(":method", _header_text(value))


def _header_text(value: str, *, ignore_case: bool = False) -> Text | None:
    return None if value == "*" else text(value, ignore_case=ignore_case)


def _path(value: str) -> Test:
    if not is_template(value):
        return CalledPath(text(value))
    found = path_template(value)
    if found is None:
        raise Unaskable
    return PathTemplate(found)


def _server_name(value: str) -> Test:
    return ServerName(text(value))


def _token_principal(value: str) -> Test:
    return TokenPrincipal(text(value))


def _claim(name: str) -> Ask:
    return lambda value: Claim((name,), text(value))


def _filter_word(filter_name: str, key: str, value: str) -> Test:
    listed = value.startswith("[") and value.endswith("]")
    return FilterWord(filter_name, key, text(value[1:-1] if listed else value), listed)


_EXPERIMENTAL = "experimental."
_FILTERS = f"{_EXPERIMENTAL}envoy.filters."
_PLAIN: Mapping[str, Ask] = {
    "source.ip": _address(End.PEER),
    "remote.ip": _address(End.CLIENT),
    "source.namespace": _namespace,
    "source.principal": _identity,
    "source.trustDomain": _trust_domain,
    "destination.ip": _address(End.WORKLOAD),
    "destination.port": _port,
    "connection.sni": _server_name,
}
_OF_TOKENS: Mapping[str, Ask] = {
    "request.auth.principal": _token_principal,
    "request.auth.audiences": _claim("aud"),
    "request.auth.presenter": _claim("azp"),
}
