"""VirtualService."""

from __future__ import annotations

from tests.conformance.validation.rows import Row, warned

TO = "route: [{destination: {host: b}}]"
ANSWER = "directResponse: {status: 200}"


def http(route: str, more: str = "") -> str:
    return f"hosts: [a], {more}http: [{{{route}}}]"


def match(text: str) -> str:
    return http(f"match: [{{{text}}}], {TO}")


def redirect(text: str, more: str = "") -> str:
    return http(f"redirect: {{{text}}}{more}")


def retries(text: str) -> str:
    return http(f"{TO}, retries: {{{text}}}")


def fault(text: str) -> str:
    return http(f"{TO}, fault: {{{text}}}")


def cors(text: str) -> str:
    return http(f"{TO}, corsPolicy: {{{text}}}")


def tls(sni: str, hosts: str = "[a.b]") -> str:
    return f"hosts: {hosts}, tls: [{{match: [{{sniHosts: {sni}}}], {TO}}}]"


ROUTE = "spec.http[0]"
OK = http(TO)

VIRTUAL_SERVICE = (
    warned(
        "a share of mirrored calls needs a mirror",
        "hosts: [a], http: [{route: [{destination: {host: a}}], mirrorPercentage: {value: 5}}]",
        "spec.http[0].mirrorPercentage",
        "hosts: [a], http: [{route: [{destination: {host: a}}], mirror: {host: b}, mirrorPercentage: {value: 5}}]",
    ),
    Row("at least one of http, tls, tcp", "hosts: [a]", "spec", OK),
    Row("a host, unless it is a delegate", f"gateways: [g], http: [{{{TO}}}]", "spec.gateways", f"http: [{{{TO}}}]"),
    Row("hosts are unique", f"hosts: [a, a], http: [{{{TO}}}]", "spec.hosts[1]", f"hosts: [a, b], http: [{{{TO}}}]"),
    Row("* is not for sidecars", f"hosts: ['*'], http: [{{{TO}}}]", "spec.hosts[0]", f"hosts: ['*'], gateways: [g], http: [{{{TO}}}]"),
    Row(
        "* is not for sidecars beside gateways either",
        f"hosts: ['*'], gateways: [g, mesh], http: [{{{TO}}}]",
        "spec.hosts[0]",
        f"hosts: ['*.b'], gateways: [g, mesh], http: [{{{TO}}}]",
    ),
    Row("hosts are names", f"hosts: [a_b], http: [{{{TO}}}]", "spec.hosts[0]", f"hosts: [10.0.0.1, '*.a.b', a-b], http: [{{{TO}}}]"),
    Row("a wildcard is the first label", f"hosts: ['a.*.b'], http: [{{{TO}}}]", "spec.hosts[0]", f"hosts: ['*.a.b'], http: [{{{TO}}}]"),
    Row("gateways are names", http(TO, "gateways: ['a/b/c'], "), "spec.gateways[0]", http(TO, "gateways: [mesh, g, ./g, n/g], ")),
    Row("an action", http("timeout: 1s"), ROUTE, OK),
    Row("one action: route and redirect", redirect("uri: /", f", {TO}"), ROUTE, redirect("uri: /")),
    Row("one action: route and directResponse", http(f"{ANSWER}, {TO}"), ROUTE, http(ANSWER)),
    Row("one action: delegate and route", http(f"delegate: {{name: d}}, {TO}"), ROUTE, http("delegate: {name: d}")),
    Row("one action: redirect and directResponse", redirect("uri: /", f", {ANSWER}"), ROUTE, http(ANSWER)),
    Row("no fault with redirect", redirect("uri: /", ", fault: {abort: {httpStatus: 500}}"), f"{ROUTE}.fault", fault("abort: {httpStatus: 500}")),
    Row("no fault with directResponse", http(f"{ANSWER}, fault: {{abort: {{httpStatus: 500}}}}"), f"{ROUTE}.fault", http(ANSWER)),
    Row("no rewrite with redirect", redirect("uri: /", ", rewrite: {uri: /}"), f"{ROUTE}.rewrite", http(f"{TO}, rewrite: {{uri: /}}")),
    Row("no rewrite with directResponse", http(f"{ANSWER}, rewrite: {{uri: /}}"), f"{ROUTE}.rewrite", http(ANSWER)),
    Row("mirror or mirrors", http(f"{TO}, mirror: {{host: c}}, mirrors: [{{destination: {{host: d}}}}]"), ROUTE, http(f"{TO}, mirror: {{host: c}}")),
    Row("mirrors have destinations", http(f"{TO}, mirrors: [{{}}]"), f"{ROUTE}.mirrors[0]", http(f"{TO}, mirrors: [{{destination: {{host: d}}}}]")),
    Row("a redirect changes something", redirect("redirectCode: 302"), f"{ROUTE}.redirect", redirect("authority: c, redirectCode: 302")),
    Row("a redirect to a scheme", redirect("scheme: ftp"), f"{ROUTE}.redirect.scheme", redirect("scheme: https")),
    Row("a redirect to a port", redirect("port: 70000"), f"{ROUTE}.redirect.port", redirect("port: 8443")),
    Row("port or derivePort", redirect("port: 1, derivePort: FROM_REQUEST_PORT"), f"{ROUTE}.redirect", redirect("derivePort: FROM_REQUEST_PORT")),
    Row(
        "uri or prefixRewrite",
        http("match: [{uri: {prefix: /a}}], redirect: {uri: /, prefixRewrite: /}"),
        f"{ROUTE}.redirect",
        http("match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /c}"),
    ),
    Row(
        "prefixRewrite is for prefixes",
        http("match: [{uri: {exact: /a}}], redirect: {prefixRewrite: /c}"),
        f"{ROUTE}.redirect.prefixRewrite",
        http("match: [{uri: {prefix: /a}}, {uri: {prefix: /b}}], redirect: {prefixRewrite: /c}"),
    ),
    Row("redirects are 3xx", redirect("uri: /, redirectCode: 200"), f"{ROUTE}.redirect.redirectCode", redirect("uri: /, redirectCode: 308")),
    Row(
        "percentages up to 100",
        fault("abort: {httpStatus: 500, percentage: {value: 101}}"),
        f"{ROUTE}.fault.abort.percentage.value",
        fault("abort: {httpStatus: 500, percentage: {value: 100}}"),
    ),
    Row(
        "percentages of 0.0001 or 0",
        fault("delay: {fixedDelay: 1s, percentage: {value: 0.00001}}"),
        f"{ROUTE}.fault.delay.percentage.value",
        fault("delay: {fixedDelay: 1s, percentage: {value: 0.0001}}"),
    ),
    Row(
        "no negative percentages",
        http(f"{TO}, mirror: {{host: c}}, mirrorPercentage: {{value: -1}}"),
        f"{ROUTE}.mirrorPercentage.value",
        http(f"{TO}, mirror: {{host: c}}, mirrorPercentage: {{value: 0}}"),
    ),
    Row(
        "no negative weights",
        http("route: [{destination: {host: b}, weight: -1}, {destination: {host: c}, weight: 2}]"),
        f"{ROUTE}.route[0].weight",
        http("route: [{destination: {host: b}, weight: 0}, {destination: {host: c}, weight: 2}]"),
    ),
    Row(
        "weights are not all 0",
        http("route: [{destination: {host: b}}, {destination: {host: c}}]"),
        f"{ROUTE}.route",
        http("route: [{destination: {host: b}, weight: 0}]"),
    ),
    Row("destinations have hosts", http("route: [{destination: {host: ''}}]"), f"{ROUTE}.route[0].destination.host", OK),
    Row("destinations are no wildcards", http("route: [{destination: {host: '*'}}]"), f"{ROUTE}.route[0].destination.host", OK),
    Row(
        "destinations have ports",
        http("route: [{destination: {host: b, port: {number: 0}}}]"),
        f"{ROUTE}.route[0].destination.port.number",
        http("route: [{destination: {host: b, port: {number: 80}}}]"),
    ),
    Row(
        "subsets are labels",
        http("route: [{destination: {host: b, subset: 'a b'}}]"),
        f"{ROUTE}.route[0].destination.subset",
        http("route: [{destination: {host: b, subset: v1}}]"),
    ),
    Row("statuses from 200 to 599", http("directResponse: {status: 600}"), f"{ROUTE}.directResponse.status", http("directResponse: {status: 599}")),
    Row("a fault is one", fault(""), f"{ROUTE}.fault", fault("delay: {fixedDelay: 1s}")),
    warned(
        "mirrorPercent is deprecated",
        http(f"{TO}, mirror: {{host: c}}, mirrorPercent: 5"),
        f"{ROUTE}.mirrorPercent",
        http(f"{TO}, mirror: {{host: c}}"),
    ),
    warned("allowOrigin is deprecated", cors("allowOrigin: [a]"), f"{ROUTE}.corsPolicy.allowOrigin", cors("allowOrigins: [{exact: a}]")),
    warned("old names of gateways", http(TO, "gateways: [g.n.svc.cluster.local], "), "spec.gateways[0]", http(TO, "gateways: [n/g], ")),
    Row("source labels are labels", match("sourceLabels: {a: 'b c'}"), f"{ROUTE}.match[0].sourceLabels.a", match("sourceLabels: {a: b}")),
    Row("ports of matches", match("port: 65536"), f"{ROUTE}.match[0].port", match("port: 65535")),
    warned("an abort has a status", fault("abort: {percentage: {value: 1}}"), f"{ROUTE}.fault.abort", fault("abort: {grpcStatus: UNAVAILABLE}")),
    Row("gRPC statuses are known", fault("abort: {grpcStatus: GONE}"), f"{ROUTE}.fault.abort.grpcStatus", fault("abort: {grpcStatus: NOT_FOUND}")),
    Row("aborts with 200 to 599", fault("abort: {httpStatus: 199}"), f"{ROUTE}.fault.abort.httpStatus", fault("abort: {httpStatus: 200}")),
    Row("no exponential delay", fault("delay: {exponentialDelay: 1s}"), f"{ROUTE}.fault.delay.exponentialDelay", fault("delay: {fixedDelay: 1s}")),
    Row("no HTTP/2 abort", fault("abort: {http2Error: PROTOCOL_ERROR}"), f"{ROUTE}.fault.abort.http2Error", fault("abort: {httpStatus: 500}")),
    Row("delays of 1 ms", fault("delay: {fixedDelay: 1us}"), f"{ROUTE}.fault.delay.fixedDelay", fault("delay: {fixedDelay: 1ms}")),
    Row("attempts of 0 or more", retries("attempts: -1"), f"{ROUTE}.retries.attempts", retries("attempts: 0")),
    Row(
        "known conditions of retries",
        retries("attempts: 1, retryOn: 'sometimes'"),
        f"{ROUTE}.retries.retryOn",
        retries("attempts: 1, retryOn: '5xx,503,reset'"),
    ),
    Row("0 attempts have no conditions", retries("retryOn: 5xx"), f"{ROUTE}.retries", retries("attempts: 1, retryOn: 5xx")),
    Row("tries of 1 ms", retries("attempts: 1, perTryTimeout: 0.5ms"), f"{ROUTE}.retries.perTryTimeout", retries("attempts: 1, perTryTimeout: 1ms")),
    Row("RE2 has no look-ahead", match("uri: {regex: '(?=a)'}"), f"{ROUTE}.match[0].uri.regex", match("uri: {regex: 'a.*'}")),
    Row(
        "expressions up to 1024 characters",
        match(f"uri: {{regex: '{'a' * 1025}'}}"),
        f"{ROUTE}.match[0].uri.regex",
        match(f"uri: {{regex: '{'a' * 1024}'}}"),
    ),
    Row("no empty expression", match("uri: {regex: ''}"), f"{ROUTE}.match[0].uri.regex", match("uri: {exact: ''}")),
    Row("no empty prefix of a header", match("headers: {x: {prefix: ''}}"), f"{ROUTE}.match[0].headers.x.prefix", match("headers: {x: {exact: ''}}")),
    Row(
        "no empty expression of a query",
        match("queryParams: {q: {regex: ''}}"),
        f"{ROUTE}.match[0].queryParams.q.regex",
        match("queryParams: {q: {}}"),
    ),
    Row(
        "names of headers",
        match("headers: {'a b': {exact: c}}"),
        f'{ROUTE}.match[0].headers["a b"]',
        match("headers: {a-b: {exact: c}, ':method': {exact: GET}}"),
    ),
    Row(
        "names of headers that are set",
        http(f"{TO}, headers: {{request: {{set: {{'a b': c}}}}}}"),
        f'{ROUTE}.headers.request.set["a b"]',
        http(f"{TO}, headers: {{request: {{set: {{Host: c}}}}}}"),
    ),
    Row("origins are not empty", cors("allowOrigins: [{}]"), f"{ROUTE}.corsPolicy.allowOrigins[0]", cors("allowOrigins: [{exact: 'https://a.b'}]")),
    Row("ages in whole seconds", cors("maxAge: 1.5s"), f"{ROUTE}.corsPolicy.maxAge", cors("maxAge: 24h")),
    Row("methods of requests", cors("allowMethods: [FETCH]"), f"{ROUTE}.corsPolicy.allowMethods[0]", cors("allowMethods: [GET, OPTIONS]")),
    Row("timeouts of 1 ms", http(f"{TO}, timeout: 0.5ms"), f"{ROUTE}.timeout", http(f"{TO}, timeout: 1ms")),
    Row("tls has names", tls("[]"), "spec.tls[0].match[0].sniHosts", tls("[a.b]")),
    Row("names of tls are among the hosts", tls("[c.d]"), "spec.tls[0].match[0].sniHosts[0]", tls("[x.a.b]", "['*.a.b']")),
    Row("tls has a match", f"hosts: [a.b], tls: [{{{TO}}}]", "spec.tls[0]", tls("[a.b]")),
    Row("tcp has a route", "hosts: [a], tcp: [{}]", "spec.tcp[0]", f"hosts: [a], tcp: [{{{TO}}}]"),
    Row(
        "subnets are ranges",
        f"hosts: [a], tcp: [{{match: [{{destinationSubnets: [10.0.0.0/99]}}], {TO}}}]",
        "spec.tcp[0].match[0].destinationSubnets[0]",
        f"hosts: [a], tcp: [{{match: [{{destinationSubnets: [10.0.0.0/8]}}], {TO}}}]",
    ),
    Row("a delegate has no gateways", f"gateways: [g], http: [{{{TO}}}]", "spec.gateways", f"http: [{{{TO}}}]"),
    Row("a delegate has no tls", f"tls: [{{match: [{{sniHosts: [a]}}], {TO}}}]", "spec.tls", f"http: [{{{TO}}}]"),
    Row("a delegate has no tcp", f"tcp: [{{{TO}}}]", "spec.tcp", f"http: [{{{TO}}}]"),
    Row("a delegate does not delegate", "http: [{delegate: {name: d}}]", f"{ROUTE}.delegate", http("delegate: {name: d}")),
    Row("exportTo: * stands alone", http(TO, "exportTo: ['*', x], "), "spec.exportTo", http(TO, "exportTo: ['*'], ")),
    Row("exportTo: each once", http(TO, "exportTo: [x, x], "), "spec.exportTo[1]", http(TO, "exportTo: [x, y], ")),
    Row("exportTo: . is the own namespace", http(TO, "exportTo: [., default], "), "spec.exportTo[1]", http(TO, "exportTo: [., x], ")),
    warned(
        "rules behind a catch-all",
        f"hosts: [a], http: [{{{TO}}}, {{{TO}, timeout: 1s}}]",
        "spec.http[1]",
        f"hosts: [a], http: [{{match: [{{uri: {{prefix: /a}}}}], {TO}}}, {{{TO}}}]",
    ),
    warned(
        "rules whose matches are taken",
        f"hosts: [a], http: [{{match: [{{uri: {{prefix: /a}}}}], {TO}}}, {{match: [{{uri: {{prefix: /a}}}}], {TO}}}]",
        "spec.http[1]",
        f"hosts: [a], http: [{{match: [{{uri: {{prefix: /a}}}}], {TO}}}, {{match: [{{uri: {{prefix: /b}}}}], {TO}}}]",
    ),
)
