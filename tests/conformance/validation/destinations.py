"""DestinationRule and ServiceEntry."""

from __future__ import annotations

from tests.conformance.validation.rows import Row, warned


def policy(text: str) -> str:
    return f"host: b, trafficPolicy: {{{text}}}"


def balanced(text: str) -> str:
    return policy(f"loadBalancer: {{{text}}}, outlierDetection: {{}}")


def locality(text: str) -> str:
    return balanced(f"localityLbSetting: {{{text}}}")


def spread(text: str) -> str:
    return locality(f"distribute: [{{from: r/a/*, to: {{{text}}}}}]")


LB = "spec.trafficPolicy.loadBalancer"

DESTINATION_RULE = (
    Row(
        "a cookie lasts no negative time",
        balanced("consistentHash: {httpCookie: {name: a, ttl: -1s}}"),
        f"{LB}.consistentHash.httpCookie.ttl",
        balanced("consistentHash: {httpCookie: {name: a, ttl: 0s}}"),
    ),
    Row(
        "a table without size has the usual one",
        balanced("consistentHash: {useSourceIp: true, maglev: {tableSize: 4}}"),
        f"{LB}.consistentHash.maglev.tableSize",
        balanced("consistentHash: {useSourceIp: true, maglev: {}}"),
    ),
    warned(
        "a port has one policy",
        policy("portLevelSettings: [{port: {number: 80}, outlierDetection: {}}, {port: {number: 80}, outlierDetection: {}}]"),
        "spec.trafficPolicy.portLevelSettings[1]",
        policy("portLevelSettings: [{port: {number: 80}, outlierDetection: {}}, {port: {number: 81}, outlierDetection: {}}]"),
    ),
    Row("a host", "host: ''", "spec.host", "host: b"),
    Row("subsets are unique", "host: b, subsets: [{name: v}, {name: v}]", "spec.subsets[1].name", "host: b, subsets: [{name: v}, {name: w}]"),
    Row("subsets have names", "host: b, subsets: [{name: ''}]", "spec.subsets[0].name", "host: b, subsets: [{name: v}]"),
    Row("a policy says something", "host: b, trafficPolicy: {}", "spec.trafficPolicy", policy("loadBalancer: {simple: RANDOM}")),
    Row(
        "a pool says something",
        policy("connectionPool: {}"),
        "spec.trafficPolicy.connectionPool",
        policy("connectionPool: {tcp: {maxConnections: 1}}"),
    ),
    Row(
        "no negative bounds",
        policy("connectionPool: {http: {maxRetries: -1}}"),
        "spec.trafficPolicy.connectionPool.http.maxRetries",
        policy("connectionPool: {http: {maxRetries: 0}}"),
    ),
    Row(
        "timeouts of 1 ms",
        policy("connectionPool: {tcp: {connectTimeout: 0.1ms}}"),
        "spec.trafficPolicy.connectionPool.tcp.connectTimeout",
        policy("connectionPool: {tcp: {connectTimeout: 1ms}}"),
    ),
    Row(
        "outliers: percentages",
        policy("outlierDetection: {maxEjectionPercent: 101}"),
        "spec.trafficPolicy.outlierDetection.maxEjectionPercent",
        policy("outlierDetection: {maxEjectionPercent: 100}"),
    ),
    Row(
        "outliers: health",
        policy("outlierDetection: {minHealthPercent: -1}"),
        "spec.trafficPolicy.outlierDetection.minHealthPercent",
        policy("outlierDetection: {minHealthPercent: 0}"),
    ),
    Row(
        "outliers: intervals",
        policy("outlierDetection: {interval: 0.1ms}"),
        "spec.trafficPolicy.outlierDetection.interval",
        policy("outlierDetection: {interval: 1ms}"),
    ),
    Row(
        "outliers: local failures are split",
        policy("outlierDetection: {consecutiveLocalOriginFailures: 3}"),
        "spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures",
        policy("outlierDetection: {consecutiveLocalOriginFailures: 3, splitExternalLocalOriginErrors: true}"),
    ),
    Row(
        "maglev tables are prime",
        balanced("consistentHash: {useSourceIp: true, maglev: {tableSize: 100}}"),
        f"{LB}.consistentHash.maglev.tableSize",
        balanced("consistentHash: {useSourceIp: true, maglev: {tableSize: 101}}"),
    ),
    Row(
        "maglev tables are below 5000011",
        balanced("consistentHash: {useSourceIp: true, maglev: {tableSize: 5000011}}"),
        f"{LB}.consistentHash.maglev.tableSize",
        balanced("consistentHash: {useSourceIp: true, maglev: {tableSize: 4999999}}"),
    ),
    Row(
        "ring or maglev",
        balanced("consistentHash: {useSourceIp: true, maglev: {}, ringHash: {}}"),
        f"{LB}.consistentHash",
        balanced("consistentHash: {useSourceIp: true, ringHash: {}}"),
    ),
    Row(
        "one key of hashes",
        balanced("consistentHash: {useSourceIp: true, httpHeaderName: x}"),
        f"{LB}.consistentHash",
        balanced("consistentHash: {httpHeaderName: x}"),
    ),
    Row(
        "cookies have names",
        balanced("consistentHash: {httpCookie: {name: '', ttl: 1s}}"),
        f"{LB}.consistentHash.httpCookie.name",
        balanced("consistentHash: {httpCookie: {name: u, ttl: 0s}}"),
    ),
    Row(
        "weights of localities sum to 100", spread("r/a/b: 50, r/c/d: 40"), f"{LB}.localityLbSetting.distribute[0].to", spread("r/a/b: 60, r/c/d: 40")
    ),
    Row(
        "weights of localities from 1",
        spread("r/a/b: 100, r/c/d: 0"),
        f'{LB}.localityLbSetting.distribute[0].to["r/c/d"]',
        spread("r/a/b: 99, r/c/d: 1"),
    ),
    Row(
        "localities do not overlap",
        spread("r/a/b: 60, r/a/*: 40"),
        f'{LB}.localityLbSetting.distribute[0].to["r/a/*"]',
        spread("r/a/b: 60, r/b/*: 40"),
    ),
    Row("localities have * at the end", spread("r/*/b: 100"), f'{LB}.localityLbSetting.distribute[0].to["r/*/b"]', spread("r/*: 100")),
    Row(
        "failover to another region",
        locality("failover: [{from: r, to: r}]"),
        f"{LB}.localityLbSetting.failover[0]",
        locality("failover: [{from: r, to: s}]"),
    ),
    Row(
        "failover between regions",
        locality("failover: [{from: r/a, to: s}]"),
        f"{LB}.localityLbSetting.failover[0].from",
        locality("failover: [{from: r, to: s}]"),
    ),
    Row(
        "distribute or failover",
        locality("distribute: [{from: r/*, to: {r/*: 100}}], failover: [{from: r, to: s}]"),
        f"{LB}.localityLbSetting",
        locality("failoverPriority: [topology.istio.io/network]"),
    ),
    Row(
        "ISTIO_MUTUAL has no certificates",
        policy("tls: {mode: ISTIO_MUTUAL, clientCertificate: /c}"),
        "spec.trafficPolicy.tls.clientCertificate",
        policy("tls: {mode: ISTIO_MUTUAL, sni: a.b}"),
    ),
    Row(
        "MUTUAL has a certificate",
        policy("tls: {mode: MUTUAL, privateKey: /k}"),
        "spec.trafficPolicy.tls",
        policy("tls: {mode: MUTUAL, privateKey: /k, clientCertificate: /c}"),
    ),
    Row(
        "MUTUAL has a key",
        policy("tls: {mode: MUTUAL, clientCertificate: /c}"),
        "spec.trafficPolicy.tls",
        policy("tls: {mode: MUTUAL, credentialName: c}"),
    ),
    Row(
        "a credential or files",
        policy("tls: {mode: MUTUAL, credentialName: c, clientCertificate: /c, privateKey: /k}"),
        "spec.trafficPolicy.tls.clientCertificate",
        policy("tls: {mode: SIMPLE, credentialName: c}"),
    ),
    Row(
        "a selector is not for other namespaces",
        "host: b, exportTo: [x], workloadSelector: {matchLabels: {a: b}}",
        "spec.exportTo[0]",
        "host: b, exportTo: [.], workloadSelector: {matchLabels: {a: b}}",
    ),
    Row(
        "selectors have no wildcards",
        "host: b, workloadSelector: {matchLabels: {a: '*'}}",
        "spec.workloadSelector.matchLabels.a",
        "host: b, workloadSelector: {matchLabels: {a: b}}",
    ),
    Row(
        "tunnel or proxyProtocol",
        policy("tunnel: {targetHost: a.b, targetPort: 1}, proxyProtocol: {version: V1}"),
        "spec.trafficPolicy",
        policy("tunnel: {targetHost: a.b, targetPort: 1}"),
    ),
    Row(
        "tunnels speak CONNECT or POST",
        policy("tunnel: {protocol: GET, targetHost: a.b, targetPort: 1}"),
        "spec.trafficPolicy.tunnel.protocol",
        policy("proxyProtocol: {version: V2}"),
    ),
    Row(
        "tunnels have ports",
        policy("tunnel: {targetHost: a.b, targetPort: 0}"),
        "spec.trafficPolicy.tunnel.targetPort",
        policy("tunnel: {protocol: POST, targetHost: a.b, targetPort: 65535}"),
    ),
    Row(
        "policies of ports name one",
        policy("portLevelSettings: [{loadBalancer: {simple: RANDOM}}]"),
        "spec.trafficPolicy.portLevelSettings[0]",
        policy("portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]"),
    ),
    Row("exportTo: * stands alone", "host: b, exportTo: ['*', x]", "spec.exportTo", "host: b, exportTo: [x]"),
    warned("LEAST_CONN is deprecated", policy("loadBalancer: {simple: LEAST_CONN}"), f"{LB}.simple", policy("loadBalancer: {simple: LEAST_REQUEST}")),
)


def entry(more: str, hosts: str = "[a.b]", ports: str = "{number: 80, name: http, protocol: HTTP}") -> str:
    return f"hosts: {hosts}, ports: [{ports}], {more}"


TCP = "{number: 1, name: tcp, protocol: TCP}"

SERVICE_ENTRY = (
    warned(
        "an entry has ports",
        "hosts: [a.com]",
        "spec",
        "hosts: [a.com], ports: [{number: 443, name: tls, protocol: TLS}]",
    ),
    Row("a host", entry("resolution: DNS", "[]"), "spec.hosts", entry("resolution: DNS")),
    Row("not * alone", entry("resolution: NONE", "['*']"), "spec.hosts[0]", entry("resolution: NONE", "['*.a.b']")),
    Row(
        "names of ports are unique",
        entry("resolution: DNS", ports="{number: 1, name: http, protocol: HTTP}, {number: 2, name: http, protocol: HTTP}"),
        "spec.ports[1].name",
        entry("resolution: DNS", ports="{number: 1, name: http, protocol: HTTP}, {number: 2, name: web, protocol: HTTP}"),
    ),
    Row(
        "numbers of ports are unique",
        entry("resolution: DNS", ports="{number: 1, name: http, protocol: HTTP}, {number: 1, name: web, protocol: HTTP}"),
        "spec.ports[1].number",
        entry("resolution: DNS"),
    ),
    Row("ports from 1", entry("resolution: DNS", ports="{number: 0, name: http, protocol: HTTP}"), "spec.ports[0].number", entry("resolution: DNS")),
    Row("NONE has no endpoints", entry("resolution: NONE, endpoints: [{address: 1.1.1.1}]"), "spec.endpoints", entry("resolution: NONE")),
    Row(
        "STATIC endpoints are addresses",
        entry("resolution: STATIC, endpoints: [{address: a.b}]"),
        "spec.endpoints[0].address",
        entry("resolution: STATIC, endpoints: [{address: 1.1.1.1}]"),
    ),
    Row(
        "STATIC endpoints may be sockets",
        entry("resolution: STATIC, endpoints: [{address: 'unix://run'}]"),
        "spec.endpoints[0].address",
        entry("resolution: STATIC, endpoints: [{address: 'unix:///run/s'}]"),
    ),
    Row(
        "DNS hosts can be looked up",
        entry("resolution: DNS", "['*.a.b']"),
        "spec.hosts[0]",
        entry("resolution: DNS, endpoints: [{address: c.d}]", "['*.a.b']"),
    ),
    Row(
        "DNS_ROUND_ROBIN has one endpoint",
        entry("resolution: DNS_ROUND_ROBIN, endpoints: [{address: c.d}, {address: e.f}]"),
        "spec.endpoints",
        entry("resolution: DNS_ROUND_ROBIN, endpoints: [{address: c.d}]"),
    ),
    Row(
        "ranges are not for DNS",
        entry("resolution: DNS, addresses: [10.0.0.0/8]"),
        "spec.addresses[0]",
        entry("resolution: NONE, addresses: [10.0.0.0/8]"),
    ),
    Row("addresses are addresses", entry("resolution: DNS, addresses: [a.b]"), "spec.addresses[0]", entry("resolution: DNS, addresses: [10.0.0.1]")),
    Row(
        "a selector or endpoints",
        entry("resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {labels: {a: b}}, endpoints: [{address: 1.1.1.1}]"),
        "spec",
        entry("resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {labels: {a: b}}"),
    ),
    Row("DYNAMIC_DNS is for wildcards", entry("resolution: DYNAMIC_DNS"), "spec.hosts[0]", entry("resolution: DYNAMIC_DNS", "['*.a.b']")),
    Row(
        "DYNAMIC_DNS is external",
        entry("resolution: DYNAMIC_DNS, location: MESH_INTERNAL", "['*.a.b']"),
        "spec.location",
        entry("resolution: DYNAMIC_DNS, location: MESH_EXTERNAL", "['*.a.b']"),
    ),
    Row(
        "DYNAMIC_DNS is for HTTP and TLS",
        entry("resolution: DYNAMIC_DNS", "['*.a.b']", TCP),
        "spec.ports[0].protocol",
        entry("resolution: DYNAMIC_DNS", "['*.a.b']", "{number: 1, name: tls, protocol: TLS}"),
    ),
    Row(
        "endpoints' ports are named",
        entry("resolution: STATIC, endpoints: [{address: 1.1.1.1, ports: {grpc: 1}}]"),
        "spec.endpoints[0].ports.grpc",
        entry("resolution: STATIC, endpoints: [{address: 1.1.1.1, ports: {http: 1}}]"),
    ),
    Row("exportTo: ~ stands alone", entry("resolution: DNS, exportTo: ['~', x]"), "spec.exportTo", entry("resolution: DNS, exportTo: ['~']")),
    warned(
        "TCP wants an address", entry("resolution: NONE", ports=TCP), "spec.ports[0]", entry("resolution: NONE, addresses: [10.0.0.1]", ports=TCP)
    ),
)
