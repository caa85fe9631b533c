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
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - route: [{destination: {host: reviews}}]

== a timeout
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - {timeout: 3s, route: [{destination: {host: reviews}}]}
-- ran
delegates.http_routes 1
leaves.virtual_host 2
route_perspective.route_label_keys 1
route_perspective.route_specials 1
routes.rules 1
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
-- told
here VirtualHost 80/reviews.default.svc.cluster.local:80
there VirtualHost 80/reviews.default.svc.cluster.local:80

== and retries
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - {timeout: 3s, retries: {attempts: 5, retryOn: 5xx}, route: [{destination: {host: reviews}}]}
-- ran
delegates.http_routes 1
leaves.virtual_host 2
route_perspective.route_label_keys 1
route_perspective.route_specials 1
routes.rules 1
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
-- told
here VirtualHost 80/reviews.default.svc.cluster.local:80
there VirtualHost 80/reviews.default.svc.cluster.local:80

== the same in other words
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - timeout: 3s
    retries: {retryOn: 5xx, attempts: 5}
    route:
    - destination: {host: reviews}
      weight: 100
-- ran
delegates.http_routes 1
leaves.virtual_host 2
route_perspective.route_label_keys 1
route_perspective.route_specials 1
routes.rules 1
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
-- told
