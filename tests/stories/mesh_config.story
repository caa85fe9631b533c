proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
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

== an access log
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'accessLogFile: /dev/stdout'}
-- ran
destinations._settings 1
endpoints.borders 1
endpoints.of_mesh 1
grpc._by_default 1
inbound.listeners 1
leaves.outbound_listener 1
leaves.rendered_listener 3
mesh.access_log_encoding 1
mesh.access_log_file 1
mesh.access_log_format 1
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
mesh.knows_peers 1
mesh.logs_listeners 1
mesh.mesh_config 1
mesh.mesh_networks 1
mesh.mesh_tls 1
mesh.normalization 1
mesh.outbound_mode 1
mesh.preserves_case 1
mesh.protocol_detection_timeout 1
mesh.root_namespace 1
mesh.trust_domain 1
mesh.trust_domain_aliases 1
outbound.listener 1
peer_roots.peer_roots 1
sidecars.listener_entries 1
sidecars.observation 1
sidecars.of_listeners 1
sidecars.of_plans 1
sidecars.plan_entries 1
stacks.stacks 1
-- told
here Listener 0.0.0.0_80
here Listener virtualInbound
here Listener virtualOutbound

== a connect timeout too
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: '{accessLogFile: /dev/stdout, connectTimeout: 3s}'}
-- ran
destinations._settings 1
destinations.destination 2
endpoints.borders 1
endpoints.of_mesh 1
grpc._by_default 1
hosts.assignments 2
inbound_destinations.black_hole 1
inbound_destinations.inbound_passthrough 1
inbound_destinations.passthrough 1
leaves.cluster 2
leaves.rendered_cluster 3
mesh.access_log_encoding 1
mesh.access_log_file 1
mesh.access_log_format 1
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
mesh.knows_peers 1
mesh.logs_listeners 1
mesh.mesh_config 1
mesh.mesh_networks 1
mesh.mesh_tls 1
mesh.normalization 1
mesh.outbound_mode 1
mesh.preserves_case 1
mesh.protocol_detection_timeout 1
mesh.root_namespace 1
mesh.trust_domain 1
mesh.trust_domain_aliases 1
peer_roots.peer_roots 1
sidecars.destination_entries 1
sidecars.of_destinations 1
stacks.stacks 1
workload.destinations 1
-- told
here Cluster BlackHoleCluster
here Cluster InboundPassthroughCluster
here Cluster PassthroughCluster
here Cluster outbound|80||ratings.other.svc.cluster.local
here Cluster outbound|80||reviews.default.svc.cluster.local

== a field that nothing reads here
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: '{accessLogFile: /dev/stdout, connectTimeout: 3s, rootNamespace: istio-system, ingressClass: other}'}
-- ran
destinations._settings 1
endpoints.borders 1
endpoints.of_mesh 1
grpc._by_default 1
mesh.access_log_encoding 1
mesh.access_log_file 1
mesh.access_log_format 1
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
mesh.knows_peers 1
mesh.logs_listeners 1
mesh.mesh_config 1
mesh.mesh_networks 1
mesh.mesh_tls 1
mesh.normalization 1
mesh.outbound_mode 1
mesh.preserves_case 1
mesh.protocol_detection_timeout 1
mesh.root_namespace 1
mesh.trust_domain 1
mesh.trust_domain_aliases 1
peer_roots.peer_roots 1
-- told
