"""Objects that many worlds have, as YAML documents. Values that are not plain names are YAML in flow style."""

from __future__ import annotations

import json

REVIEWS = "reviews.default.svc.cluster.local"


def service(name: str, namespace: str = "default", spec: str = "", annotations: str = "{}") -> str:
    """A Service at 10.0.0.1 with the port 80 for HTTP; `spec` continues its spec (`, type: NodePort`)."""
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


def entry(name: str, namespace: str, host: str, more: str = "", created: str = "2024-01-01T00:00:00Z") -> str:
    """A ServiceEntry of one host found by DNS, with the port 80 for HTTP; `more` continues its spec."""
    return f"""---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http}}], resolution: DNS{more}}}
"""


def rule(kind: str, namespace: str, spec: str, name: str = "r") -> str:
    """An object of Istio's networking API."""
    return f"""---
apiVersion: networking.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


def istio(kind: str, name: str, spec: str, namespace: str = "default", year: int = 2020) -> str:
    """An object of Istio's networking API, made at the start of that year."""
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    return f"{{apiVersion: networking.istio.io/v1, kind: {kind}, metadata: {metadata}, spec: {spec}}}"


def mesh(config: str) -> str:
    """The MeshConfig, as YAML."""
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata: {{mesh: {json.dumps(config)}}}\n"


def reviews_and_rule(rule: str = "reviews") -> str:
    """The Service reviews, and the VirtualService of its calls, which has this name; in the namespace that they are given to."""
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: reviews}}
spec: {{ports: [{{port: 80, name: http}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {rule}}}
spec:
  hosts: [reviews]
  http: [{{route: [{{destination: {{host: reviews}}}}]}}]
"""
