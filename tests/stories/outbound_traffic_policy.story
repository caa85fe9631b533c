proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  there: {node: sidecar~10.0.0.8~client.other~other.svc.cluster.local, metadata: {NAMESPACE: other, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  edge: {node: router~10.0.0.7~edge.istio-system~istio-system.svc.cluster.local, metadata: {NAMESPACE: istio-system, LABELS: {istio: ingressgateway}, LATEEN: {virtualHosts: true}}}
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
status: {podIP: 10.0.1.1, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v2, namespace: default, labels: {app: reviews, version: v2, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: reviews, containers: [{name: app, image: app}]}
status: {podIP: 10.0.1.2, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: other, creationTimestamp: "2024-01-01T00:00:00Z"}
spec: {clusterIP: 10.96.0.2, selector: {app: ratings}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  selector: {istio: ingressgateway}
  servers:
  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}
  - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: shop}}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: own, namespace: other}
spec:
  egress: [{hosts: ['./*']}]
  outboundTrafficPolicy: {mode: ALLOW_ANY}

== only what is registered
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}'}
-- ran
destinations._settings 1
endpoints.borders 1
endpoints.of_mesh 1
grpc._by_default 1
leaves.host_bytes 1
leaves.outbound_listener 1
leaves.rendered_listener 2
mesh.access_log_file 1
mesh.cluster_buffers 1
mesh.connect_timeout 1
mesh.counts_attempts 1
mesh.default_config 1
mesh.default_destination_rule_export_to 1
mesh.default_http_retry_policy 1
mesh.default_service_export_to 1
mesh.default_traffic_policy 1
mesh.default_virtual_service_export_to 1
mesh.discovery_selectors 1
mesh.http_proxy_port 1
mesh.ingress_selector 1
mesh.knows_peers 1
mesh.mesh_config 1
mesh.mesh_networks 1
mesh.mesh_tls 1
mesh.normalization 1
mesh.outbound_mode 1
mesh.preserves_case 1
mesh.protocol_detection_timeout 1
mesh.root_namespace 1
mesh.tls_defaults 1
mesh.trust_domain 1
mesh.trust_domain_aliases 1
outbound.listener 1
peer_roots.peer_roots 1
sidecars.elsewhere 1
sidecars.of_plans 1
sidecars.plan_entries 1
stacks.stacks 1
tables.empty_table 1
tables.entries 1
tables.listing 1
-- told
here Listener 0.0.0.0_80
here Listener virtualOutbound
here RouteConfiguration 80

== anything again
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'outboundTrafficPolicy: {mode: ALLOW_ANY}'}
-- ran
destinations._settings 1
endpoints.borders 1
endpoints.of_mesh 1
grpc._by_default 1
mesh.access_log_file 1
mesh.cluster_buffers 1
mesh.connect_timeout 1
mesh.counts_attempts 1
mesh.default_config 1
mesh.default_destination_rule_export_to 1
mesh.default_http_retry_policy 1
mesh.default_service_export_to 1
mesh.default_traffic_policy 1
mesh.default_virtual_service_export_to 1
mesh.discovery_selectors 1
mesh.http_proxy_port 1
mesh.ingress_selector 1
mesh.knows_peers 1
mesh.mesh_config 1
mesh.mesh_networks 1
mesh.mesh_tls 1
mesh.normalization 1
mesh.outbound_mode 1
mesh.preserves_case 1
mesh.protocol_detection_timeout 1
mesh.root_namespace 1
mesh.tls_defaults 1
mesh.trust_domain 1
mesh.trust_domain_aliases 1
peer_roots.peer_roots 1
sidecars.elsewhere 1
stacks.stacks 1
-- told
here Listener 0.0.0.0_80
here Listener virtualOutbound
here RouteConfiguration 80
