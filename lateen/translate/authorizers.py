"""The external authorizers that MeshConfig names (AZ-10)."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.api import mesh
from lateen.api.mesh_providers import (
    EnvoyExternalAuthorizationGrpcProvider,
    EnvoyExternalAuthorizationHttpProvider,
    EnvoyExternalAuthorizationRequestBody,
)
from lateen.flow import Graph, query
from lateen.ir.match import Manner, Text
from lateen.ir.policy import Authorizer, Protocol, Shown, ShownBody
from lateen.ir.routes import outbound
from lateen.registry import services
from lateen.values.duration import Duration

PATIENCE = 600 * 10**9
"""How long an answer may take where the provider does not say, in nanoseconds."""

Provider = EnvoyExternalAuthorizationHttpProvider | EnvoyExternalAuthorizationGrpcProvider


@query
def provider(g: Graph, name: str) -> Provider | None:
    """The authorizer of this name in MeshConfig."""
    for each in mesh.extension_providers(g):
        if each.name == name:
            return each.envoy_ext_authz_http or each.envoy_ext_authz_grpc
    return None


@query
def service(g: Graph, name: str) -> tuple[str, str] | None:
    """Namespace and host of the service that the authorizer is; None where there is no such service."""
    found = provider(g, name)
    if found is None:
        return None
    namespace, _, host = found.service.rpartition("/")
    declaring = services.declaring(g, host)
    if namespace:
        return (namespace, host) if namespace in declaring else None
    return (declaring[0], host) if declaring else None


@query
def authorizer(g: Graph, name: str) -> Authorizer | None:
    """How the authorizer is asked; None where there is none, or its service or port is missing."""
    found, place = provider(g, name), service(g, name)
    if found is None or place is None:
        return None
    namespace, host = place
    known = services.service(g, namespace, host)
    if known is None or known.port(found.port) is None:
        return None
    is_http = isinstance(found, EnvoyExternalAuthorizationHttpProvider)
    return Authorizer(
        protocol=Protocol.HTTP if is_http else Protocol.GRPC,
        destination=outbound(host, found.port),
        host=host,
        timeout=_timeout(found.timeout),
        open=found.fail_open,
        status=int(found.status_on_error) if found.status_on_error.isdecimal() else 0,
        rerouted=found.clear_route_cache,
        body=_body(found.include_request_body_in_check),
        shown=_shown(found) if isinstance(found, EnvoyExternalAuthorizationHttpProvider) else Shown(),
    )


def _timeout(given: Duration | None) -> int:
    return given.nanoseconds if given is not None else PATIENCE


def _body(given: EnvoyExternalAuthorizationRequestBody | None) -> ShownBody | None:
    """At most 0 bytes is nothing, which Envoy refuses to be told."""
    if given is None or not given.max_request_bytes:
        return None
    return ShownBody(given.max_request_bytes, given.allow_partial_message, given.pack_as_bytes)


def _shown(of: EnvoyExternalAuthorizationHttpProvider) -> Shown:
    return Shown(
        prefix=of.path_prefix if of.path_prefix.startswith("/") or not of.path_prefix else f"/{of.path_prefix}",
        headers=_names(of.include_request_headers_in_check or of.include_headers_in_check),
        added=tuple(sorted(of.include_additional_headers_in_check.items())),
        kept=_names(of.headers_to_upstream_on_allow),
        returned=_names(of.headers_to_downstream_on_deny),
        returned_allowed=_names(of.headers_to_downstream_on_allow),
    )


def _names(patterns: Iterable[str]) -> tuple[Text, ...]:
    return tuple(_name(each) for each in patterns)


def _name(pattern: str) -> Text:
    if pattern.endswith("*") and pattern != "*":
        return Text(Manner.PREFIX, pattern[:-1], ignore_case=True)
    if pattern.startswith("*"):
        return Text(Manner.SUFFIX, pattern[1:], ignore_case=True) if pattern != "*" else Text(Manner.REGEX, ".*")
    return Text(Manner.EXACT, pattern, ignore_case=True)
