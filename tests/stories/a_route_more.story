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
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - route: [{destination: {host: reviews, subset: v1}}]

== some users see the new version
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [reviews]
  http:
  - {match: [{headers: {x-user: {exact: tester}}}], route: [{destination: {host: reviews, subset: v2}}]}
  - route: [{destination: {host: reviews, subset: v1}}]
-- ran
delegates.http_routes 1
grpc._by_rule 1
hash_policy._ruled 1
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

== a rule for another host
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [ratings.other.svc.cluster.local]
  http:
  - {timeout: 1s, route: [{destination: {host: ratings.other.svc.cluster.local}}]}
-- ran
delegates.http_routes 1
extra_hosts._is_served 1
extra_hosts.named 1
extra_hosts.public 1
leaves.virtual_host 2
route_perspective.route_label_keys 1
route_perspective.route_specials 1
routes.rules 1
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
visibility.special_hosts 1
visibility.specials 1
-- told
here VirtualHost 80/ratings.other.svc.cluster.local:80
there VirtualHost 80/ratings.other.svc.cluster.local:80
