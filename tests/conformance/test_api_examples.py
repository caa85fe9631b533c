"""A manifest of each kind with every sort of field: it decodes without a finding, and what is encoded is what was written."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from lateen.api.decode import decode, documents
from lateen.api.encode import encode
from lateen.api.kinds import KINDS

TRAFFIC = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews.shop.svc.cluster.local, "*.example.com"]
  gateways: [shop/edge, mesh]
  exportTo: [., istio-system]
  http:
  - name: canary
    match:
    - name: beta
      uri: {prefix: /v2/}
      headers: {cookie: {regex: "^(.*?;)?(user=jason)(;.*)?$"}, x-any: {}}
      withoutHeaders: {x-debug: {exact: "on"}}
      queryParams: {page: {exact: "1"}}
      method: {exact: GET}
      ignoreUriCase: true
      sourceLabels: {app: web}
      port: 9080
    rewrite: {uriRegexRewrite: {match: "^/v2/(.*)$", rewrite: '/\\1'}}
    route:
    - destination: {host: reviews, subset: v2, port: {number: 9080}}
      weight: 25
      headers: {response: {remove: [x-internal]}}
    - destination: {host: reviews, subset: v1}
      weight: 75
    timeout: 2.5s
    retries: {attempts: 3, perTryTimeout: 500ms, retryOn: "5xx,reset,503", retryRemoteLocalities: false, backoff: 25ms}
    fault: {delay: {percentage: {value: 0.1}, fixedDelay: 5s}, abort: {percentage: {value: 1.0}, httpStatus: 503}}
    mirrors: [{destination: {host: shadow}, percentage: {value: 10.0}}]
    corsPolicy: {allowOrigins: [{exact: "https://example.com"}], maxAge: 24h, allowCredentials: false}
    headers: {request: {set: {x-mesh: lateen}, add: {x-hop: "1"}}}
  - match: [{uri: {exact: /old}}]
    redirect: {uri: /new, authority: new.example.com, redirectCode: 308}
  - match: [{uri: {exact: /health}}]
    directResponse: {status: 200, body: {string: fine}}
  - match: [{uri: {prefix: /cart}}]
    delegate: {name: cart, namespace: cart}
  tls:
  - match: [{port: 443, sniHosts: [login.example.com]}]
    route: [{destination: {host: login}}]
  tcp:
  - match: [{port: 27017, destinationSubnets: [10.0.0.0/8]}]
    route: [{destination: {host: mongo, port: {number: 5555}}, weight: 100}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  workloadSelector: {matchLabels: {app: web}}
  trafficPolicy:
    loadBalancer:
      consistentHash: {httpCookie: {name: user, ttl: 0s, attributes: [{name: SameSite, value: Strict}]}, ringHash: {minimumRingSize: 512}}
      localityLbSetting: {enabled: true, distribute: [{from: us-west/zone1/*, to: {"us-west/zone1/*": 80, "us-west/zone2/*": 20}}]}
    connectionPool:
      tcp: {maxConnections: 100, connectTimeout: 30ms, tcpKeepalive: {time: 7200s, interval: 75s}}
      http: {http2MaxRequests: 1000, h2UpgradePolicy: UPGRADE, maxRequestsPerConnection: 10, idleTimeout: 1h30m}
    outlierDetection: {consecutive5xxErrors: 0, interval: 5m, baseEjectionTime: 15m, maxEjectionPercent: 50}
    portLevelSettings:
    - port: {number: 443}
      tls: {mode: MUTUAL, clientCertificate: /etc/c.pem, privateKey: /etc/k.pem, caCertificates: /etc/ca.pem, sni: reviews}
    proxyProtocol: {version: V2}
    retryBudget: {percent: 20.0, minRetryConcurrency: 3}
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
    trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 30s, aggression: 1.5}}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*"]
    tls: {httpsRedirect: true}
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [shop/*.example.com]
    tls: {mode: MUTUAL, credentialName: example, minProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-RSA-AES256-GCM-SHA384]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: shop}
spec:
  hosts: [api.example.com]
  addresses: [192.0.2.0/24]
  ports: [{number: 443, name: https, protocol: TLS, targetPort: 8443}]
  location: MESH_INTERNAL
  resolution: STATIC
  endpoints: [{address: 192.0.2.7, ports: {https: 8443}, labels: {app: api}, locality: r/z, weight: 3, serviceAccount: api}]
  subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/api"]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: shop}
spec:
  workloadSelector: {labels: {app: web}}
  ingress: [{port: {number: 9080, protocol: HTTP, name: web}, defaultEndpoint: "unix:///tmp/web.sock", captureMode: NONE}]
  egress: [{port: {number: 8080, protocol: HTTP, name: out}, bind: 127.0.0.1, hosts: ["*/api.example.com"]}, {hosts: [./*, istio-system/*]}]
  outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: egress}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm-1, namespace: shop}
spec: {address: 192.0.2.9, labels: {app: details}, serviceAccount: details, network: vpc}
---
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: {name: vms, namespace: shop}
spec:
  metadata: {labels: {app: details}}
  template: {ports: {grpc: 3550}, serviceAccount: details}
  probe: {initialDelaySeconds: 5, httpGet: {path: /healthz, port: 3100, httpHeaders: [{name: X, value: "1"}]}}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: shop}
spec:
  priority: -5
  workloadSelector: {labels: {app: web}}
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {portNumber: 8080, filterChain: {filter: {name: hcm, subFilter: {name: router}}}}}
    patch: {operation: INSERT_BEFORE, value: {name: x, typed_config: {"@type": t, list: [1, null, {a: 1.5}]}}}
---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: small, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, concurrency: 0, image: {imageType: distroless}}
"""

POLICY = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow, namespace: shop}
spec:
  selector: {matchLabels: {app: httpbin}}
  action: DENY
  rules:
  - from: [{source: {principals: [cluster.local/ns/default/sa/curl], notNamespaces: [prod]}}]
    to: [{operation: {methods: [GET], paths: ["/info*"], ports: ["8080"]}}]
    when: [{key: "request.auth.claims[iss]", values: ["https://accounts.example.com"]}]
  - {}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}, portLevelMtls: {"8080": {mode: DISABLE}}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt, namespace: shop}
spec:
  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: edge}]
  jwtRules:
  - issuer: https://accounts.example.com
    jwksUri: https://accounts.example.com/jwks
    fromHeaders: [{name: x-jwt, prefix: "Bearer "}]
    outputClaimToHeaders: [{header: x-sub, claim: sub}]
    forwardOriginalToken: true
    timeout: 5s
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: mesh, namespace: istio-system}
spec:
  tracing: [{providers: [{name: otel}], randomSamplingPercentage: 0.0, customTags: {env: {literal: {value: prod}}}}]
  metrics: [{overrides: [{match: {metric: REQUEST_COUNT, mode: CLIENT}, tagOverrides: {host: {value: request.host}}}], reportingInterval: 5s}]
  accessLogging: [{disabled: false, filter: {expression: "response.code >= 400"}}]
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: oidc, namespace: shop}
spec:
  url: oci://registry.internal/oidc:1
  imagePullPolicy: IfNotPresent
  phase: AUTHN
  priority: 0
  pluginConfig: {realm: ingress, nested: {list: [1, 2]}}
  vmConfig: {env: [{name: POD, valueFrom: HOST}]}
  match: [{mode: CLIENT, ports: [{number: 8080}]}]
---
apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata: {name: lua, namespace: shop}
spec: {phase: AUTHZ, lua: {inlineCode: "function envoy_on_request(handle)\\nend"}}
"""

KUBERNETES = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: istio
  listeners:
  - name: https
    hostname: "*.example.com"
    port: 443
    protocol: HTTPS
    tls: {certificateRefs: [{name: cert, namespace: certs}]}
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: "true"}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reviews, namespace: shop}
spec:
  parentRefs: [{name: edge, sectionName: https}]
  hostnames: [reviews.example.com]
  rules:
  - matches: [{path: {type: Exact, value: /a}, headers: [{name: v, value: "2"}], method: GET}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: x, value: "1"}], remove: ["y"]}}
    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
    backendRefs: [{name: reviews, port: 9080, weight: 90}, {name: reviews-v2, port: 9080, weight: 10}]
    timeouts: {request: 10s, backendRequest: 2s}
    retry: {codes: [500, 502], attempts: 2, backoff: 100ms}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: tls, namespace: shop}
spec: {targetRefs: [{kind: Service, name: reviews}], validation: {hostname: reviews.example.com, wellKnownCACertificates: System}}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: certs, namespace: certs}
spec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: shop}], to: [{kind: Secret}]}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop, labels: {app: reviews}, creationTimestamp: "2024-05-01T12:00:00Z", resourceVersion: "7"}
spec:
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7, "fd00::7"]
  ports: [{name: http, port: 9080, targetPort: web, appProtocol: http}]
  selector: {app: reviews}
  trafficDistribution: PreferClose
status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-x, namespace: shop, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
endpoints:
- addresses: [10.0.0.1]
  conditions: {ready: false, serving: true, terminating: true}
  nodeName: n1
  zone: z1
  targetRef: {kind: Pod, name: reviews-1, namespace: shop}
ports: [{name: http, port: 9080}]
---
apiVersion: v1
kind: Secret
metadata: {name: cert, namespace: certs}
type: kubernetes.io/tls
data: {tls.crt: YQ==, tls.key: Yg==}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: istio
  tls: [{hosts: [a.example.com], secretName: cert}]
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""


def manifests(text: str) -> list[Any]:
    found, findings = documents(text)
    assert findings == []
    return [pytest.param(document.manifest, id=document.manifest["kind"]) for document in found]


@pytest.mark.parametrize("manifest", [*manifests(TRAFFIC), *manifests(POLICY), *manifests(KUBERNETES)])
def test_a_manifest_is_written_back_as_it_was(manifest: dict[str, Any]) -> None:
    resource, findings = decode(manifest)
    assert findings == []
    assert resource is not None
    assert encode(resource) == manifest


def test_there_is_an_example_of_every_kind_of_istios() -> None:
    shown = {parameter.id for parameter in (*manifests(TRAFFIC), *manifests(POLICY))}
    assert shown == {kind.kind for kind in KINDS.values() if kind.group.endswith(".istio.io")}


ODD_VALUES: list[Any] = [None, 5, -1, 80.0, 2**40, float("inf"), True, "x", "5", [], {}, [None], [{}], {"a": 1}, {"": {}}]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a manifest."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield from paths(item, (*path, step))


def with_value(manifest: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The manifest with another value at a place."""
    if not path:
        return value
    changed = copy.copy(manifest)
    changed[path[0]] = with_value(manifest[path[0]], path[1:], value)
    return changed


@pytest.mark.parametrize("manifest", [*manifests(TRAFFIC), *manifests(POLICY), *manifests(KUBERNETES)])
def test_whatever_stands_anywhere_is_either_read_or_refused_in_a_sentence_of_ours(manifest: dict[str, Any]) -> None:
    for path in paths(manifest):
        for value in ODD_VALUES:
            changed = with_value(manifest, path, value)
            if not isinstance(changed, dict):
                continue
            resource, findings = decode(changed)
            assert resource is not None or findings, (path, value)
            assert not [each for each in findings if each.message.startswith(("Expected", "Object", "Invalid"))], (path, value)
