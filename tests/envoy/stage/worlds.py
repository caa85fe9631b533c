"""YAML that many worlds need, in few words. What a test is about it writes itself; these write the rest.

Values that are not plain names are YAML in flow style: `virtual_service("web", "web", http="[{route: [{destination: {host: a}}]}]")`.
"""

from __future__ import annotations

import zlib


def service(
    name: str, *endpoints: str, namespace: str = "default", port: int = 80, target: int = 8080, protocol: str = "http", created: str = ""
) -> str:
    """A Kubernetes Service with a virtual address of its own, its pods and their EndpointSlice.

    An endpoint is an address, with the labels of its pod behind it: `10.0.0.2 version=v2 security.istio.io/tlsMode=istio`. `target` is the port
    of the pods, `protocol` the name of the port.
    """
    written = [each.split() for each in endpoints]
    pods = [_pod(name, namespace, number, address, labels) for number, (address, *labels) in enumerate(written)]
    refs = [
        f"{{addresses: [{address}], targetRef: {{kind: Pod, name: {name}-{number}, namespace: {namespace}}}}}"
        for number, (address, *_) in enumerate(written)
    ]
    return "---".join(
        [
            f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}{_created(created)}}}
spec: {{clusterIP: {vip(name, namespace)}, ports: [{{name: {protocol}, port: {port}, targetPort: {target}}}], selector: {{app: {name}}}}}
""",
            f"""
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: {protocol}, port: {target}}}]
endpoints: [{", ".join(refs)}]
""",
            *pods,
        ]
    )


def vip(name: str, namespace: str = "default") -> str:
    """The virtual address that `service` gives."""
    number = zlib.crc32(f"{namespace}/{name}".encode()) % 65000 + 256
    return f"240.240.{number >> 8}.{number & 255}"


def entry(
    name: str, host: str, *endpoints: str, namespace: str = "default", ports: str = "{number: 80, name: http, protocol: HTTP}", more: str = ""
) -> str:
    """A ServiceEntry of fixed endpoints, or of none, then found by DNS."""
    found = f"resolution: STATIC, endpoints: [{', '.join(f'{{address: {each}}}' for each in endpoints)}]" if endpoints else "resolution: DNS"
    return f"""
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{hosts: [{host}], ports: [{ports}], {found}{_more(more)}}}
"""


def virtual_service(name: str, hosts: str, namespace: str = "default", created: str = "", **spec: str) -> str:
    """A VirtualService for hosts separated by commas; further fields of its spec by name."""
    rest = "".join(f", {field}: {value}" for field, value in spec.items())
    listed = f"hosts: [{', '.join(_quoted(host) for host in hosts.split(','))}]" if hosts else "hosts: []"
    return f"""
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {namespace}{_created(created)}}}
spec: {{{listed}{rest}}}
"""


def to(host: str, more: str = "") -> str:
    """A route to one host, or several with weights (`a 3, b 1`), with more fields of the rule: an entry of `http`, `tcp` or `tls`."""
    shares = [each.split() for each in host.split(",")]
    destinations = [f"{{destination: {{{_destination(where)}}}{f', weight: {weight[0]}' if weight else ''}}}" for where, *weight in shares]
    return f"{{route: [{', '.join(destinations)}]{_more(more)}}}"


def destination_rule(name: str, host: str, spec: str, namespace: str = "default", created: str = "") -> str:
    """A DestinationRule with this further spec."""
    return f"""
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {namespace}{_created(created)}}}
spec: {{host: {_quoted(host)}, {spec}}}
"""


def gateway(name: str, *servers: str, namespace: str = "default") -> str:
    """A Gateway on the stage's usual gateway, by default with one HTTP server for all hosts on port 80."""
    listed = ", ".join(servers) or '{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}'
    return f"""
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{selector: {{istio: ingressgateway}}, servers: [{listed}]}}
"""


def edge(host: str, hosts: str = "*") -> str:
    """What the stage's usual gateway does with the calls of these hosts: it sends them to one host."""
    return gateway("edge") + virtual_service("edge", hosts, gateways="[edge]", http=f"[{to(host)}]")


def mesh(config: str) -> str:
    """The MeshConfig; JSON or YAML in flow style."""
    return f"""
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{config}'}}
"""


def _pod(name: str, namespace: str, number: int, address: str, labels: list[str]) -> str:
    listed = ", ".join(f'{key}: "{value}"' for key, _, value in (label.partition("=") for label in [f"app={name}", *labels]))
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}-{number}, namespace: {namespace}, labels: {{{listed}}}}}
status: {{podIP: {address}, phase: Running, conditions: [{{type: Ready, status: "True"}}]}}
"""


def _destination(where: str) -> str:
    """`host`, `host/subset`, `host:port` or `host/subset:port`."""
    rest, _, port = where.partition(":")
    host, _, subset = rest.partition("/")
    return f'host: "{host}"' + (f", subset: {subset}" if subset else "") + (f", port: {{number: {port}}}" if port else "")


def _created(created: str) -> str:
    return f', creationTimestamp: "{created}-01-01T00:00:00Z"' if created else ""


def _more(more: str) -> str:
    return f", {more}" if more else ""


def _quoted(host: str) -> str:
    return f'"{host.strip()}"'
