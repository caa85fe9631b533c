"""One HTTP route of a VirtualService: what it does, and that it does one thing."""

from __future__ import annotations

from lateen.api.networking.virtual_service import HTTPRoute
from lateen.api.text import Path
from lateen.check import headers, hosts
from lateen.check.durations import at_least_millisecond
from lateen.check.networking import http_actions, http_paths
from lateen.check.networking.destination import shares
from lateen.check.networking.http_faults import http_fault
from lateen.check.networking.http_match import http_match
from lateen.check.remark import Remarks, wrong


def http_route(route: HTTPRoute, path: Path, *, at_gateways: bool, in_delegate: bool) -> Remarks:
    """Every part, and that they go together."""
    yield from _one_action(route, path)
    yield from _delegation(route, path, in_delegate=in_delegate)
    for index, match in enumerate(route.match):
        yield from http_match(match, (*path, "match", index), at_gateways=at_gateways)
    yield from shares(route.route, (*path, "route"))
    for index, weighted in enumerate(route.route):
        yield from headers.operations(weighted.headers, (*path, "route", index, "headers"))
    yield from headers.operations(route.headers, (*path, "headers"))
    yield from http_actions.redirect(route.redirect, (*path, "redirect"))
    yield from http_actions.prefixes(route, path)
    yield from http_paths.joints(route, path)
    yield from http_actions.direct_response(route.direct_response, (*path, "directResponse"))
    yield from http_actions.rewrite(route.rewrite, (*path, "rewrite"))
    yield from http_actions.one_authority(route, path)
    yield from http_actions.retries(route.retries, (*path, "retries"))
    yield from http_actions.mirrors(route, path)
    yield from http_actions.cors(route.cors_policy, (*path, "corsPolicy"))
    yield from http_fault(route.fault, (*path, "fault"))
    yield from at_least_millisecond(route.timeout, (*path, "timeout"))


def _one_action(route: HTTPRoute, path: Path) -> Remarks:
    actions = {
        "route": bool(route.route),
        "redirect": route.redirect is not None,
        "directResponse": route.direct_response is not None,
        "delegate": route.delegate is not None,
    }
    given = [name for name, is_given in actions.items() if is_given]
    if not given:
        yield wrong(path, "the rule does nothing.", "Give route, redirect, directResponse or delegate.")
    elif len(given) > 1:
        yield wrong(path, f"{' and '.join(given)} are given, expected only one of them.")
    answer = next((name for name in ("redirect", "directResponse") if actions[name]), None)
    if answer is None:
        return
    for name, is_given in (("fault", route.fault is not None), ("rewrite", route.rewrite is not None)):
        if is_given:
            yield wrong((*path, name), f"{name} is given with {answer}, which sends nothing on.", "Leave one of them out.")


def _delegation(route: HTTPRoute, path: Path, *, in_delegate: bool) -> Remarks:
    """VS-53: "one level only"."""
    if route.delegate is None:
        return
    if in_delegate:
        yield wrong((*path, "delegate"), "a VirtualService without hosts is a delegate itself, and cannot delegate again.", "Give hosts, or a route.")
    if not route.delegate.name:
        yield wrong((*path, "delegate", "name"), "the name of the delegate is empty.")
    elif not all(hosts.is_label(part) for part in route.delegate.name.split(".")):
        yield wrong((*path, "delegate", "name"), f'found "{route.delegate.name}", expected the name of a VirtualService.')
    if route.delegate.namespace and not hosts.is_label(route.delegate.namespace):
        yield wrong((*path, "delegate", "namespace"), f'found "{route.delegate.namespace}", expected the name of a namespace.')
