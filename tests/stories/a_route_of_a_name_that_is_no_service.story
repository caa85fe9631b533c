proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  there: {node: sidecar~10.0.0.8~client.other~other.svc.cluster.local, metadata: {NAMESPACE: other, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  edge: {node: router~10.0.0.7~edge.edge~edge.svc.cluster.local, metadata: {NAMESPACE: edge, LABELS: {istio: ingressgateway}, LATEEN: {virtualHosts: true}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: one, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [one.mesh], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.1.0.1}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: two, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [two.mesh], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.1.0.2}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: first, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [first.example], gateways: [edge/edge, mesh], http: [{route: [{destination: {host: one.mesh}}]}]}

== another name, at the gateway and in the mesh
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: second, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [second.example], gateways: [edge/edge, mesh], http: [{route: [{destination: {host: one.mesh}}]}]}
-- ran
delegates.http_routes 1
extra_hosts._is_served 1
extra_hosts._wildcards 1
extra_hosts.named 1
extra_hosts.public 1
gateway_destinations._hosts 1
gateway_routes.part_domains 1
gateway_routes.virtual_host 1
gateways.part_hosts 1
gateways.virtual_host 1
leaves.extra_virtual_host 1
routes.extra_virtual_host 1
routes.rules 2
tables.public_extra_entries 1
virtual_services._exact_hosts 1
virtual_services.destinations 1
virtual_services.private_hosts 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.labelled_rules 1
visibility.rule_export 1
visibility.rule_hosts 1
visibility.service_for 2
visibility.special_hosts 1
visibility.specials 1
-- told
edge VirtualHost http.80/second.example:80
here VirtualHost 80/second.example:80
there VirtualHost 80/second.example:80

== it leads elsewhere
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: second, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {hosts: [second.example], gateways: [edge/edge, mesh], http: [{route: [{destination: {host: two.mesh}}]}]}
-- ran
delegates.http_routes 1
destination_rules.rule_for 1
destinations.destination 1
destinations.destinations 1
endpoints.placement 1
gateway_destinations._aliased 1
gateway_destinations._hosts 2
gateway_destinations.routed 1
gateway_destinations.sighted 1
gateway_routes.virtual_host 1
gateway_secrets.outward 1
gateways.service_entries 2
gateways.virtual_host 1
hosts.assignments 1
hosts.clusters 1
leaves.assignment 1
leaves.cluster 1
leaves.extra_virtual_host 1
leaves.rendered_cluster 1
routes.extra_virtual_host 1
routes.rules 2
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
visibility.service_for 2
-- told
edge Cluster outbound|80||two.mesh
edge ClusterLoadAssignment outbound|80||two.mesh
edge VirtualHost http.80/second.example:80
here VirtualHost 80/second.example:80
there VirtualHost 80/second.example:80

== it goes
delete: VirtualService default/second
-- told
edge -Cluster outbound|80||two.mesh
edge -ClusterLoadAssignment outbound|80||two.mesh
edge -VirtualHost http.80/second.example:80
here -VirtualHost 80/second.example:80
there -VirtualHost 80/second.example:80
