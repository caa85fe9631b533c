proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  edge: {node: router~10.0.0.7~edge.istio-system~istio-system.svc.cluster.local, metadata: {NAMESPACE: istio-system, LABELS: {istio: ingressgateway}, LATEEN: {virtualHosts: true}}}
  plain: {node: router~10.0.0.6~edge.istio-system~istio-system.svc.cluster.local, metadata: {NAMESPACE: istio-system, LABELS: {istio: ingressgateway, app: plain}}}
  elsewhere: {node: router~10.0.0.5~edge.third~third.svc.cluster.local, metadata: {NAMESPACE: third, LABELS: {istio: egressgateway}}}
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
kind: VirtualService
metadata: {name: shop, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [shop.example.com]
  gateways: [istio-system/edge]
  http:
  - route: [{destination: {host: reviews}, weight: 90}, {destination: {host: ratings.other.svc.cluster.local}, weight: 10}]

== other weights
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [shop.example.com]
  gateways: [istio-system/edge]
  http:
  - route: [{destination: {host: reviews}, weight: 80}, {destination: {host: ratings.other.svc.cluster.local}, weight: 20}]
-- ran
delegates.http_routes 1
gateway_routes.virtual_host 2
gateways.full_table 2
gateways.virtual_host 2
leaves.host_bytes 2
routes.rules 2
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.rule_export 1
visibility.rule_hosts 1
-- told
edge VirtualHost http.80/shop.example.com:80
edge VirtualHost https.443.https.edge.istio-system/shop.example.com:443
plain RouteConfiguration http.80
plain RouteConfiguration https.443.https.edge.istio-system

== another host
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: help, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  hosts: [help.example.com]
  gateways: [istio-system/edge]
  http:
  - route: [{destination: {host: reviews}}]
-- ran
delegates.http_routes 1
gateway_destinations._hosts 1
gateway_routes.part_domains 1
gateway_routes.virtual_host 1
gateways.full_table 1
gateways.part_hosts 1
gateways.virtual_host 1
leaves.host_bytes 1
routes.rules 1
virtual_services._exact_hosts 1
virtual_services.destinations 1
virtual_services.subject 1
visibility.client_labels 1
visibility.client_namespaces 1
visibility.labelled_rules 1
visibility.rule_export 1
visibility.rule_hosts 1
visibility.service_for 1
visibility.special_hosts 1
visibility.specials 1
-- told
edge VirtualHost http.80/help.example.com:80
plain RouteConfiguration http.80

== it goes
delete: VirtualService default/help
-- told
plain RouteConfiguration http.80
edge -VirtualHost http.80/help.example.com:80
