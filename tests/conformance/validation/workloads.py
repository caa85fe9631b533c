"""Workloads and their proxies."""

from __future__ import annotations

from tests.conformance.validation.rows import Row, warned

WORKLOAD_ENTRY = (
    Row("an address", "labels: {a: b}", "spec", "address: 10.0.0.1"),
    Row("sockets are absolute", "address: 'unix://a'", "spec.address", "address: 'unix:///a'"),
    Row("sockets have no ports", "address: 'unix:///a', ports: {a: 1}", "spec.ports", "address: a.b, ports: {a: 1}"),
    Row("ports up to 65535", "address: 10.0.0.1, ports: {a: 65536}", "spec.ports.a", "address: 10.0.0.1, ports: {a: 65535}"),
    Row("labels are labels", "address: 10.0.0.1, labels: {a: 'b c'}", "spec.labels.a", "address: 10.0.0.1, labels: {a: b.c}"),
    warned("another network's need none", "network: n", "spec", "network: n, address: 10.0.0.1"),
)

WORKLOAD_GROUP = (
    Row("a template", "metadata: {labels: {a: b}}", "spec", "template: {serviceAccount: a}"),
    Row("no address", "template: {address: 10.0.0.1}", "spec.template.address", "template: {ports: {a: 1}}"),
    Row("a probe asks", "template: {}, probe: {periodSeconds: 1}", "spec.probe", "template: {}, probe: {tcpSocket: {port: 1}}"),
    Row("one probe", "template: {}, probe: {tcpSocket: {port: 1}, httpGet: {port: 1}}", "spec.probe", "template: {}, probe: {httpGet: {port: 1}}"),
    Row("ports of probes", "template: {}, probe: {grpc: {port: 0}}", "spec.probe.grpc.port", "template: {}, probe: {grpc: {port: 1}}"),
    Row("commands of probes", "template: {}, probe: {exec: {command: []}}", "spec.probe.exec.command", "template: {}, probe: {exec: {command: [a]}}"),
    Row(
        "times of probes",
        "template: {}, probe: {periodSeconds: -1, tcpSocket: {port: 1}}",
        "spec.probe.periodSeconds",
        "template: {}, probe: {periodSeconds: 0, tcpSocket: {port: 1}}",
    ),
)


def patch(text: str) -> str:
    return f"configPatches: [{{{text}}}]"


MERGE = "patch: {operation: MERGE, value: {name: a}}"

TRAFFIC_EXTENSION = (
    Row("a module or a script", "match: [{mode: CLIENT}]", "spec", "lua: {inlineCode: 'x = 1'}"),
    Row("a script says something", "lua: {inlineCode: ' '}", "spec.lua.inlineCode", "lua: {inlineCode: 'x = 1'}"),
    Row("addresses of modules", "wasm: {url: 'ftp://a'}", "spec.wasm.url", "wasm: {url: 'oci://a/b'}"),
    Row(
        "ports of matches",
        "wasm: {url: a/b}, match: [{ports: [{number: 0}]}]",
        "spec.match[0].ports[0].number",
        "wasm: {url: a/b}, match: [{ports: [{number: 80}]}]",
    ),
)

ENVOY_FILTER = (
    Row(
        "waypoint is for WAYPOINT",
        patch(f"applyTo: HTTP_FILTER, match: {{context: GATEWAY, waypoint: {{}}}}, {MERGE}"),
        "spec.configPatches[0].match.waypoint",
        patch(f"applyTo: CLUSTER, match: {{context: GATEWAY}}, {MERGE}"),
    ),
    Row(
        "versions of proxies are expressions",
        patch(f"applyTo: CLUSTER, match: {{proxy: {{proxyVersion: '('}}}}, {MERGE}"),
        "spec.configPatches[0].match.proxy.proxyVersion",
        patch(f"applyTo: CLUSTER, match: {{proxy: {{proxyVersion: '1.2.*'}}}}, {MERGE}"),
    ),
    Row("applyTo", patch(MERGE), "spec.configPatches[0]", patch(f"applyTo: CLUSTER, {MERGE}")),
    Row("a patch", patch("applyTo: CLUSTER"), "spec.configPatches[0]", patch(f"applyTo: CLUSTER, {MERGE}")),
    Row(
        "an operation",
        patch("applyTo: CLUSTER, patch: {value: {}}"),
        "spec.configPatches[0].patch",
        patch("applyTo: CLUSTER, patch: {operation: REMOVE}"),
    ),
    Row(
        "a value",
        patch("applyTo: CLUSTER, patch: {operation: ADD}"),
        "spec.configPatches[0].patch",
        patch("applyTo: CLUSTER, patch: {operation: REMOVE}"),
    ),
    Row(
        "a match of its kind",
        patch(f"applyTo: CLUSTER, match: {{listener: {{}}}}, {MERGE}"),
        "spec.configPatches[0].match.listener",
        patch(f"applyTo: CLUSTER, match: {{cluster: {{service: a}}}}, {MERGE}"),
    ),
    Row(
        "a selector or targets",
        f"workloadSelector: {{labels: {{a: b}}}}, targetRefs: [{{kind: Service, name: a, group: ''}}], {patch(f'applyTo: CLUSTER, {MERGE}')}",
        "spec",
        f"workloadSelector: {{labels: {{a: b}}}}, {patch(f'applyTo: CLUSTER, {MERGE}')}",
    ),
)

PROXY_CONFIG = (
    Row("no negative number of threads", "concurrency: -1", "spec.concurrency", "concurrency: 0"),
    Row("selectors have no wildcards", "selector: {matchLabels: {a: '*'}}", "spec.selector.matchLabels.a", "selector: {matchLabels: {a: b}}"),
)
