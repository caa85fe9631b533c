"""A small shop whose calls are explained: `reviews` at two addresses, `v1` without a sidecar and `v2` with one, and a client."""

from __future__ import annotations

from typing import Any

from lateen.explain.call import Call
from lateen.explain.onward import explained
from lateen.explain.step import Outcome, Step
from lateen.explain.way import Way
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from tests.given.worlds import world

REVIEWS = "reviews.default.svc.cluster.local"
SHOP = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.0.0.1, selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-admin, port: 90}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: reviews-1, namespace: default}
spec: {address: 10.1.0.1, labels: {app: reviews, version: v1}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: reviews-2, namespace: default}
spec: {address: 10.1.0.2, labels: {app: reviews, version: v2}, serviceAccount: reviews}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: web-1, namespace: default}
spec: {address: 10.1.0.9, labels: {app: web}, serviceAccount: web}
"""
SUBSETS = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
"""
WEB = View(ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.1.0.9",), "web")


def routes(http: str, namespace: str = "default", hosts: str = "[reviews]", more: str = "") -> str:
    """A VirtualService, `reviews` unless it says otherwise."""
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: routes, namespace: {namespace}}}
spec: {{hosts: {hosts}, http: {http}{more}}}
"""


def shop(*more: str) -> Graph:
    """The shop with further objects."""
    return world(SHOP, *more)


def way(g: Graph, path: str = "/", host: str = "reviews", port: int = 80, client: View = WEB, **asked: Any) -> Way:
    """What becomes of a call of the client."""
    return explained(g, Call(host, port, client=client, path=path, **asked))


def reached(of: Way) -> dict[str, int]:
    """The endpoints that may get the call, each with its part of a million of all calls; copies are left out."""
    found: dict[str, int] = {}
    for sent in of.sent:
        for each in sent.endpoints if not sent.mirrored else ():
            found[f"{each.address}:{each.port}"] = found.get(f"{each.address}:{each.port}", 0) + sent.part * each.part // 1_000_000
    return found


def told(of: Way, *outcomes: Outcome) -> list[str]:
    """What the steps with these outcomes say, each with the object and the place; all steps where none is named."""
    return [line(step) for step in of.every_step if not outcomes or step.outcome in outcomes]


def line(step: Step) -> str:
    """A step in a line: `rule: fits: … (VirtualService default/routes spec.http[0])`."""
    place = " ".join(part for part in (str(step.ref) if step.ref is not None else "", step.path) if part)
    return f"{step.stage}: {step.said}" + (f" ({place})" if place else "")
