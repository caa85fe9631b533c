from lateen.api.mesh_config import CONFIG_MAP, MeshConfig, OutboundTrafficPolicy, TLSConfig, TLSProtocol, decode, decode_proxy_config
from lateen.api.mesh_proxy import ProxyConfig
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.values.duration import Duration
from lateen.values.finding import Severity
from lateen.values.ref import Ref


def test_an_empty_text_means_istios_defaults() -> None:
    mesh, findings = decode("")
    assert (mesh, findings) == (MeshConfig(), [])
    assert (mesh.root_namespace, mesh.trust_domain, mesh.enable_auto_mtls) == ("istio-system", "cluster.local", True)
    assert mesh.outbound_traffic_policy.mode is OutboundTrafficPolicyMode.ALLOW_ANY
    assert mesh.connect_timeout.seconds == 10


def test_what_is_given_replaces_the_default() -> None:
    mesh, findings = decode(
        """\
accessLogFile: /dev/stdout
enableAutoMtls: false
connectTimeout: 3s
outboundTrafficPolicy: {mode: REGISTRY_ONLY}
meshMTLS: {minProtocolVersion: TLSV1_3}
defaultConfig: {tracing: {sampling: 10, zipkin: {address: "zipkin:9411"}}, holdApplicationUntilProxyStarts: true}
extensionProviders:
- name: opa
  envoyExtAuthzGrpc: {service: opa.local, port: 9191}
discoverySelectors: [{matchLabels: {mesh: "yes"}}]
"""
    )
    assert findings == []
    assert (mesh.access_log_file, mesh.enable_auto_mtls, mesh.connect_timeout) == ("/dev/stdout", False, Duration("3s"))
    assert mesh.outbound_traffic_policy == OutboundTrafficPolicy(OutboundTrafficPolicyMode.REGISTRY_ONLY)
    assert mesh.mesh_mtls == TLSConfig(TLSProtocol.TLSV1_3)
    assert mesh.default_config.tracing is not None
    assert mesh.default_config.tracing.sampling == 10.0
    provider = mesh.provider("opa")
    assert provider is not None
    assert provider.envoy_ext_authz_grpc is not None
    assert provider.envoy_ext_authz_grpc.port == 9191
    assert mesh.provider("none") is None


def test_an_unknown_field_is_a_warning_and_a_wrong_value_an_error_and_neither_stops_the_rest() -> None:
    mesh, findings = decode("rootNamespce: x\ntrustDomain: [td]\naccessLogFile: /dev/stdout\n")
    assert mesh == MeshConfig(access_log_file="/dev/stdout")
    assert [(finding.ref, finding.severity, finding.position.line) for finding in findings] == [
        (CONFIG_MAP, Severity.WARNING, 1),
        (CONFIG_MAP, Severity.ERROR, 2),
    ]
    assert findings[0].hint == 'Did you mean "rootNamespace"?'


def test_the_names_of_protobuf_are_read_too() -> None:
    mesh, findings = decode("service_settings:\n- settings: {cluster_local: true}\n  hosts: ['*.foo.svc.cluster.local']\n")
    assert findings == []
    assert mesh.service_settings[0].settings is not None
    assert mesh.service_settings[0].settings.cluster_local


def test_a_text_that_is_no_yaml_leaves_the_defaults() -> None:
    mesh, [finding] = decode("a: [")
    assert mesh == MeshConfig()
    assert finding.severity is Severity.ERROR


def test_a_text_that_is_no_mapping_leaves_the_defaults() -> None:
    mesh, [finding] = decode("hello")
    assert mesh == MeshConfig()
    assert finding.message.startswith('found the text "hello", expected a mapping')


def test_the_annotation_of_a_pod_is_read_likewise() -> None:
    pod = Ref("Pod", "default", "a")
    settings, [finding] = decode_proxy_config("concurrency: 2\nconcurency: 3\n", pod)
    assert settings == ProxyConfig(concurrency=2)
    assert (finding.ref, finding.severity) == (pod, Severity.WARNING)


def test_a_whole_number_may_be_written_as_text_as_protobuf_has_it():
    found, findings = decode("defaultConfig: {gatewayTopology: {numTrustedProxies: '2'}}")

    assert not findings and found.default_config.gateway_topology is not None
    assert found.default_config.gateway_topology.num_trusted_proxies == 2
