"""A call as users ask about it: who calls, which URL, with what; made into a `Call`, or refused with a sentence (`Unanswerable`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from lateen.api import inputs, schema
from lateen.assembly.views import view_of
from lateen.explain.call import Call, Protocol, Token, Wire
from lateen.explain.onward import Proxies, addresses, proxy_at
from lateen.flow import Graph
from lateen.ir.view import Labels, ProxyKind, View
from lateen.registry import workloads
from lateen.registry.service import Workload
from lateen.values.ref import Ref

SCHEMES: Final[Mapping[str, tuple[Protocol, int]]] = {
    "http": (Protocol.HTTP, 80),
    "https": (Protocol.HTTP, 443),
    "h2c": (Protocol.HTTP2, 80),
    "grpc": (Protocol.GRPC, 80),
    "tcp": (Protocol.TCP, 0),
    "tls": (Protocol.TLS, 443),
}
"""The schemes of URLs, each with what is spoken and its usual port; 0 where there is none."""
OUTSIDE: Final = "outside"
"""The caller that has no proxy, and calls a workload straight."""
GATEWAYS: Final = "istio-system"
"""The namespace of a gateway's workload that nobody describes."""


class Unanswerable(ValueError):
    """The question cannot be answered as it is asked; the text says why, and what to do."""


class Question(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A question. `caller` is a workload (`NAME.NAMESPACE`, `NAMESPACE/NAME`, `NAME`), a gateway, a Gateway's name, or a node id in Istio's form;
    calls come to a gateway from outside of the mesh, and from `outside` straight to a workload. `headers` are lines (`name: value`). `address` is the
    IP to connect to, where the URL's host does not say; `source` the caller's. `claims` are those of a token (JSON) that is properly signed.
    `principal` is a SPIFFE id that a caller from outside proves. `namespace` is where names are looked for first. `now` is when the call is made, in
    seconds, 0 for no matter.
    """

    caller: str
    url: str
    method: str = ""
    headers: tuple[str, ...] = ()
    address: str = ""
    source: str = ""
    claims: str = ""
    principal: str = ""
    namespace: str = "default"
    now: int = 0


class Meant(NamedTuple):
    """The call that is asked about, and the gateway that it comes to, None for a call out of a workload."""

    call: Call
    gateway: View | None


def meant(g: Graph, asked: Question, named: Mapping[str, View] | None = None) -> Meant:
    """What the question means. `named` are connected proxies by all names that they go by. Raises `Unanswerable`."""
    view = _caller(g, asked, named or {}) if asked.caller != OUTSIDE else None
    if view is not None and view.kind is ProxyKind.PROXYLESS:
        raise Unanswerable(f'"{asked.caller}" is a program that is its own proxy: what it does with what it is told is its own affair.')
    at_gateway = view is not None and view.kind is ProxyKind.GATEWAY
    url = _url(asked.url)
    headers = tuple(_header(line) for line in asked.headers)
    protocol, usual = SCHEMES[url.scheme]
    is_secure = url.scheme in ("https", "tls")
    if is_secure and not at_gateway:
        protocol = Protocol.TLS
    host = next((value for name, value in headers if name == "host"), "")
    call = Call(
        host=url.hostname or "",
        port=_port(url, usual),
        client=None if at_gateway else view,
        address=asked.address,
        protocol=protocol,
        method=asked.method or ("POST" if protocol is Protocol.GRPC else "GET"),
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        headers=tuple(pair for pair in headers if pair[0] != "host"),
        authority=host,
        wire=_wire(asked, at_gateway=at_gateway, straight=view is None),
        sni=(url.hostname or "") if is_secure else "",
        alpn=("http/1.1",) if url.scheme == "https" else (),
        source=asked.source or (next(iter(view.addresses), "") if view is not None and not at_gateway else ""),
        identity=asked.principal,
        tokens=(_token(asked.claims),) if asked.claims else (),
        now=asked.now,
        namespace=asked.namespace,
    )
    return Meant(call, view if at_gateway else None)


def _wire(asked: Question, *, at_gateway: bool, straight: bool) -> Wire:
    """What the first proxy sees: TLS ends at gateways, and who comes straight to a workload and proves who it is, does so by mutual TLS."""
    if straight and asked.principal:
        return Wire.MESH
    return Wire.TLS if at_gateway and asked.url.startswith("https:") else Wire.PLAIN


def _url(text: str) -> SplitResult:
    try:
        found = urlsplit(text if "://" in text else f"http://{text}")
        known = found.hostname and (found.port or True)
    except ValueError as wrong:
        raise Unanswerable(f'"{text}" is no URL: {wrong}.') from wrong
    if found.scheme not in SCHEMES:
        raise Unanswerable(f'"{text}": found the scheme {found.scheme}, expected {", ".join(SCHEMES)}.')
    if not known:
        raise Unanswerable(f'"{text}" names no host: expected a URL such as http://reviews:9080/ratings.')
    return found


def _port(url: SplitResult, usual: int) -> int:
    port = url.port or usual
    if not port:
        raise Unanswerable(f"{url.scheme}://{url.netloc} names no port, and {url.scheme} has no usual one.")
    return port


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise Unanswerable(f'"{line}" is no header: expected "name: value".')
    return name.strip().lower(), value.strip()


def _token(claims: str) -> Token:
    found = Token(claims)
    try:
        return found if found.payload else Token(claims)
    except ValueError as wrong:
        raise Unanswerable(f"The claims cannot be read: {str(wrong).rstrip('.')}.") from wrong


# Who calls


def _caller(g: Graph, asked: Question, named: Mapping[str, View]) -> View:
    word = asked.caller
    if word in named:
        return named[word]
    if "~" in word:
        try:
            return view_of(word, {})
        except ValueError as wrong:
            raise Unanswerable(str(wrong)) from wrong
    if (workload := next(_described(g, word, asked.namespace), None)) is not None:
        return _view(g, workload)
    if (gateway := _of_gateway(g, word, asked.namespace, named)) is not None:
        return gateway
    near = schema.did_you_mean(word, [*named, *_names(g)])
    raise Unanswerable(f'Nobody is called "{word}": expected a workload, a gateway, or a node id in Istio\'s form. {near}'.strip())


def _described(g: Graph, word: str, namespace: str) -> Iterator[Workload]:
    """Workloads by their name, else by the name of what made them, else by their label `app`; in the namespace that is named, else in any."""
    every = sorted(_every(g), key=lambda each: (each.namespace != namespace, each.namespace, each.name))
    for spelled in range(len(_own_names(every[0]))) if every else ():
        yield from (each for each in every if (name := _own_names(each)[spelled]) and word in _spellings(name, each.namespace))


def _own_names(of: Workload) -> tuple[str, str, str]:
    return (of.name, of.controller, dict(of.labels).get("app", ""))


def _spellings(name: str, namespace: str) -> tuple[str, str, str]:
    return (name, f"{name}.{namespace}", f"{namespace}/{name}")


def _every(g: Graph) -> Iterator[Workload]:
    for kind in workloads.KINDS:
        for namespace in inputs.namespaces(g, kind):
            for name in inputs.names(g, kind, namespace):
                found = workloads.workload(g, Ref(kind, namespace, name))
                if found is not None:
                    yield found


def _view(g: Graph, workload: Workload) -> View:
    """The proxy of a workload; one that is called as a client has one, whatever its endpoints take."""
    known = next((view for address in workload.addresses if (view := proxy_at(g, address)) is not None), None)
    account = workload.service_account or "default"
    return known or View(ProxyKind.SIDECAR, workload.namespace, workload.labels, addresses(workload), account, node=workload.node)


def _of_gateway(g: Graph, word: str, namespace: str, named: Mapping[str, View]) -> View | None:
    """A workload that the Gateway of that name selects: one that is connected, else one that is described, else one as it would be."""
    for owner in sorted(inputs.namespaces(g, "Gateway"), key=lambda each: (each != namespace, each)):
        for each in inputs.resources(g, "Gateway", owner):
            if word in _spellings(each.ref.name, owner):
                return _selected(g, tuple(sorted(each.spec.selector.items())), named)
    return None


def _selected(g: Graph, selector: Labels, named: Mapping[str, View]) -> View:
    connected = (view for view in named.values() if view.kind is ProxyKind.GATEWAY and set(selector) <= set(view.labels))
    described = (_view(g, each) for each in _every(g) if set(selector) <= set(each.labels))
    return next(connected, None) or next(described, None) or View(ProxyKind.GATEWAY, GATEWAYS, selector)


def _names(g: Graph) -> Iterator[str]:
    for each in _every(g):
        yield from _spellings(each.name, each.namespace)


def answering(proxies: Mapping[str, View]) -> Proxies:
    """Connected proxies by their addresses, for what becomes of a call where it arrives."""
    return {address: view for view in proxies.values() for address in view.addresses}
