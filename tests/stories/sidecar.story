proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  there: {node: sidecar~10.0.0.8~client.other~other.svc.cluster.local, metadata: {NAMESPACE: other, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.1, selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.1.1], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v1}}
- {addresses: [10.0.1.2], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v2}}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v1, namespace: default, labels: {app: reviews, version: v1, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: reviews, containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.0.1.1, podIPs: [{ip: 10.0.1.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v2, namespace: default, labels: {app: reviews, version: v2, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: reviews, containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.0.1.2, podIPs: [{ip: 10.0.1.2}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: other, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.2, selector: {app: ratings}, ports: [{name: http, port: 80, targetPort: 8080}]}

== only its own namespace
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: [./*]}]}
-- ran
authorization._consulted 1
extra_hosts.imported 1
hosts.assignments 1
hosts.imported_listing 1
hosts.imported_virtual_hosts 1
hosts.scoped_entries 2
hosts.scoped_listing 2
inputs.resources 1
outbound._plans 1
outbound.scope_claims 1
scope.egress 1
scope.imported 1
scope.scope 1
scope.sidecar 1
sidecars.binds 1
sidecars.egress_proxy 1
sidecars.elsewhere 1
sidecars.ingress 1
sidecars.of_plans 1
sidecars.plan_entries 1
stacks.stacks 1
tables.entries 1
tables.imported_extra_entries 1
tables.imported_extra_listing 1
tables.listing 1
virtual_services.hosts_of 1
virtual_services.not_imported 1
workload.destinations 1
-- told
here -Cluster outbound|80||ratings.other.svc.cluster.local
here -ClusterLoadAssignment outbound|80||ratings.other.svc.cluster.local
here -VirtualHost 80/ratings.other.svc.cluster.local:80

== one host of another too
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: [./*, other/ratings.other.svc.cluster.local]}]}
-- ran
extra_hosts.imported 1
hosts.assignments 1
hosts.imported_listing 1
hosts.imported_virtual_hosts 1
hosts.scoped_entries 2
hosts.scoped_listing 2
inputs.resources 1
outbound._plans 1
outbound.scope_claims 1
scope.egress 1
scope.imported 1
scope.scope 1
scope.sidecar 1
sidecars.binds 1
sidecars.egress_proxy 1
sidecars.elsewhere 1
sidecars.ingress 1
sidecars.of_plans 1
sidecars.plan_entries 1
stacks.stacks 1
tables.entries 1
tables.imported_extra_entries 1
tables.imported_extra_listing 1
tables.listing 1
virtual_services.hosts_of 1
virtual_services.not_imported 2
workload.destinations 1
-- told
here Cluster outbound|80||ratings.other.svc.cluster.local
here ClusterLoadAssignment outbound|80||ratings.other.svc.cluster.local
here VirtualHost 80/ratings.other.svc.cluster.local:80

== no more
delete: Sidecar default/default
-- ran
inputs.resources 1
scope.scope 1
scope.sidecar 1
sidecars.elsewhere 1
sidecars.ingress 1
stacks.stacks 1
workload.destinations 1
-- told
