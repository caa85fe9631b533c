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

== a rule of the other namespace for itself
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mine, namespace: other, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews.default.svc.cluster.local]
  exportTo: ['.']
  http:
  - timeout: 2s
    route: [{destination: {host: reviews.default.svc.cluster.local}}]
-- ran
claims.service_claims 1
clients.differing 4
clients.labelled_hosts 1
clients.privately_seen 1
clients.rival_hosts 1
clients.routed_differently 1
delegates.http_routes 1
destination_rules.rule_for 1
destinations.destination 1
destinations.destinations 1
endpoints.placement 1
extra_hosts._is_served 1
extra_hosts.differing 1
extra_hosts.named 1
extra_hosts.takes_every_host 1
hosts.assignments 1
hosts.clusters 1
hosts.special_entries 4
hosts.special_listing 2
hosts.virtual_hosts 1
leaves.assignment 1
leaves.cluster 1
leaves.rendered_cluster 1
leaves.virtual_host 3
outbound._plans 1
outbound.scope_claims 1
route_perspective.route_label_keys 1
route_perspective.route_labelled_hosts 1
route_perspective.route_special_hosts 1
route_perspective.route_specials 1
routes.rules 1
sidecars.binds 1
sidecars.of_plans 1
sidecars.plan_entries 1
stacks.stacks 1
tables.entries 1
tables.listing 1
tables.special_entries 1
tables.special_extra_entries 1
virtual_services._exact_hosts 1
virtual_services.destinations 1
virtual_services.private_hosts 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.label_keys 1
visibility.labelled_rules 1
visibility.rule_export 1
visibility.rule_hosts 1
visibility.service_for 1
visibility.special_hosts 2
visibility.specials 1
-- told
there VirtualHost 80/reviews.default.svc.cluster.local:80
