proxies:
  here: {node: sidecar~10.0.0.9~client.default~default.svc.cluster.local, metadata: {NAMESPACE: default, LABELS: {app: client}, LATEEN: {virtualHosts: true}}}
  edge: {node: router~10.0.0.7~edge.istio-system~istio-system.svc.cluster.local, metadata: {NAMESPACE: istio-system, LABELS: {istio: ingressgateway}, LATEEN: {virtualHosts: true}}}
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
---
apiVersion: v1
kind: Secret
metadata: {name: shop, namespace: istio-system}
data: {tls.crt: Zmlyc3Q=, tls.key: a2V5}

== it is replaced
apiVersion: v1
kind: Secret
metadata: {name: shop, namespace: istio-system}
data: {tls.crt: c2Vjb25k, tls.key: a2V5}
-- ran
gateway_secrets.material 1
gateway_secrets.secret 1
-- told
edge Secret kubernetes://shop

== one that nobody names
apiVersion: v1
kind: Secret
metadata: {name: other, namespace: istio-system}
data: {tls.crt: Zmlyc3Q=, tls.key: a2V5}
-- ran
-- told

== it goes
delete: Secret istio-system/shop
-- told
edge -Secret kubernetes://shop
