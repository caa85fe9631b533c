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
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ratings-1, namespace: other, labels: {kubernetes.io/service-name: ratings}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.4.1], conditions: {ready: true}, targetRef: {kind: Pod, name: ratings-1}}
---
apiVersion: v1
kind: Pod
metadata: {name: ratings-1, namespace: other, labels: {app: ratings, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: ratings, containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.0.4.1, podIPs: [{ip: 10.0.4.1}], conditions: [{type: Ready, status: "True"}]}

== strict
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: other}
spec: {mtls: {mode: STRICT}}
-- ran
inbound.listeners 1
inputs.resources 1
leaves.rendered_listener 1
peer_modes.namespace_modes 1
peer_modes.namespace_policies 1
peer_modes.peer_modes 1
peer_modes.policies_to_callers 1
sidecars.listener_entries 1
sidecars.of_listeners 1
stacks.stacks 1
-- told
there Listener virtualInbound

== disabled
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: other}
spec: {mtls: {mode: DISABLE}}
-- ran
destinations.destination 1
hosts.assignments 1
inbound.listeners 1
inputs.resources 1
leaves.assignment 1
leaves.cluster 1
leaves.rendered_listener 1
peer_modes.namespace_modes 1
peer_modes.namespace_policies 1
peer_modes.peer_modes 1
peer_modes.policies_to_callers 1
sidecars.listener_entries 1
sidecars.of_listeners 1
stacks.stacks 1
-- told
here Cluster outbound|80||ratings.other.svc.cluster.local
here ClusterLoadAssignment outbound|80||ratings.other.svc.cluster.local
there Cluster outbound|80||ratings.other.svc.cluster.local
there ClusterLoadAssignment outbound|80||ratings.other.svc.cluster.local
there Listener virtualInbound
