"""Ingress: what Kubernetes would refuse, and what no request fits.

https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/
"""

from __future__ import annotations

from lateen.api.core.ingress import HTTPIngressPath, Ingress, IngressBackend, IngressServiceBackend
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import hosts, ports
from lateen.check.remark import Remarks, doubtful, wrong

_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_NEVER = ("?", "#")
_AMBIGUOUS = ("//", "/./", "/../", "%2f", "%2F")
_AMBIGUOUS_ENDS = ("/.", "/..")


def ingress(of: Resource[Ingress]) -> Remarks:
    """Hosts, paths and backends that mean something."""
    spec = of.spec.spec
    if not spec.rules and spec.default_backend is None:
        yield wrong(("spec",), "there are neither rules nor a defaultBackend, expected at least one of them.")
    if spec.default_backend is not None:
        yield from _backend(spec.default_backend, ("spec", "defaultBackend"))
    for index, tls in enumerate(spec.tls):
        for place, host in enumerate(tls.hosts):
            yield from _host(host, ("spec", "tls", index, "hosts", place))
    for index, rule in enumerate(spec.rules):
        if rule.host:
            yield from _host(rule.host, ("spec", "rules", index, "host"))
        for place, each in enumerate(rule.http.paths if rule.http is not None else ()):
            yield from _path(each, ("spec", "rules", index, "http", "paths", place))


def _host(host: str, path: Path) -> Remarks:
    if host.startswith("*") and host[1:2] not in ("", "."):
        yield wrong(path, f'found the host "{host}", expected "*" only as its whole first label.')
    else:
        yield from hosts.wildcard_name(host, path)


def _path(of: HTTPIngressPath, path: Path) -> Remarks:
    if of.path_type not in _TYPES:
        yield wrong((*path, "pathType"), f'found the path type "{of.path_type}", expected {", ".join(_TYPES[:-1])} or {_TYPES[-1]}.')
    yield from _text(of, (*path, "path"))
    yield from _backend(of.backend, (*path, "backend"))


def _text(of: HTTPIngressPath, path: Path) -> Remarks:
    if not of.path.startswith("/") and (of.path or of.path_type in _TYPES[:2]):
        yield wrong(path, f'found the path "{of.path}", expected one that begins with "/".')
    elif of.path_type in _TYPES[:2] and (found := _ambiguous(of.path)):
        yield wrong(path, f'found the path "{of.path}", expected none with "{found}", which can be read in two ways.')
    elif any(each in of.path for each in _NEVER):
        yield doubtful(path, f'no request has the path "{of.path}", for a path ends where "?" or "#" begins.', "Name what is in front of it.")


def _ambiguous(path: str) -> str:
    ends = (each for each in _AMBIGUOUS_ENDS if path.endswith(each))
    return next((each for each in _AMBIGUOUS if each in path), next(ends, ""))


def _backend(of: IngressBackend, path: Path) -> Remarks:
    if (of.service is None) == (of.resource is None):
        yield wrong(path, "expected a service, or else a resource.")
    elif of.service is not None:
        yield from _service(of.service, (*path, "service"))
    else:
        yield doubtful((*path, "resource"), "a resource is nowhere to send requests to, so this backend is passed over.", "Name a service.")


def _service(of: IngressServiceBackend, path: Path) -> Remarks:
    if not hosts.is_label(of.name):
        yield wrong((*path, "name"), f'found the service "{of.name}", expected the name of one in the same namespace.')
    if bool(of.port.name) == bool(of.port.number):
        yield wrong((*path, "port"), "expected either the name or the number of a port.")
    elif of.port.number:
        yield from ports.number(of.port.number, (*path, "port", "number"))
