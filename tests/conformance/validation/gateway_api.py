"""Gateway API's kinds, by the rules of their published definitions (https://gateway-api.sigs.k8s.io/reference/spec/)."""

from __future__ import annotations

from tests.conformance.validation.rows import Row

RULE = "spec.rules[0]"
MATCH = f"{RULE}.matches[0]"
FILTER = f"{RULE}.filters[0]"
LISTENER = "spec.listeners[0]"


def rule(text: str) -> str:
    return f"rules: [{{{text}}}]"


def match(text: str) -> str:
    return rule(f"matches: [{{{text}}}]")


def filtered(text: str) -> str:
    return rule(f"filters: [{{{text}}}]")


def changed(text: str) -> str:
    return filtered(f"type: RequestHeaderModifier, requestHeaderModifier: {{{text}}}")


def mirrored(text: str) -> str:
    return filtered(f"type: RequestMirror, requestMirror: {{{text}}}")


def rewritten(text: str, also: str = "") -> str:
    return rule(f"filters: [{{type: URLRewrite, urlRewrite: {{path: {{{text}}}}}}}]{also}")


def sent(text: str) -> str:
    return rule(f"backendRefs: [{{{text}}}]")


def kept(text: str) -> str:
    return rule(f"sessionPersistence: {{{text}}}")


def listener(text: str, more: str = "") -> str:
    return f"gatewayClassName: istio, listeners: [{{name: a, port: 80, {text}}}{more}]"


PREFIX = "type: ReplacePrefixMatch, replacePrefixMatch: /b"
BACKEND = "backendRefs: [{name: a, port: 80}]"
MANY_MATCHES = f"matches: [{', '.join(['{}'] * 64)}]"

HTTP_ROUTE = (
    Row("a host is in lower case", "hostnames: [A.com]", "spec.hostnames[0]", "hostnames: ['*.a.com']"),
    Row("a host is no address", "hostnames: [10.0.0.1]", "spec.hostnames[0]", "hostnames: [a]"),
    Row("at most 16 hosts", f"hostnames: [{'a, ' * 17}]", "spec.hostnames", f"hostnames: [{'a, ' * 16}]"),
    Row("a parent has a name", "parentRefs: [{name: ''}]", "spec.parentRefs[0].name", "parentRefs: [{name: a, sectionName: b}]"),
    Row("a parent is named once", "parentRefs: [{name: a}, {name: a, sectionName: b}]", "spec.parentRefs[1]", "parentRefs: [{name: a}, {name: b}]"),
    Row(
        "sections are distinct",
        "parentRefs: [{name: a, sectionName: b}, {name: a, sectionName: b}]",
        "spec.parentRefs[1]",
        "parentRefs: [{name: a, sectionName: b}, {name: a, sectionName: c}]",
    ),
    Row("a parent's port is one", "parentRefs: [{name: a, port: 0}]", "spec.parentRefs[0].port", "parentRefs: [{name: a, port: 1}]"),
    Row("names of rules are distinct", "rules: [{name: a}, {name: a}]", "spec.rules[1].name", "rules: [{name: a}, {}, {}]"),
    Row("at most 16 rules", f"rules: [{'{}, ' * 17}]", "spec.rules", f"rules: [{'{}, ' * 16}]"),
    Row("few matches in all", f"rules: [{{{MANY_MATCHES}}}, {{{MANY_MATCHES}}}, {{matches: [{{}}]}}]", "spec.rules", rule(MANY_MATCHES)),
    Row("a path begins with a slash", match("path: {value: a}"), f"{MATCH}.path.value", match("path: {value: /a}")),
    Row("no two slashes", match("path: {value: /a//b}"), f"{MATCH}.path.value", match("path: {value: /a/b}")),
    Row("no steps up", match("path: {value: /a/../b}"), f"{MATCH}.path.value", match("path: {value: /a/..b}")),
    Row("no step at the end", match("path: {type: Exact, value: /a/.}"), f"{MATCH}.path.value", match("path: {type: Exact, value: /a.}")),
    Row("no hidden slash", match("path: {value: /a%2Fb}"), f"{MATCH}.path.value", match("path: {value: /a%20b}")),
    Row("no fragment", match("path: {value: '/a#b'}"), f"{MATCH}.path.value", match("path: {value: '/a@b'}")),
    Row("characters of a path", match("path: {value: '/a b'}"), f"{MATCH}.path.value", match("path: {type: RegularExpression, value: '/a b'}")),
    Row("a type of path", match("path: {type: Prefix, value: /a}"), f"{MATCH}.path.type", match("path: {type: PathPrefix, value: /a}")),
    Row("a method", match("method: get"), f"{MATCH}.method", match("method: GET")),
    Row(
        "a header once",
        match("headers: [{name: A, value: b}, {name: a, value: c}]"),
        f"{MATCH}.headers[1].name",
        match("headers: [{name: A, value: b}, {name: c, value: d}]"),
    ),
    Row("a header's value", match("headers: [{name: a, value: ''}]"), f"{MATCH}.headers[0].value", match("headers: [{name: a, value: b}]")),
    Row(
        "a parameter once",
        match("queryParams: [{name: a, value: b}, {name: a, value: c}]"),
        f"{MATCH}.queryParams[1].name",
        match("queryParams: [{name: A, value: b}, {name: a, value: c}]"),
    ),
    Row("a parameter has a name", match("queryParams: [{name: a b, value: b}]"), f"{MATCH}.queryParams[0].name", match("queryParams: []")),
    Row(
        "a filter has its own field only",
        filtered("type: RequestHeaderModifier, requestHeaderModifier: {}, responseHeaderModifier: {}"),
        f"{FILTER}.responseHeaderModifier",
        filtered("type: RequestHeaderModifier, requestHeaderModifier: {}"),
    ),
    Row(
        "a filter once",
        rule("filters: [{type: CORS, cors: {}}, {type: CORS, cors: {}}]"),
        f"{RULE}.filters[1].type",
        rule(f"filters: [{', '.join(['{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}}}'] * 2)}]"),
    ),
    Row(
        "filters of a backend too", sent("name: a, port: 80, filters: [{type: CORS}]"), f"{RULE}.backendRefs[0].filters[0]", sent("name: a, port: 80")
    ),
    Row("a set header has a value", changed("set: [{name: a, value: ''}]"), f"{FILTER}.requestHeaderModifier.set[0].value", changed("remove: [a]")),
    Row(
        "an added header once",
        changed("add: [{name: a, value: b}, {name: A, value: b}]"),
        f"{FILTER}.requestHeaderModifier.add[1].name",
        changed("add: [{name: a, value: b}]"),
    ),
    Row("a removed header is one", changed("remove: ['a b']"), f"{FILTER}.requestHeaderModifier.remove[0]", changed("remove: [a-b]")),
    Row("a Service has a port", sent("name: a"), f"{RULE}.backendRefs[0]", sent("name: a, kind: Hostname, group: networking.istio.io")),
    Row("a weight", sent("name: a, port: 80, weight: 1000001"), f"{RULE}.backendRefs[0].weight", sent("name: a, port: 80, weight: 0")),
    Row(
        "a backend's namespace", sent("name: a, port: 80, namespace: A"), f"{RULE}.backendRefs[0].namespace", sent("name: a, port: 80, namespace: b")
    ),
    Row("a mirror has a port", mirrored("backendRef: {name: a}"), f"{FILTER}.requestMirror.backendRef", mirrored("backendRef: {name: a, port: 80}")),
    Row(
        "a percentage of mirrored requests",
        mirrored("backendRef: {name: a, port: 80}, percent: 101"),
        f"{FILTER}.requestMirror.percent",
        mirrored("backendRef: {name: a, port: 80}, percent: 100"),
    ),
    Row(
        "one share of mirrored requests",
        mirrored("backendRef: {name: a, port: 80}, percent: 1, fraction: {numerator: 1}"),
        f"{FILTER}.requestMirror",
        mirrored("backendRef: {name: a, port: 80}, fraction: {numerator: 1}"),
    ),
    Row(
        "a fraction is a part",
        mirrored("backendRef: {name: a, port: 80}, fraction: {numerator: 3, denominator: 2}"),
        f"{FILTER}.requestMirror.fraction.numerator",
        mirrored("backendRef: {name: a, port: 80}, fraction: {numerator: 2, denominator: 2}"),
    ),
    Row(
        "a modified path is given",
        rewritten("type: ReplaceFullPath"),
        f"{FILTER}.urlRewrite.path",
        rewritten("type: ReplaceFullPath, replaceFullPath: /a"),
    ),
    Row(
        "a modified path is of its type",
        rewritten("type: ReplaceFullPath, replaceFullPath: /a, replacePrefixMatch: /b"),
        f"{FILTER}.urlRewrite.path.replacePrefixMatch",
        rewritten("type: ReplaceFullPath, replaceFullPath: /a"),
    ),
    Row(
        "a prefix is replaced where one matched",
        rewritten(PREFIX, ", matches: [{path: {type: Exact, value: /a}}]"),
        f"{FILTER}.urlRewrite.path",
        rewritten(PREFIX, ", matches: [{path: {value: /a}}]"),
    ),
    Row(
        "one prefix is replaced",
        rewritten(PREFIX, ", matches: [{path: {value: /a}}, {path: {value: /b}}]"),
        f"{FILTER}.urlRewrite.path",
        rewritten(PREFIX),
    ),
    Row(
        "a redirect's host has no wildcard",
        filtered("type: RequestRedirect, requestRedirect: {hostname: '*.a.com'}"),
        f"{FILTER}.requestRedirect.hostname",
        filtered("type: RequestRedirect, requestRedirect: {hostname: a.com}"),
    ),
    Row(
        "a redirect's scheme",
        filtered("type: RequestRedirect, requestRedirect: {scheme: ftp}"),
        f"{FILTER}.requestRedirect.scheme",
        filtered("type: RequestRedirect, requestRedirect: {scheme: https}"),
    ),
    Row(
        "every origin stands alone",
        filtered("type: CORS, cors: {allowOrigins: ['*', 'https://a.com']}"),
        f"{FILTER}.cors.allowOrigins",
        filtered("type: CORS, cors: {allowOrigins: ['*']}"),
    ),
    Row(
        "an authorizer is asked by its own protocol",
        filtered("type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: a, port: 80}, http: {}}"),
        f"{FILTER}.externalAuth.http",
        filtered("type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: a, port: 80}, http: {}}"),
    ),
    Row("a timeout of whole numbers", rule("timeouts: {request: 1.5s}"), f"{RULE}.timeouts.request", rule("timeouts: {request: 1s500ms}")),
    Row("a status to try again after", rule("retry: {codes: [200]}"), f"{RULE}.retry.codes[0]", rule("retry: {codes: [503]}")),
    Row(
        "a permanent cookie ends",
        kept("cookieConfig: {lifetimeType: Permanent}"),
        f"{RULE}.sessionPersistence",
        kept("absoluteTimeout: 12h, cookieConfig: {lifetimeType: Permanent}"),
    ),
    Row(
        "a header is no cookie",
        kept("type: Header, cookieConfig: {}"),
        f"{RULE}.sessionPersistence.cookieConfig",
        kept("type: Cookie, cookieConfig: {}"),
    ),
)

GRPC_ROUTE = (
    Row("a service or a method", match("method: {}"), f"{MATCH}.method", match("method: {service: a.B}")),
    Row("a service is one", match("method: {service: a/b}"), f"{MATCH}.method.service", match("method: {service: .a.b_C}")),
    Row("a method is one", match("method: {method: a.b}"), f"{MATCH}.method.method", match("method: {method: 'a.b', type: RegularExpression}")),
    Row("a type of match", match("method: {method: a, type: Prefix}"), f"{MATCH}.method.type", match("method: {method: a, type: Exact}")),
    Row("no filters of HTTP", filtered("type: URLRewrite"), f"{FILTER}.type", filtered("type: ResponseHeaderModifier, responseHeaderModifier: {}")),
    Row("a Service has a port", sent("name: a"), f"{RULE}.backendRefs[0]", sent("name: a, port: 80")),
)

TCP_ROUTE = (
    Row("rules", "parentRefs: [{name: a}]", "spec.rules", rule(BACKEND)),
    Row("backends", rule("name: a"), f"{RULE}.backendRefs", rule(BACKEND)),
    Row("a Service has a port", sent("name: a"), f"{RULE}.backendRefs[0]", rule(BACKEND)),
)

TLS_ROUTE = (
    Row("rules", "hostnames: [a.com]", "spec.rules", rule(BACKEND)),
    Row("a host", f"hostnames: ['*'], {rule(BACKEND)}", "spec.hostnames[0]", f"hostnames: ['*.a.com'], {rule(BACKEND)}"),
)

KUBERNETES_GATEWAY = (
    Row("a class", "gatewayClassName: '', listeners: [{name: a, port: 80, protocol: HTTP}]", "spec.gatewayClassName", listener("protocol: HTTP")),
    Row("listeners", "gatewayClassName: istio", "spec.listeners", listener("protocol: HTTP")),
    Row(
        "listeners of distinct names",
        listener("protocol: HTTP", ", {name: a, port: 81, protocol: HTTP}"),
        "spec.listeners[1].name",
        listener("protocol: UDP"),
    ),
    Row("a name", "gatewayClassName: a, listeners: [{name: A, port: 80, protocol: HTTP}]", f"{LISTENER}.name", listener("protocol: HTTP")),
    Row("a protocol", listener("protocol: 'H T'"), f"{LISTENER}.protocol", listener("protocol: example.com/SPECIAL")),
    Row("no host on TCP", listener("protocol: TCP, hostname: a.com"), f"{LISTENER}.hostname", listener("protocol: HTTP, hostname: a.com")),
    Row(
        "no tls in the clear",
        listener("protocol: TCP, tls: {mode: Passthrough}"),
        f"{LISTENER}.tls",
        listener("protocol: TLS, tls: {mode: Passthrough}"),
    ),
    Row("a mode", listener("protocol: TLS, tls: {mode: PASSTHROUGH}"), f"{LISTENER}.tls.mode", listener("protocol: TLS, tls: {options: {a: b}}")),
    Row(
        "whose routes",
        listener("protocol: HTTP, allowedRoutes: {namespaces: {from: Everybody}}"),
        f"{LISTENER}.allowedRoutes.namespaces.from",
        listener("protocol: HTTP, allowedRoutes: {namespaces: {from: All}}"),
    ),
    Row(
        "a selector of namespaces",
        listener("protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}"),
        f"{LISTENER}.allowedRoutes.namespaces",
        listener("protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}"),
    ),
    Row(
        "an address",
        f"{listener('protocol: HTTP')}, addresses: [{{value: a.com}}]",
        "spec.addresses[0].value",
        f"{listener('protocol: HTTP')}, addresses: [{{type: Hostname, value: a.com}}, {{value: 10.0.0.1}}]",
    ),
    Row(
        "an address once",
        f"{listener('protocol: HTTP')}, addresses: [{{value: 10.0.0.1}}, {{value: 10.0.0.1}}]",
        "spec.addresses[1].value",
        f"{listener('protocol: HTTP')}, addresses: [{{value: 10.0.0.1}}]",
    ),
)

LISTENER_SET = (
    Row("listeners", "parentRef: {name: a}", "spec.listeners", "parentRef: {name: a}, listeners: [{name: a, port: 80, protocol: HTTP}]"),
    Row(
        "a gateway",
        "parentRef: {name: ''}, listeners: [{name: a, port: 80, protocol: HTTP}]",
        "spec.parentRef.name",
        "parentRef: {name: a, namespace: b}, listeners: [{name: a, port: 80, protocol: HTTP}]",
    ),
)

REFERENCE_GRANT = (
    Row("somebody", "to: [{kind: Service}]", "spec.from", "from: [{kind: HTTPRoute, namespace: a}], to: [{kind: Service}]"),
    Row("something", "from: [{kind: HTTPRoute, namespace: a}]", "spec.to", "from: [{kind: HTTPRoute, namespace: a}], to: [{kind: Service, name: b}]"),
    Row(
        "a namespace",
        "from: [{kind: HTTPRoute, namespace: ''}], to: [{kind: Service}]",
        "spec.from[0].namespace",
        "from: [{kind: HTTPRoute, namespace: a}], to: [{kind: Service}]",
    ),
)


def validated(text: str) -> str:
    return f"targetRefs: [{{kind: Service, name: a}}], validation: {{{text}}}"


BACKEND_TLS_POLICY = (
    Row(
        "targets",
        "targetRefs: [], validation: {hostname: a, wellKnownCACertificates: System}",
        "spec.targetRefs",
        validated("hostname: a, wellKnownCACertificates: System"),
    ),
    Row("roots", validated("hostname: a"), "spec.validation", validated("hostname: a, caCertificateRefs: [{name: b, kind: ConfigMap}]")),
    Row(
        "one sort of roots",
        validated("hostname: a, wellKnownCACertificates: System, caCertificateRefs: [{name: b, kind: ConfigMap}]"),
        "spec.validation",
        validated("hostname: a, wellKnownCACertificates: System"),
    ),
    Row(
        "known roots",
        validated("hostname: a, wellKnownCACertificates: Mine"),
        "spec.validation.wellKnownCACertificates",
        validated("hostname: a, wellKnownCACertificates: System"),
    ),
    Row(
        "a host",
        validated("hostname: '*.a', wellKnownCACertificates: System"),
        "spec.validation.hostname",
        validated("hostname: a.b, wellKnownCACertificates: System"),
    ),
    Row(
        "a name of its type",
        validated("hostname: a, wellKnownCACertificates: System, subjectAltNames: [{type: URI, hostname: b}]"),
        "spec.validation.subjectAltNames[0].hostname",
        validated("hostname: a, wellKnownCACertificates: System, subjectAltNames: [{type: Hostname, hostname: b}]"),
    ),
)

GATEWAY_CLASS = (
    Row("a controller", "controllerName: istio", "spec.controllerName", "controllerName: istio.io/gateway-controller"),
    Row(
        "a short description",
        f"controllerName: a.b/c, description: {'a' * 65}",
        "spec.description",
        f"controllerName: a.b/c, description: {'a' * 64}",
    ),
)
