proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  served: {node: sidecar~10.0.1.1~reviews-v1.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: reviews, version: v1}, LATEEN: {virtualHosts: true, endpoints: true}}}
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
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]

== a pod of the new version, not ready
apiVersion: v1
kind: Pod
metadata: {name: reviews-v3, namespace: default, labels: {app: reviews, version: v3, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: reviews, containers: [{name: app, image: app}]}
status: {podIP: 10.0.1.3, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.1.1], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v1}}
- {addresses: [10.0.1.2], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v2}}
- {addresses: [10.0.1.3], conditions: {ready: false}, targetRef: {kind: Pod, name: reviews-v3}}
-- ran
endpoints.accounts 1
endpoints.endpoints 1
endpoints.slices 1
hosts.collected 1
hosts.collections 1
kubernetes.workload 1
leaves.assignment 3
-- told

== it is ready
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.1.1], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v1}}
- {addresses: [10.0.1.2], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v2}}
- {addresses: [10.0.1.3], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v3}}
-- ran
endpoints.accounts 1
endpoints.endpoints 1
endpoints.slices 1
hosts.collected 1
hosts.collections 1
leaves.assignment 3
-- told
here ClusterLoadAssignment outbound|80||reviews.default.svc.cluster.local
served ClusterLoadAssignment outbound|80||reviews.default.svc.cluster.local

== an old one goes
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.1.1], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v1}}
- {addresses: [10.0.1.3], conditions: {ready: true}, targetRef: {kind: Pod, name: reviews-v3}}
---
delete: Pod default/reviews-v2
-- told
here ClusterLoadAssignment outbound|80|v2|reviews.default.svc.cluster.local
here ClusterLoadAssignment outbound|80||reviews.default.svc.cluster.local
served ClusterLoadAssignment outbound|80|v2|reviews.default.svc.cluster.local
served ClusterLoadAssignment outbound|80||reviews.default.svc.cluster.local
