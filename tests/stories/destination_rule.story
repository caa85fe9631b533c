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
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]

== a limit for all
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
-- ran
clients._ranking 1
destination_rules.merged_rules 1
destination_rules.rule_for 1
destinations.destination 3
destinations.destinations 1
endpoints.placement 3
grpc._by_rule 1
hash_policy._ruled 1
hosts.assignments 1
leaves.cluster 3
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
-- told
here Cluster outbound|80|v1|reviews.default.svc.cluster.local
here Cluster outbound|80|v2|reviews.default.svc.cluster.local
here Cluster outbound|80||reviews.default.svc.cluster.local
there Cluster outbound|80|v1|reviews.default.svc.cluster.local
there Cluster outbound|80|v2|reviews.default.svc.cluster.local
there Cluster outbound|80||reviews.default.svc.cluster.local

== one subset less
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}]
-- told
here Cluster outbound|80|v1|reviews.default.svc.cluster.local
here Cluster outbound|80||reviews.default.svc.cluster.local
there Cluster outbound|80|v1|reviews.default.svc.cluster.local
there Cluster outbound|80||reviews.default.svc.cluster.local
here -Cluster outbound|80|v2|reviews.default.svc.cluster.local
here -ClusterLoadAssignment outbound|80|v2|reviews.default.svc.cluster.local
there -Cluster outbound|80|v2|reviews.default.svc.cluster.local
there -ClusterLoadAssignment outbound|80|v2|reviews.default.svc.cluster.local
