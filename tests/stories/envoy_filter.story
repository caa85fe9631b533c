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

== a Lua filter for the workloads of one namespace
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: other}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
    patch:
      operation: INSERT_FIRST
      value: {name: lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, default_source_code: {inline_string: "-- one"}}}
-- told
there Listener virtualInbound

== another script
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: other}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
    patch:
      operation: INSERT_FIRST
      value: {name: lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, default_source_code: {inline_string: "-- two"}}}
-- ran
envoy_filters._patches 1
envoy_filters.looked_at 1
inputs.resources 1
patches.entries 1
patches.listing 1
patches.outcome 1
patches.patched 1
stacks.stacks 1
-- told
there Listener virtualInbound

== one cluster, for everybody
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: timeout, namespace: istio-system}
spec:
  configPatches:
  - applyTo: CLUSTER
    match: {context: SIDECAR_OUTBOUND, cluster: {service: ratings.other.svc.cluster.local}}
    patch: {operation: MERGE, value: {connect_timeout: 3s}}
-- ran
envoy_filters._patches 2
envoy_filters.looked_at 2
inputs.resources 1
patches.entries 3
patches.listing 2
patches.outcome 1
patches.patched 1
stacks.stacks 2
-- told
here Cluster outbound|80||ratings.other.svc.cluster.local
there Cluster outbound|80||ratings.other.svc.cluster.local

== a rule for that cluster, below the patch
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ratings, namespace: other}
spec: {host: ratings, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
-- told
here Cluster outbound|80||ratings.other.svc.cluster.local
there Cluster outbound|80||ratings.other.svc.cluster.local

== the same patch, written otherwise
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: timeout, namespace: istio-system, labels: {new: label}}
spec:
  configPatches:
  - applyTo: CLUSTER
    match: {context: SIDECAR_OUTBOUND, cluster: {service: ratings.other.svc.cluster.local}}
    patch: {operation: MERGE, value: {connect_timeout: 3s}}
-- ran
envoy_filters._patches 2
envoy_filters.looked_at 2
inputs.resources 1
-- told

== the cluster is taken away
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: timeout, namespace: istio-system}
spec:
  configPatches:
  - applyTo: CLUSTER
    match: {context: SIDECAR_OUTBOUND, cluster: {service: ratings.other.svc.cluster.local}}
    patch: {operation: REMOVE}
-- told
here -Cluster outbound|80||ratings.other.svc.cluster.local
there -Cluster outbound|80||ratings.other.svc.cluster.local

== and the patch with it
delete: EnvoyFilter istio-system/timeout
-- told
here Cluster outbound|80||ratings.other.svc.cluster.local
there Cluster outbound|80||ratings.other.svc.cluster.local

== a virtual host of its own
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: route, namespace: default}
spec:
  workloadSelector: {labels: {app: client}}
  configPatches:
  - applyTo: HTTP_ROUTE
    match: {context: SIDECAR_OUTBOUND, routeConfiguration: {vhost: {name: 'ratings.other.svc.cluster.local:80'}}}
    patch: {operation: MERGE, value: {request_headers_to_remove: [x]}}
-- told
here VirtualHost 80/ratings.other.svc.cluster.local:80
