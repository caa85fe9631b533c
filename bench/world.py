"""The measured world, as Istio's YAML: services with inline endpoints over some namespaces, every tenth with routes and rules of its own.

Service `i` is `svc-<i>.ns-<i % namespaces>.svc.cluster.local`; its endpoint `e` has the address number `i * endpoints + e`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec


def address(number: int) -> str:
    """The `number`-th endpoint address."""
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


class World(msgspec.Struct, frozen=True):
    """How large it is. `ruled` is the part of the services with a VirtualService and a DestinationRule; `scope` how many hosts a Sidecar admits."""

    services: int = 1000
    endpoints: int = 5
    namespaces: int = 20
    ruled: float = 0.1
    scope: int = 0
    private: int = 0

    def namespace(self, service: int) -> str:
        """The namespace of a service."""
        return f"ns-{service % self.namespaces}"

    def host(self, service: int) -> str:
        """The host of a service."""
        return f"svc-{service}.{self.namespace(service)}.svc.cluster.local"

    def addresses(self, service: int) -> list[str]:
        """The addresses of a service's endpoints."""
        return [address(service * self.endpoints + number) for number in range(self.endpoints)]

    def service_entry(self, service: int, addresses: Sequence[str] | None = None) -> str:
        """The service, with these endpoints or its own."""
        told = self.addresses(service) if addresses is None else addresses
        head = f"""\
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: svc-{service}, namespace: {self.namespace(service)}}}
spec:
  hosts: [{self.host(service)}]
  addresses: [240.{service // 62500}.{service // 250 % 250}.{service % 250 + 1}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
  - {{number: 80, name: http, protocol: HTTP, targetPort: 8080}}
  endpoints:
"""
        labels = [f"{{app: svc-{service}, version: v{number % 2 + 1}}}" for number in range(2)]
        return head + "".join(
            [f"  - {{address: {each}, labels: {labels[number % 2]}, serviceAccount: svc-{service}}}\n" for number, each in enumerate(told)]
        )

    def virtual_service(self, service: int, weight: int = 90, name: str = "r0") -> str:
        """Its traffic split over two subsets; `name` is the route's."""
        host = self.host(service)
        return f"""\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: svc-{service}, namespace: {self.namespace(service)}}}
spec:
  hosts: [{host}]
  http:
  - name: {name}
    route:
    - {{destination: {{host: {host}, subset: v1}}, weight: {weight}}}
    - {{destination: {{host: {host}, subset: v2}}, weight: {100 - weight}}}
"""

    def destination_rule(self, service: int, connections: int = 1000, only_for: str = "") -> str:
        """Its subsets and a connection pool; `only_for` a namespace to which the rule is private."""
        private = f"\n  exportTo: [{only_for}]" if only_for else ""
        return f"""\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: svc-{service}{"-" + only_for if only_for else ""}, namespace: {only_for or self.namespace(service)}}}
spec:
  host: {self.host(service)}{private}
  trafficPolicy: {{connectionPool: {{tcp: {{maxConnections: {connections}}}}}}}
  subsets:
  - {{name: v1, labels: {{version: v1}}}}
  - {{name: v2, labels: {{version: v2}}}}
"""

    def called(self, namespace: int, count: int) -> list[str]:
        """The hosts that the workloads of a namespace call, if they call so many: the first service of the namespace and of its neighbours."""
        return [self.host(service) for service in self._called(namespace, count)]

    def _called(self, namespace: int, count: int) -> list[int]:
        return [(namespace + step) % self.services for step in range(count)]

    def sidecar(self, namespace: int) -> str:
        """A Sidecar that admits `scope` services, those that are called."""
        listed = ", ".join(f'"{self.namespace(each)}/{self.host(each)}"' for each in self._called(namespace, self.scope))
        return f"""\
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: default, namespace: ns-{namespace}}}
spec: {{egress: [{{hosts: [{listed}]}}]}}
"""

    def documents(self) -> Iterator[str]:
        """Every object of the world."""
        for service in range(self.services):
            yield self.service_entry(service)
            if service < self.services * self.ruled:
                yield self.virtual_service(service)
                yield self.destination_rule(service)
        if self.scope:
            yield from (self.sidecar(namespace) for namespace in range(self.namespaces))
        for number in range(self.private):
            yield self.destination_rule(number + self.namespaces, only_for=f"ns-{number}")


def authorization_policy(namespace: str, principal: str) -> str:
    """Lets one caller into a namespace."""
    return f"""\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: bench, namespace: {namespace}}}
spec: {{action: ALLOW, rules: [{{from: [{{source: {{principals: ["{principal}"]}}}}]}}]}}
"""


def peer_authentication(namespace: str, mode: str) -> str:
    """The mTLS mode of a namespace."""
    return f"""\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: default, namespace: {namespace}}}
spec: {{mtls: {{mode: {mode}}}}}
"""
