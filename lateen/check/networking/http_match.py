"""Conditions on requests (VS-20 to VS-28)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import HTTPMatchRequest
from lateen.api.text import Path
from lateen.check import headers, hosts, ports, string_matches
from lateen.check.labels import labels
from lateen.check.networking.gateway_names import gateway_names
from lateen.check.remark import Remarks, wrong


def http_match(match: HTTPMatchRequest, path: Path, *, at_gateways: bool) -> Remarks:
    """Each condition by itself; claims of tokens are only known at gateways (VS-27)."""
    yield from string_matches.uri(match.uri, (*path, "uri"))
    for field, condition in (("scheme", match.scheme), ("method", match.method), ("authority", match.authority)):
        yield from string_matches.text(condition, (*path, field))
    for field, given in (("headers", match.headers), ("withoutHeaders", match.without_headers)):
        for name, header in given.items():
            yield from headers.matched_name(name, (*path, field, name))
            yield from string_matches.header(header, (*path, field, name))
            if headers.is_claim(name) and not at_gateways:
                message = f'found "{name}", but claims are only matched at gateways.'
                yield wrong((*path, field, name), message, 'Name a gateway in gateways, and not "mesh".')
    for name, parameter in match.query_params.items():
        if not name:
            yield wrong((*path, "queryParams", name), "the name of the query parameter is empty.")
        yield from string_matches.text(parameter, (*path, "queryParams", name))
    if match.port:
        yield from ports.number(match.port, (*path, "port"))
    yield from labels(match.source_labels, (*path, "sourceLabels"))
    yield from gateway_names(match.gateways, (*path, "gateways"))
    if match.source_namespace and not hosts.is_label(match.source_namespace):
        yield wrong((*path, "sourceNamespace"), f'found "{match.source_namespace}", expected the name of a namespace.')
