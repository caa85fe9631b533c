"""What is said of the mesh's own settings, which no proxy could take or nobody could read."""

from __future__ import annotations

import json

import pytest

from lateen.check import check_text


def said(mesh: str, name: str = "istio", key: str = "mesh") -> list[str]:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: istio-system}}\ndata: {{{key}: {json.dumps(mesh)}}}\n"
    return [" ".join(filter(None, (found.severity, f"{found.path}:", found.message, found.hint))) for found in check_text(text)]


def test_settings_that_are_right_and_other_config_maps_pass() -> None:
    assert said("{accessLogFile: /dev/stdout, accessLogFormat: '%REQ(x-a)%', connectTimeout: 1s, protocolDetectionTimeout: 0s}") == []
    assert said("connectTimeout: nonsense", name="other") == []


@pytest.mark.parametrize(
    ("mesh", "sentence"),
    [
        ("connectTimeout: 0s", "error data.mesh: connectTimeout: found 0s, expected at least 1ms."),
        ("dnsRefreshRate: 1ms", "error data.mesh: dnsRefreshRate: found 1ms, expected more than 1ms."),
        ("proxyHttpPort: 70000", "error data.mesh: proxyHttpPort: found the port 70000, expected 1 to 65535."),
        (
            "accessLogFormat: '%NONSENSE%'",
            (
                'error data.mesh: accessLogFormat: found "%NONSENSE%", in which Envoy does not know the operator %NONSENSE%. '
                'Write "%%" for a percent sign.'
            ),
        ),
        (
            "defaultTrafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: -1}}}",
            "error data.mesh: defaultTrafficPolicy.connectionPool.http.maxRequestsPerConnection: found -1, expected 0 (no bound) or more.",
        ),
        (
            "tcpKeepalive: {interval: 1us}",
            "error data.mesh: tcpKeepalive.interval: found 1us, expected at least 1ms.",
        ),
        (
            "zoneAwareLbSetting: {enabled: true}",
            (
                "warning data.mesh: zoneAwareLbSetting: zoneAwareLbSetting has no effect, for proxies do not know where the replicas of their own "
                'workload are. Set defaultConfig.proxyMetadata.ISTIO_META_ENABLE_SELF_DISCOVERY: "true" and start the proxies again.'
            ),
        ),
        (
            "hboneConfig: {}",
            (
                "warning data.mesh: hboneConfig: hboneConfig has no effect in Lateen: it is about the tunnels between proxies of nodes, "
                "which this mesh does not have."
            ),
        ),
        (
            "serviceScopeConfigs: [{scope: GLOBAL}]",
            (
                "warning data.mesh: serviceScopeConfigs: serviceScopeConfigs have no effect in Lateen: it is about services of a mesh without "
                "sidecars; here serviceSettings say which services stay in their cluster."
            ),
        ),
        (
            "caCertificates: [{pem: x}]",
            "error data.mesh: caCertificates[0].pem: this is no certificate in PEM.",
        ),
        (
            "defaultConfig: {connectionSettings: {http2InitialStreamWindowSize: 1024}}",
            "error data.mesh: defaultConfig.connectionSettings.http2InitialStreamWindowSize: found 1024, expected 65535 to 2147483647.",
        ),
        (
            "defaultConfig: {extraStatTags: [a]}",
            "warning data.mesh: defaultConfig.extraStatTags: extraStatTags has no effect in Lateen: the tags of its metrics are fixed.",
        ),
        (
            "configSources: [{address: xds://elsewhere}]",
            "warning data.mesh: configSources: configSources has no effect in Lateen: objects come from the mesh's own store.",
        ),
        (
            "outboundTrafficPolicy: {tls: {mode: SIMPLE}}",
            "warning data.mesh: outboundTrafficPolicy.tls: tls has no effect with mode ALLOW_ANY, only with ALLOW_ANY_DYNAMIC_DNS.",
        ),
        (
            "outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS, tls: {mode: ISTIO_MUTUAL}}",
            (
                "error data.mesh: outboundTrafficPolicy.tls.mode: found ISTIO_MUTUAL, expected SIMPLE, MUTUAL or DISABLE: unknown hosts are not of "
                "the mesh."
            ),
        ),
        ("connectTimout: 1s", 'warning data.mesh: connectTimout: there is no field "connectTimout" here. Did you mean "connectTimeout"?'),
        ("enableAutoMtls: 7", "error data.mesh: enableAutoMtls: found the number 7, expected true or false."),
    ],
)
def test_what_is_wrong_is_told_with_its_place_in_the_settings(mesh: str, sentence: str) -> None:
    assert said(mesh) == [sentence]


def test_networks_are_read_too() -> None:
    assert said("networks: {n1: {gateways: [{port: x}]}}", key="meshNetworks") == [
        'error data.meshNetworks: networks.n1.gateways[0].port: found the text "x", expected a whole number.'
    ]
