"""The measured world of a gateway, as Istio's YAML: services that a server on loopback answers for, each with a route of its own.

Service `i` has the endpoint number `i` of loopback, so that all of them lead to the one server, and is known outside as `svc-<i>.example.test`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bench.edge import LABELS, LOOPBACK, NAMESPACE
from bench.world import World

GATEWAY = f"{NAMESPACE}/edge"


class Routed(msgspec.Struct, frozen=True):
    """How many services, over how many namespaces, the `server`'s port, and the gateway's `port`. `world` is that of the sidecars beside it."""

    server: int
    port: int
    services: int
    namespaces: int = 20

    @property
    def world(self) -> World:
        """What the sidecars know of it: one endpoint a service."""
        return World(self.services, 1, self.namespaces, ruled=0)

    def namespace(self, service: int) -> str:
        """The namespace of a service."""
        return self.world.namespace(service)

    def host(self, service: int) -> str:
        """The host of a service in the mesh."""
        return self.world.host(service)

    @staticmethod
    def outside(service: int) -> str:
        """The name by which the gateway answers for it."""
        return f"svc-{service}.example.test"

    def gateway(self) -> str:
        """The gateway, on loopback."""
        [label] = LABELS.items()
        return f"""\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: edge, namespace: {NAMESPACE}}}
spec:
  selector: {{{label[0]}: {label[1]}}}
  servers:
  - {{port: {{number: {self.port}, name: http, protocol: HTTP}}, bind: {LOOPBACK}, hosts: ["*.example.test"]}}
"""

    def service(self, service: int) -> str:
        """The service. Its endpoint has no service account, for who has one is taken to have a sidecar."""
        address = f"127.{1 + service // 62500}.{service // 250 % 250}.{service % 250 + 1}"
        written = self.world.service_entry(service, [address])
        return written.replace("targetPort: 8080", f"targetPort: {self.server}").replace(f", serviceAccount: svc-{service}", "")

    def route(self, service: int, revision: str = "r0", to: int | None = None, subset: str = "") -> str:
        """Its route, at the gateway and in the mesh, as serverless platforms write it.

        `revision` comes back in a header of the answer; requests go `to` another service if one is named, and to its `subset`.
        """
        meant = self.host(service if to is None else to)
        named = f", subset: {subset}" if subset else ""
        return f"""\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: svc-{service}, namespace: {self.namespace(service)}}}
spec:
  hosts: [{self.outside(service)}, {self.host(service)}]
  gateways: [{GATEWAY}, mesh]
  http:
  - name: {revision}
    headers: {{response: {{set: {{x-revision: {revision}}}}}}}
    route:
    - {{destination: {{host: {meant}{named}}}, weight: 100}}
"""

    def subsets(self, service: int, names: Sequence[str]) -> str:
        """A rule by which the service has these subsets, each of all its endpoints."""
        every = ", ".join(f"{{name: {name}, labels: {{version: v1}}}}" for name in names)
        return f"""\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: svc-{service}, namespace: {self.namespace(service)}}}
spec: {{host: {self.host(service)}, subsets: [{every}]}}
"""

    def documents(self) -> Iterator[str]:
        """Every object."""
        yield self.gateway()
        for service in range(self.services):
            yield self.service(service)
            yield self.route(service)
