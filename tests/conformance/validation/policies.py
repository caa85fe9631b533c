"""Security, telemetry and extensions."""

from __future__ import annotations

from tests.conformance.validation.rows import Row, warned

SELECTED = "selector: {matchLabels: {a: b}}"

PEER_AUTHENTICATION = (
    Row("ports need a selector", "portLevelMtls: {80: {mode: STRICT}}", "spec.portLevelMtls", f"{SELECTED}, portLevelMtls: {{80: {{mode: STRICT}}}}"),
    Row("ports are some", f"{SELECTED}, portLevelMtls: {{}}", "spec.portLevelMtls", f"{SELECTED}, mtls: {{mode: STRICT}}"),
    Row(
        "ports from 1 to 65535",
        f"{SELECTED}, portLevelMtls: {{0: {{mode: STRICT}}}}",
        "spec.portLevelMtls.0",
        f"{SELECTED}, portLevelMtls: {{65535: {{mode: STRICT}}}}",
    ),
)

REQUEST_AUTHENTICATION = (
    Row("an issuer or keys", "jwtRules: [{audiences: [a]}]", "spec.jwtRules[0]", "jwtRules: [{issuer: a}]"),
    Row(
        "addresses of keys",
        "jwtRules: [{issuer: a, jwksUri: 'ftp://a'}]",
        "spec.jwtRules[0].jwksUri",
        "jwtRules: [{issuer: a, jwksUri: 'https://a/keys'}]",
    ),
    Row("keys can be read", "jwtRules: [{issuer: a, jwks: nonsense}]", "spec.jwtRules[0].jwks", "jwtRules: [{issuer: a, jwks: '{\"keys\": []}'}]"),
    Row(
        "a selector or targets",
        f"{SELECTED}, targetRefs: [{{kind: Service, name: a, group: ''}}]",
        "spec",
        "targetRefs: [{kind: Service, name: a, group: ''}]",
    ),
    Row(
        "names of headers",
        "jwtRules: [{issuer: a, fromHeaders: [{name: ''}]}]",
        "spec.jwtRules[0].fromHeaders[0].name",
        "jwtRules: [{issuer: a, fromHeaders: [{name: x}]}]",
    ),
)


def rule(text: str, action: str = "ALLOW") -> str:
    return f"action: {action}, rules: [{{{text}}}]"


def source(text: str, action: str = "ALLOW") -> str:
    return rule(f"from: [{{source: {{{text}}}}}]", action)


def when(text: str, action: str = "ALLOW") -> str:
    return rule(f"when: [{{{text}}}]", action)


CUSTOM = "provider: {name: p}, action: CUSTOM, rules: "

AUTHORIZATION_POLICY = (
    Row("CUSTOM has a provider", "action: CUSTOM, rules: [{}]", "spec", f"{CUSTOM}[{{}}]"),
    Row("CUSTOM has rules", f"{CUSTOM}[]", "spec", f"{CUSTOM}[{{}}]"),
    Row("only CUSTOM has a provider", "provider: {name: p}, rules: [{}]", "spec.provider", f"{CUSTOM}[{{}}]"),
    Row("sources are not empty", rule("from: [{source: {}}]"), "spec.rules[0].from[0]", source("namespaces: [a]")),
    Row("sources are there", rule("from: [{}]"), "spec.rules[0].from[0]", source("principals: ['*']")),
    Row("operations are not empty", rule("to: [{operation: {}}]"), "spec.rules[0].to[0]", rule("to: [{operation: {paths: [/a]}}]")),
    Row("values of sources are not empty", source("principals: ['']"), "spec.rules[0].from[0].source.principals[0]", source("principals: [a/b]")),
    Row("conditions have values", when("key: source.ip"), "spec.rules[0].when[0]", when("key: source.ip, notValues: [10.0.0.1]")),
    Row("known conditions", when("key: source.color, values: [a]"), "spec.rules[0].when[0].key", when("key: 'request.headers[x]', values: [a]")),
    Row(
        "headers of conditions",
        when("key: request.headers, values: [a]"),
        "spec.rules[0].when[0].key",
        when("key: 'request.auth.claims[a][b]', values: [a]"),
    ),
    Row(
        "templates of paths",
        rule("to: [{operation: {paths: ['/a/{x}']}}]"),
        "spec.rules[0].to[0].operation.paths[0]",
        rule("to: [{operation: {paths: ['/a/{*}/b/{**}']}}]"),
    ),
    Row(
        "templates and stars",
        rule("to: [{operation: {paths: ['/a/{*}/b*']}}]"),
        "spec.rules[0].to[0].operation.paths[0]",
        rule("to: [{operation: {paths: ['/a/*', '*/b']}}]"),
    ),
    Row("ranges of sources", source("ipBlocks: [10.0.0.0/33]"), "spec.rules[0].from[0].source.ipBlocks[0]", source("ipBlocks: [10.0.0.0/8, '::1']")),
    Row("ranges of conditions", when("key: remote.ip, values: [a]"), "spec.rules[0].when[0].values[0]", when("key: remote.ip, values: [10.0.0.0/8]")),
    Row("ports", rule("to: [{operation: {ports: ['http']}}]"), "spec.rules[0].to[0].operation.ports[0]", rule("to: [{operation: {ports: ['80']}}]")),
    Row(
        "serviceAccounts or principals",
        source("serviceAccounts: [a/b], principals: [c]"),
        "spec.rules[0].from[0].source",
        source("serviceAccounts: [a/b, c]"),
    ),
    Row(
        "serviceAccounts or namespaces", source("serviceAccounts: [a/b], namespaces: [c]"), "spec.rules[0].from[0].source", source("namespaces: [c]")
    ),
    Row(
        "CUSTOM knows no request principals",
        f"{CUSTOM}[{{from: [{{source: {{requestPrincipals: [a]}}}}]}}]",
        "spec.rules[0].from[0].source.requestPrincipals",
        f"{CUSTOM}[{{from: [{{source: {{ipBlocks: [10.0.0.1]}}}}]}}]",
    ),
    Row(
        "CUSTOM knows no claims",
        f"{CUSTOM}[{{when: [{{key: 'request.auth.claims[a]', values: [b]}}]}}]",
        "spec.rules[0].when[0].key",
        f"{CUSTOM}[{{when: [{{key: 'request.headers[a]', values: [b]}}]}}]",
    ),
    Row("DENY has rules", "action: DENY", "spec", "action: DENY, rules: [{}]"),
    Row("a selector or targets", f"{SELECTED}, targetRefs: [{{kind: Service, name: a, group: ''}}]", "spec", f"{SELECTED}"),
    Row("selectors have no wildcards", "selector: {matchLabels: {a: 'b*'}}", "spec.selector.matchLabels.a", SELECTED),
)


TELEMETRY = (
    warned(
        "a tag has a value",
        "tracing: [{customTags: {a: {}}}]",
        "spec.tracing[0].customTags.a",
        "tracing: [{customTags: {a: {literal: {value: b}}}}]",
    ),
    Row("providers have names", "tracing: [{providers: [{name: ''}]}]", "spec.tracing[0].providers[0].name", "tracing: [{providers: [{name: a}]}]"),
    warned(
        "one provider of traces",
        "tracing: [{providers: [{name: a}, {name: b}]}]",
        "spec.tracing[0].providers",
        "accessLogging: [{providers: [{name: a}, {name: b}]}]",
    ),
    Row(
        "UPSERT has a value",
        "metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}]",
        "spec.metrics[0].overrides[0].tagOverrides.a",
        "metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT, value: request.host}}}]}]",
    ),
    Row(
        "REMOVE has no value",
        "metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: b}}}]}]",
        "spec.metrics[0].overrides[0].tagOverrides.a.value",
        "metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE}}}]}]",
    ),
    Row(
        "filters can be read",
        "accessLogging: [{filter: {expression: 'a =='}}]",
        "spec.accessLogging[0].filter.expression",
        "accessLogging: [{filter: {expression: 'response.code >= 400'}}]",
    ),
    Row(
        "samples up to 100 %",
        "tracing: [{randomSamplingPercentage: 101}]",
        "spec.tracing[0].randomSamplingPercentage",
        "tracing: [{randomSamplingPercentage: 100}]",
    ),
)

WASM_PLUGIN = (
    Row("addresses", "url: 'ftp://a'", "spec.url", "url: 'oci://a/b:1'"),
    Row("an address", "url: ''", "spec.url", "url: 'https://a/b.wasm'"),
    Row("checksums of 64 digits", "url: a/b, sha256: abc", "spec.sha256", f"url: a/b, sha256: {'a' * 64}"),
    Row(
        "variables once",
        "url: a/b, vmConfig: {env: [{name: A, value: b}, {name: A, value: c}]}",
        "spec.vmConfig.env[1].name",
        "url: a/b, vmConfig: {env: [{name: A, value: b}, {name: B, value: c}]}",
    ),
    Row(
        "the host's variables have no value",
        "url: a/b, vmConfig: {env: [{name: A, valueFrom: HOST, value: b}]}",
        "spec.vmConfig.env[0].value",
        "url: a/b, vmConfig: {env: [{name: A, valueFrom: HOST}]}",
    ),
)
