"""Gateway and Sidecar."""

from __future__ import annotations

from tests.conformance.validation.rows import Row, warned


def served(text: str, port: str = "number: 443, name: p, protocol: HTTPS", hosts: str = "[a.b]") -> str:
    return f"servers: [{{hosts: {hosts}, port: {{{port}}}{f', tls: {{{text}}}' if text else ''}}}]"


PLAIN = "number: 80, name: p, protocol: HTTP"
FILES = "serverCertificate: /c, privateKey: /k"
SIMPLE = "mode: SIMPLE, credentialName: c"

GATEWAY = (
    Row("targetPort has no effect", served("", f"{PLAIN}, targetPort: 8080"), "spec.servers[0].port.targetPort", served("", PLAIN)),
    Row("bind is an address", f"servers: [{{bind: a.b, hosts: [a.b], port: {{{PLAIN}}}}}]", "spec.servers[0].bind", served("", PLAIN)),
    Row("a server", "selector: {a: b}", "spec", served("", PLAIN)),
    Row("a host", served("", PLAIN, "[]"), "spec.servers[0].hosts", served("", PLAIN, "['*']")),
    Row("hosts are names", served("", PLAIN, "[a]"), "spec.servers[0].hosts[0]", served("", PLAIN, "[./a.b, '*/a.b', n/*.b, 10.0.0.1]")),
    Row(
        "names of ports are unique",
        f"servers: [{{hosts: [a.b], port: {{{PLAIN}}}}}, {{hosts: [c.d], port: {{{PLAIN}}}}}]",
        "spec.servers[1].port.name",
        f"servers: [{{hosts: [a.b], port: {{{PLAIN}}}}}, {{hosts: [c.d], port: {{{PLAIN.replace('p,', 'q,')}}}}}]",
    ),
    Row("ports up to 65535", served("", PLAIN.replace("80", "70000")), "spec.servers[0].port.number", served("", PLAIN)),
    Row("known protocols", served("", PLAIN.replace("HTTP", "SMTP")), "spec.servers[0].port.protocol", served("", PLAIN.replace("HTTP", "GRPC-WEB"))),
    Row("HTTPS needs tls", served(""), "spec.servers[0]", served(SIMPLE)),
    Row(
        "TLS needs tls",
        served("", "number: 1, name: p, protocol: TLS"),
        "spec.servers[0]",
        served("mode: PASSTHROUGH", "number: 1, name: p, protocol: TLS"),
    ),
    Row("plain text has no tls", served(SIMPLE, PLAIN), "spec.servers[0].tls", served("httpsRedirect: true", PLAIN)),
    Row(
        "TCP does not redirect",
        served("httpsRedirect: true", "number: 1, name: p, protocol: TCP"),
        "spec.servers[0].tls",
        served("", "number: 1, name: p, protocol: TCP"),
    ),
    Row("SIMPLE has a certificate", served("mode: SIMPLE, privateKey: /k"), "spec.servers[0].tls", served(f"mode: SIMPLE, {FILES}")),
    Row("SIMPLE has a key", served("mode: SIMPLE, serverCertificate: /c"), "spec.servers[0].tls", served(SIMPLE)),
    Row("MUTUAL has roots", served(f"mode: MUTUAL, {FILES}"), "spec.servers[0].tls", served(f"mode: MUTUAL, {FILES}, caCertificates: /a")),
    Row(
        "OPTIONAL_MUTUAL has roots",
        served(f"mode: OPTIONAL_MUTUAL, {FILES}"),
        "spec.servers[0].tls",
        served("mode: OPTIONAL_MUTUAL, credentialName: c"),
    ),
    Row(
        "ISTIO_MUTUAL has no certificates",
        served("mode: ISTIO_MUTUAL, credentialName: c"),
        "spec.servers[0].tls.credentialName",
        served("mode: ISTIO_MUTUAL"),
    ),
    Row(
        "at most two credentials",
        served("mode: SIMPLE, credentialNames: [a, b, c]"),
        "spec.servers[0].tls.credentialNames",
        served("mode: SIMPLE, credentialNames: [a, b]"),
    ),
    Row(
        "credentialName or credentialNames",
        served("mode: SIMPLE, credentialName: a, credentialNames: [b]"),
        "spec.servers[0].tls",
        served("mode: SIMPLE, credentialNames: [b]"),
    ),
    Row(
        "versions in order",
        served(f"{SIMPLE}, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2"),
        "spec.servers[0].tls.minProtocolVersion",
        served(f"{SIMPLE}, minProtocolVersion: TLSV1_2, maxProtocolVersion: TLSV1_3"),
    ),
    Row("selectors are labels", f"selector: {{a: 5}}, {served('', PLAIN)}", "spec.selector.a", f"selector: {{a: b}}, {served('', PLAIN)}"),
    warned(
        "known cipher suites",
        served(f"{SIMPLE}, cipherSuites: [NONE]"),
        "spec.servers[0].tls.cipherSuites[0]",
        served(f"{SIMPLE}, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]"),
    ),
    warned(
        "cipher suites once",
        served(f"{SIMPLE}, cipherSuites: [AES128-SHA, AES128-SHA]"),
        "spec.servers[0].tls.cipherSuites[1]",
        served(f"{SIMPLE}, cipherSuites: [AES128-SHA, AES256-SHA]"),
    ),
    warned(
        "PASSTHROUGH opens nothing",
        served("mode: PASSTHROUGH, credentialName: c", "number: 1, name: p, protocol: TLS"),
        "spec.servers[0].tls",
        served("mode: AUTO_PASSTHROUGH", "number: 1, name: p, protocol: TLS"),
    ),
)


def egress(text: str) -> str:
    return f"egress: [{text}]"


ALL = "hosts: ['./*']"

SIDECAR = (
    warned(
        "an address needs a port",
        "egress: [{bind: 10.0.0.1, hosts: ['./*']}]",
        "spec.egress[0].bind",
        "egress: [{bind: 10.0.0.1, port: {number: 80, name: a, protocol: HTTP}, hosts: ['./*']}]",
    ),
    Row("it says something", "workloadSelector: {labels: {a: b}}", "spec", egress(f"{{{ALL}}}")),
    Row("egress has hosts", egress("{}"), "spec.egress[0]", egress(f"{{{ALL}}}")),
    Row("egress hosts are not none", egress("{hosts: []}"), "spec.egress[0].hosts", egress(f"{{{ALL}}}")),
    Row("egress hosts have namespaces", egress("{hosts: [a.b]}"), "spec.egress[0].hosts[0]", egress("{hosts: ['*/a.b', n/a.b, '~/*', './*.a.b']}")),
    Row(
        "one listener without port, the last",
        egress(f"{{{ALL}}}, {{port: {{number: 1, protocol: TCP, name: a}}, {ALL}}}"),
        "spec.egress[0]",
        egress(f"{{port: {{number: 1, protocol: TCP, name: a}}, {ALL}}}, {{{ALL}}}"),
    ),
    Row(
        "ports are unique",
        egress(", ".join([f"{{port: {{number: 1, protocol: TCP, name: a}}, {ALL}}}"] * 2)),
        "spec.egress[1].port",
        egress(", ".join(f"{{port: {{number: {n}, protocol: TCP, name: a}}, {ALL}}}" for n in (1, 2))),
    ),
    Row(
        "ingress has a port",
        "ingress: [{defaultEndpoint: '127.0.0.1:80'}]",
        "spec.ingress[0]",
        "ingress: [{port: {number: 80, protocol: HTTP, name: h}, defaultEndpoint: '127.0.0.1:80'}]",
    ),
    Row(
        "ingress leads to this host",
        "ingress: [{port: {number: 80, protocol: HTTP, name: h}, defaultEndpoint: '10.0.0.1:80'}]",
        "spec.ingress[0].defaultEndpoint",
        "ingress: [{port: {number: 80, protocol: HTTP, name: h}, defaultEndpoint: 'unix:///s'}]",
    ),
    Row(
        "sockets are not captured",
        egress(f"{{port: {{number: 0, protocol: HTTP, name: h}}, bind: 'unix:///s', captureMode: IPTABLES, {ALL}}}"),
        "spec.egress[0].captureMode",
        egress(f"{{port: {{number: 0, protocol: HTTP, name: h}}, bind: 'unix:///s', captureMode: NONE, {ALL}}}"),
    ),
    Row(
        "ingress: no ISTIO_MUTUAL",
        "ingress: [{port: {number: 443, protocol: HTTPS, name: h}, tls: {mode: ISTIO_MUTUAL}}]",
        "spec.ingress[0].tls.mode",
        f"ingress: [{{port: {{number: 443, protocol: HTTPS, name: h}}, tls: {{mode: SIMPLE, {FILES}}}}}]",
    ),
    Row(
        "ingress: no credentialName",
        "ingress: [{port: {number: 443, protocol: HTTPS, name: h}, tls: {mode: SIMPLE, credentialName: c}}]",
        "spec.ingress[0].tls.credentialName",
        f"ingress: [{{port: {{number: 443, protocol: HTTPS, name: h}}, tls: {{mode: SIMPLE, {FILES}}}}}]",
    ),
    Row(
        "ingress: no httpsRedirect",
        f"ingress: [{{port: {{number: 443, protocol: HTTPS, name: h}}, tls: {{mode: SIMPLE, httpsRedirect: true, {FILES}}}}}]",
        "spec.ingress[0].tls.httpsRedirect",
        f"ingress: [{{port: {{number: 443, protocol: HTTPS, name: h}}, tls: {{mode: SIMPLE, {FILES}}}}}]",
    ),
    warned("hosts once", egress("{hosts: [n/a.b, n/a.b]}"), "spec.egress[0].hosts[1]", egress("{hosts: [n/a.b, n/c.d]}")),
)
