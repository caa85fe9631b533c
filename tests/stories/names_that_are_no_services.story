proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  narrow: {node: sidecar~10.0.0.8~client.narrow~narrow.svc.cluster.local, metadata: {NAMESPACE: narrow, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: one, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [one.mesh], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.1.0.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: wide, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: ["*.example"], http: [{route: [{destination: {host: one.mesh}}]}]}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: narrow, namespace: narrow}
spec: {egress: [{hosts: ["default/one.mesh", "*/a.example"]}]}

== a service that the wildcard does not cover, and that the Sidecar does not import
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]}
-- ran
claims.public_claims 1
claims.service_claims 1
clients._attentive 1
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
hosts.virtual_hosts 1
kubernetes.service 1
leaves.assignment 1
leaves.cluster 1
leaves.virtual_host 1
services._suffixes_of 1
services.declarations 1
services.hosts 1
services.service 1
visibility.public_hosts 1
visibility.service_for 1
-- told
here Cluster outbound|80||ratings.shop.svc.cluster.local
here ClusterLoadAssignment outbound|80||ratings.shop.svc.cluster.local
here VirtualHost 80/ratings.shop.svc.cluster.local:80

== a rule of a namespace that the Sidecar does not import
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: other, namespace: shop, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [other.tld], http: [{route: [{destination: {host: one.mesh}}]}]}
-- ran
clients.labelled_hosts 1
delegates.http_routes 1
extra_hosts._is_served 1
extra_hosts._wildcards 1
extra_hosts.named 1
extra_hosts.public 1
leaves.extra_virtual_host 1
route_perspective.route_labelled_hosts 1
routes.extra_virtual_host 1
routes.rules 1
tables.public_extra_entries 1
virtual_services._of_wildcards 1
virtual_services.subject 1
visibility.client_labels 1
visibility.labelled_rules 1
visibility.rule_export 1
visibility.service_for 2
-- told
here VirtualHost 80/other.tld:80

== a rule about the name that it imports
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [a.example], http: [{route: [{destination: {host: one.mesh}}]}]}
-- ran
delegates.http_routes 1
extra_hosts._is_served 1
extra_hosts._wildcards 1
extra_hosts.imported 1
extra_hosts.named 1
extra_hosts.public 1
leaves.extra_virtual_host 2
routes.extra_virtual_host 2
routes.rules 2
scope.imported 1
tables.imported_extra_entries 1
tables.public_extra_entries 1
virtual_services.destinations 1
virtual_services.not_imported 1
virtual_services.subject 1
visibility._wildcard_rules 1
visibility.client_labels 1
visibility.labelled_rules 1
visibility.rule_export 1
visibility.service_for 4
-- told
here VirtualHost 80/a.example:80
narrow VirtualHost 80/a.example:80
