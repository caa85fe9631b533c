"""Ingresses, told in the words of gateways (GW-11). All of them are attached to one gateway that nobody writes; its servers are theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api import inputs, mesh
from lateen.api.core.ingress import HTTPIngressPath, Ingress, IngressBackend
from lateen.api.gateway_names import INGRESS
from lateen.api.indexes import service_host
from lateen.api.mesh_config import IngressControllerMode
from lateen.api.networking.gateway import ServerTLSSettings, TLSMode
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.ir.gateway import ServedHost, Server, Traffic
from lateen.ir.match import EVERYTHING, Match, Path, PathManner
from lateen.ir.routes import Rule
from lateen.ir.view import Labels, Perspective
from lateen.registry.namespaces import is_member
from lateen.translate.gateway_tls import server_tls
from lateen.translate.routes import default_rule
from lateen.translate.visibility import service_for
from lateen.values.ref import Ref

KIND = "Ingress"
CONTROLLER = "istio.io/ingress-controller"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"

_PLAIN, _SECURE = 80, 443
_WILD = (".*", "/*")
"""How a path of no stated type ends that stands for all below; another is compared as a whole (there are no regular expressions)."""
_EVERY_PATH = ("", "*")
_ENDS_OF_PATHS = frozenset("?#")
"""No path goes on behind one of these."""
_MANNERS = {PathManner.EXACT: 0, PathManner.SEGMENTS: 1, PathManner.PREFIX: 1, PathManner.REGEX: 2}


@query
def is_ours(g: Graph, ref: Ref) -> bool:
    """Whether the Ingress is of a class that the mesh serves, by annotation or by IngressClass; mode DEFAULT also serves those of none."""
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    mode = mesh.ingress_controller_mode(g)
    if found is None or mode is IngressControllerMode.OFF or not is_member(g, ref.namespace):
        return False
    annotated = found.annotations.get(CLASS_ANNOTATION)
    if annotated is not None:
        return annotated == mesh.ingress_class(g)
    if found.spec.spec.ingress_class_name is not None:
        named = inputs.resource(g, Ref("IngressClass", "", found.spec.spec.ingress_class_name))
        return named is not None and named.spec.spec.controller == CONTROLLER
    return mode is IngressControllerMode.DEFAULT


@query
def ours(g: Graph) -> tuple[Ref, ...]:
    """The Ingresses that the mesh serves, those that win first."""
    found = (Ref(KIND, namespace, name) for namespace in inputs.namespaces(g, KIND) for name in inputs.names(g, KIND, namespace))
    return tuple(sorted((ref for ref in found if is_ours(g, ref)), key=lambda ref: _rank(g, ref)))


@query
def _rank(g: Graph, ref: Ref) -> tuple[str, str, str]:
    found = inputs.resource(g, ref)
    return found.age_order if found is not None else ("", "", "")


def serves(g: Graph, labels: Labels) -> bool:
    """Whether workloads with these labels serve Ingresses, and there are any."""
    return ("istio", mesh.ingress_selector(g)) in labels and bool(ours(g))


@query
def servers(g: Graph) -> tuple[Server, ...]:
    """Port 80 for all hosts, and port 443 for each certificate."""
    secure = tuple(server for ref in ours(g) for server in _secure(g, ref))
    return (Server(INGRESS, _PLAIN, f"http-{_PLAIN}-ingress", (ServedHost("", "*"),), Traffic.REQUESTS), *secure)


@query
def _secure(g: Graph, ref: Ref) -> tuple[Server, ...]:
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    written = found.spec.spec.tls if found is not None else ()
    return tuple(
        Server(
            gateway=INGRESS,
            number=_SECURE,
            name=f"https-{_SECURE}-ingress-{ref.name}-{ref.namespace}-{place}",
            hosts=tuple(ServedHost("", host.lower()) for host in sorted(set(each.hosts) or {"*"})),
            traffic=Traffic.REQUESTS,
            tls=server_tls(g, ServerTLSSettings(mode=TLSMode.SIMPLE, credential_name=each.secret_name), http=True),
            origin=ref,
        )
        for place, each in enumerate(written)
        if each.secret_name
    )


@query
def hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The hosts that the Ingress speaks of; `*` stands for all others."""
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    if found is None:
        return ()
    named = (rule.host.lower() or "*" for rule in found.spec.spec.rules)
    return tuple(dict.fromkeys((*named, *(("*",) if found.spec.spec.default_backend is not None else ()))))


@query
def destinations(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The hosts that the Ingress routes to, sorted."""
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    if found is None or not is_ours(g, ref):
        return ()
    spec = found.spec.spec
    backends = [path.backend for rule in spec.rules if rule.http is not None for path in rule.http.paths]
    if spec.default_backend is not None:
        backends.append(spec.default_backend)
    zone = inputs.domain(g)
    return tuple(sorted({service_host(each.service.name, ref.namespace, zone) for each in backends if each.service is not None}))


@query
def rules(g: Graph, ref: Ref, host: str, seen: Perspective) -> tuple[Rule, ...]:
    """What the Ingress says of a host."""
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    return tuple(_rules(g, ref, host, seen, found.spec)) if found is not None else ()


def _rules(g: Graph, ref: Ref, host: str, seen: Perspective, of: Ingress) -> Iterator[Rule]:
    for rule in of.spec.rules:
        if (rule.host.lower() or "*") == host and rule.http is not None:
            for path in rule.http.paths:
                if _ENDS_OF_PATHS.isdisjoint(path.path):
                    yield from _to(g, ref, seen, path.backend, Match(path=_path(path)))
    if host == "*" and of.spec.default_backend is not None:
        yield from _to(g, ref, seen, of.spec.default_backend, EVERYTHING)


def _path(of: HTTPIngressPath) -> Path:
    if of.path_type == "Exact":
        return Path(PathManner.EXACT, of.path) if of.path else Path()
    if of.path_type == "Prefix":
        return _below(of.path)
    ending = next((each for each in _WILD if of.path.endswith(each)), "")
    if ending or of.path in _EVERY_PATH:
        return _below(of.path.removesuffix(ending or of.path))
    return Path(PathManner.EXACT, of.path)


def _below(path: str) -> Path:
    """The path and what is below it, by whole segments."""
    start = path.rstrip("/")
    return Path(PathManner.SEGMENTS, start) if start else Path()


def _to(g: Graph, ref: Ref, seen: Perspective, backend: IngressBackend, match: Match) -> Iterator[Rule]:
    if backend.service is None:
        return
    host = service_host(backend.service.name, ref.namespace, inputs.domain(g))
    port = backend.service.port.number or _named_port(g, seen, host, backend.service.port.name)
    if port:
        yield msgspec.structs.replace(default_rule(g, seen, host, port), match=match, origin=ref)


def _named_port(g: Graph, seen: Perspective, host: str, name: str) -> int:
    service = service_for(g, seen, host)
    return next((port.number for port in service.ports if port.name == name), 0) if service is not None else 0


def ordered(found: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules of several Ingresses about one host: exact paths first, then longer before shorter ones, as Kubernetes would have it."""
    return tuple(sorted(found, key=lambda rule: (_MANNERS[rule.match.path.manner], -len(rule.match.path.value))))
