"""`/lateen/v1/proxies`: who is connected, what each has acknowledged or refused (XD-11), and what the control plane thinks it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.assembly import config_dump
from lateen.assembly.views import view
from lateen.control.api.failure import Failure
from lateen.control.api.respond import json_response, plane_of
from lateen.control.metrics import SHORT
from lateen.control.plane import ControlPlane
from lateen.control.states import TypeState
from lateen.render.patch_bootstrap import bootstrap
from lateen.translate import envoy_filters, proxy_settings
from lateen.translate.proxy_settings import Whose
from lateen.xds import order
from lateen.xds.stream import Stream

TYPES: Final = (order.CDS, order.LDS, order.EDS, order.RDS, order.VHDS, order.SDS, order.ECDS)
"""The types that are told of, in the order of istioctl's columns."""

_SPLIT: Final = frozenset({"virtualHosts", "endpoints"})
"""Capabilities by which a proxy gets parts of a resource one by one; no dump has a place for parts."""

SYNCED: Final = "SYNCED"
STALE: Final = "STALE"
NOT_SENT: Final = "NOT SENT"
NACK: Final = "NACK"


async def proxies(request: Request) -> Response:
    """`GET /lateen/v1/proxies`."""
    plane = plane_of(request)
    streams = sorted(plane.pusher.states.streams, key=lambda stream: stream.proxy.id)
    return json_response({"proxies": [described(plane, stream) for stream in streams], "revision": plane.feed.revision})


async def proxy(request: Request) -> Response:
    """`GET /lateen/v1/proxies/ID`."""
    plane = plane_of(request)
    return json_response(described(plane, meant(plane.pusher.states.streams, request.path_params["id"])))


async def config(request: Request) -> Response:
    """`GET /lateen/v1/proxies/ID/config`: in the shape of Envoy's `/config_dump`, virtual hosts inside their route configurations."""
    plane = plane_of(request)
    stream = meant(plane.pusher.states.streams, request.path_params["id"])
    seen = view(stream.proxy, plane.pusher.dependencies.of(stream.proxy))
    whole = msgspec.structs.replace(seen, capabilities=seen.capabilities - _SPLIT)
    return json_response(config_dump.dump(plane.pusher.g, whole))


async def settings(request: Request) -> Response:
    """`GET /lateen/v1/proxy-settings?namespace=N&labels=A%3DB,C%3DD&annotation=YAML&kind=gateway&version=V`: the ProxyConfig for such workloads, as
    far as said, and what EnvoyFilters have their proxies started with.
    """
    query, plane = request.query_params, plane_of(request)
    for newest in await plane.store.history(limit=1):
        await plane.feed.landed(newest.number)
    g, namespace = plane.pusher.g, query.get("namespace", "default")
    labels = tuple(sorted((name, value) for name, _, value in (word.partition("=") for word in query.get("labels", "").split(",") if word)))
    said = proxy_settings.said(g, Whose(namespace, labels, query.get("annotation", "")))
    patches = envoy_filters.bootstrap_patches(g, namespace, labels, ((envoy_filters.VERSION, query.get("version", "")),))
    patch = bootstrap(patches, at_gateway=query.get("kind") == "gateway")
    return json_response({"settings": msgspec.to_builtins(said, enc_hook=str), "bootstrap": patch})


def meant(streams: Iterable[Stream], word: str) -> Stream:
    """The proxy that a user means: by its node id, `NAME.NAMESPACE`, `NAMESPACE/NAME` or `NAME`. Raises `Failure` (404, 409)."""
    known = list(streams)
    for spelling in (_id, _name_first, _namespace_first, _name):
        found = [stream for stream in known if spelling(stream) == word]
        if len({_id(stream) for stream in found}) > 1:
            raise Failure(409, f'"{word}" fits several proxies: {", ".join(sorted(_name_first(stream) for stream in found))}. Name one of them.')
        if found:
            return found[0]
    connected = ", ".join(sorted(_name_first(stream) for stream in known)) or "none"
    raise Failure(404, f'No proxy "{word}" is connected. Connected: {connected}.')


def described(plane: ControlPlane, stream: Stream) -> dict[str, Any]:
    """One proxy."""
    who, states = stream.proxy, plane.pusher.states.streams.get(stream, {})
    return {
        "id": who.id,
        "name": who.name,
        "namespace": who.namespace,
        "kind": who.kind,
        "addresses": who.addresses,
        "serviceAccount": who.service_account,
        "labels": dict(who.labels),
        "cluster": who.cluster_id,
        "version": who.istio_version or who.user_agent_version,
        "capabilities": [name for name, value in who.capabilities if value],
        "onDemand": plane.pusher.dependencies.of(who),
        "peer": stream.peer,
        "connectedSince": plane.pusher.since.get(stream, ""),
        "types": {SHORT[type_url]: _type(stream, type_url, states.get(type_url)) for type_url in TYPES},
    }


def _type(stream: Stream, type_url: str, state: TypeState | None) -> dict[str, Any]:
    refusal = state.refusal if state is not None else None
    told: dict[str, Any] = {"status": _status(stream, type_url, state), "acknowledged": state.acked if state else 0, "at": state.at if state else ""}
    if refusal is not None:
        told |= {"message": refusal.message, "names": refusal.names, "refs": [str(ref) for ref in refusal.refs]}
    return told


def _status(stream: Stream, type_url: str, state: TypeState | None) -> str:
    subscription = stream.session.subscription(type_url)
    if subscription is None:
        return NOT_SENT
    if state is not None and state.refusal is not None:
        return NACK
    if subscription.oldest is not None:
        return STALE
    return SYNCED if state is not None and state.at else NOT_SENT


def _id(stream: Stream) -> str:
    return stream.proxy.id


def _name_first(stream: Stream) -> str:
    return f"{stream.proxy.name}.{stream.proxy.namespace}"


def _namespace_first(stream: Stream) -> str:
    return f"{stream.proxy.namespace}/{stream.proxy.name}"


def _name(stream: Stream) -> str:
    return stream.proxy.name
