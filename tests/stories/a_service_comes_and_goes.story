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

== it comes
apiVersion: v1
kind: Service
metadata: {name: details, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.7, selector: {app: details}, ports: [{name: http, port: 80, targetPort: 8080}]}
-- ran
claims.public_claims 1
claims.service_claims 1
clients._attentive 1
clients.differing 1
clients.routed_differently 1
destination_rules.rule_for 1
destinations.destination 1
destinations.destinations 1
endpoints.accounts 1
endpoints.endpoints 1
endpoints.placement 1
endpoints.slices 1
hosts.assignments 1
hosts.clusters 1
hosts.public_chunk 3
hosts.special_entries 1
hosts.virtual_hosts 2
instances.instances 1
instances.selectors 1
kubernetes.service 1
leaves.assignment 1
leaves.cluster 1
leaves.virtual_host 2
route_perspective.route_label_keys 1
route_perspective.route_specials 1
services.declarations 1
services.hosts 1
services.service 1
stacks.stacks 1
tables.special_entries 1
visibility.label_keys 1
visibility.public_hosts 1
visibility.service_for 1
visibility.special_hosts 1
visibility.specials 1
workloads.selected 1
-- told
here Cluster outbound|80||details.default.svc.cluster.local
here ClusterLoadAssignment outbound|80||details.default.svc.cluster.local
here VirtualHost 80/details.default.svc.cluster.local:80
there Cluster outbound|80||details.default.svc.cluster.local
there ClusterLoadAssignment outbound|80||details.default.svc.cluster.local
there VirtualHost 80/details.default.svc.cluster.local:80

== it goes
delete: Service default/details
-- told
here -Cluster outbound|80||details.default.svc.cluster.local
here -ClusterLoadAssignment outbound|80||details.default.svc.cluster.local
here -VirtualHost 80/details.default.svc.cluster.local:80
there -Cluster outbound|80||details.default.svc.cluster.local
there -ClusterLoadAssignment outbound|80||details.default.svc.cluster.local
there -VirtualHost 80/details.default.svc.cluster.local:80
