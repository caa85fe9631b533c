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

== for one workload
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  selector: {matchLabels: {app: reviews}}
  rules: [{from: [{source: {namespaces: [default]}}]}]
-- ran
authorization._connections 2
authorization._requests 2
authorization.policies 4
inputs.resources 1
leaves.rendered_listener 1
request_authentication.tokens 2
selection.label_keys 1
sidecars.listener_entries 1
sidecars.of_listeners 1
stacks.stacks 2
workload._secured 1
-- told
served Listener virtualInbound

== another caller
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  selector: {matchLabels: {app: reviews}}
  rules: [{from: [{source: {namespaces: [default, other]}}]}]
-- ran
authorization._connections 1
authorization._requests 1
authorization.policies 4
inputs.resources 1
leaves.rendered_listener 1
selection.label_keys 1
sidecars.listener_entries 1
sidecars.of_listeners 1
stacks.stacks 1
workload._secured 1
-- told
served Listener virtualInbound

== for workloads that are not there
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  selector: {matchLabels: {app: nobody}}
  rules: [{}]
-- ran
authorization.policies 4
inputs.resources 1
selection.label_keys 1
-- told

== for the whole mesh
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: all, namespace: istio-system, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  action: DENY
  rules: [{to: [{operation: {ports: ['9999']}}]}]
-- ran
authorization._connections 2
authorization._requests 2
authorization.policies 4
inputs.resources 1
leaves.rendered_listener 2
selection.label_keys 1
sidecars.listener_entries 2
sidecars.of_listeners 2
stacks.stacks 2
workload._secured 2
-- told
here Listener virtualInbound
served Listener virtualInbound

== it goes
delete: AuthorizationPolicy istio-system/all
-- told
here Listener virtualInbound
served Listener virtualInbound
