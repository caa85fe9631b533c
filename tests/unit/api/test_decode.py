import pytest

from lateen.api.decode import Document, decode, documents, path_text, resources
from lateen.api.networking.service_entry import ServiceEntryAddress
from lateen.api.networking.virtual_service import Destination, HTTPRoute, HTTPRouteDestination, StringMatch, VirtualService
from lateen.api.resource import UNDATED
from lateen.values.duration import Duration
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

FIVE_MISTAKES = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  labels: {version: 1}
spec:
  hosts: [reviews]
  http:
  - timeot: 5s
    match:
    - uri: {prefix: /a, exact: /b}
    route:
    - destination: {host: reviews}
      weight: "80"
    corsPolicy: {unmatchedPreflights: FORWRD}
"""


def said(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings]


def test_five_mistakes_in_one_document_are_all_found_with_their_places() -> None:
    found, findings = resources(FIVE_MISTAKES, "mesh.yaml")
    assert found == []
    assert said(findings) == [
        'mesh.yaml:5:12: VirtualService default/reviews metadata.labels.version: found the number 1, expected text. Put it in quotes: "1".',
        'mesh.yaml:9:5: VirtualService default/reviews spec.http[0].timeot: there is no field "timeot" here. Did you mean "timeout"?',
        'mesh.yaml:11:7: VirtualService default/reviews spec.http[0].match[0].uri: "exact" and "prefix" are given, expected only one of them.',
        (
            'mesh.yaml:14:7: VirtualService default/reviews spec.http[0].route[0].weight: found the text "80", expected a whole number. '
            "Leave out the quotes: 80."
        ),
        (
            "mesh.yaml:15:18: VirtualService default/reviews spec.http[0].corsPolicy.unmatchedPreflights: "
            'found the text "FORWRD", expected UNSPECIFIED, FORWARD or IGNORE. Did you mean "FORWARD"?'
        ),
    ]
    assert {finding.code for finding in findings} == {"IST0106"}
    assert all(finding.severity is Severity.ERROR for finding in findings)


def test_a_document_becomes_a_resource_of_structs() -> None:
    text = """\
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata:
  name: reviews
  namespace: shop
  creationTimestamp: 2024-05-01T12:00:00Z
  resourceVersion: "42"
  uid: abc
  labels: {team: books}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: reviews, subset: v1}}]
    timeout: 1.5s
"""
    [resource], findings = resources(text)
    assert findings == []
    assert resource.ref == Ref("VirtualService", "shop", "reviews")
    assert (resource.version, resource.uid, resource.labels) == (42, "abc", {"team": "books"})
    assert resource.created == "2024-05-01T12:00:00.000000Z"
    assert resource.spec == VirtualService(
        hosts=("reviews",),
        http=(
            HTTPRoute(
                match=resource.spec.http[0].match,
                route=(HTTPRouteDestination(Destination("reviews", subset="v1")),),
                timeout=Duration("1.5s"),
            ),
        ),
    )
    assert resource.spec.http[0].match[0].uri == StringMatch(prefix="/a")
    assert resource.spec.http[0].timeout.seconds == 1.5


def one(apiversion_kind: str, rest: str) -> str:
    api_version, kind = apiversion_kind.split()
    return f"apiVersion: {api_version}\nkind: {kind}\n{rest}"


@pytest.mark.rule("VA-2")
@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha3"])
def test_the_versions_of_a_group_are_read_alike(version: str) -> None:
    [resource], findings = resources(one(f"networking.istio.io/{version} DestinationRule", "metadata: {name: a}\nspec: {host: a}"))
    assert (findings, resource.spec.host) == ([], "a")


def test_the_namespace_is_the_default_one_where_none_is_given_and_empty_for_cluster_wide_kinds() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n"
    found, _ = resources(text, default_namespace="shop")
    assert [resource.ref for resource in found] == [Ref("Service", "shop", "a"), Ref("Namespace", "", "b")]


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("networking.istio.io/v1 VirtualServce", 'there is no kind "VirtualServce" in networking.istio.io. Did you mean "VirtualService"?'),
        ("networking.istio.io/v1 virtualservice", 'there is no kind "virtualservice" in networking.istio.io. Did you mean "VirtualService"?'),
        ("networking.istio.io/v2 VirtualService", 'VirtualService has no version "v2", expected networking.istio.io/v1,'),
        (
            "security.istio.io/v1 VirtualService",
            'there is no kind "VirtualService" in security.istio.io. VirtualService has apiVersion networking.istio.io/v1.',
        ),
        (
            "networking.istio.oi/v1 VirtualService",
            'there is no group "networking.istio.oi" with a VirtualService. Did you mean "networking.istio.io"?',
        ),
        ("v1 Pods", 'there is no kind "Pods" in Kubernetes. Did you mean "Pod"?'),
        ("v1 VirtualService", 'there is no kind "VirtualService" in Kubernetes. VirtualService has apiVersion networking.istio.io/v1.'),
        (
            "networking.k8s.io/v1 Gateway",
            'there is no kind "Gateway" in networking.k8s.io. Gateway has apiVersion networking.istio.io/v1 or gateway.networking.k8s.io/v1.',
        ),
        ("config.istio.io/v1 Gateway", 'there is no group "config.istio.io" with a Gateway. Did you mean "networking.istio.io"?'),
        (
            "security.istio.io PeerAuthentication",
            'found "security.istio.io", which is a group without version, expected group/version, such as security.istio.io/v1.',
        ),
    ],
)
def test_an_unknown_kind_is_an_error_that_suggests_the_right_one(head: str, sentence: str) -> None:
    found, [finding] = resources(one(head, "metadata: {name: a}"))
    assert found == []
    assert sentence in str(finding)
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "head", ["apps/v1 Deployment", "v1 Endpoints", "v1 PersistentVolume", "serving.knative.dev/v1 Service", "networking.k8s.io/v1 NetworkPolicy"]
)
def test_an_object_that_a_mesh_has_no_use_for_is_passed_over(head: str) -> None:
    found, [finding] = resources(one(head, "metadata: {name: a}"))
    assert found == []
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("kind: Service\nmetadata: {name: a}", 'the field "apiVersion" is missing.'),
        ("apiVersion: v1\nmetadata: {name: a}", 'the field "kind" is missing.'),
        ("apiVersion: v1\nkind: Service", 'the field "name" is missing.'),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: Reviews}",
            'found the name "Reviews", expected at most 63 lower-case letters, digits and "-"',
        ),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a_b}", 'found the name "a_b", expected at most 253'),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: x.y}", 'found the name "x.y"'),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: yesterday}", 'found the text "yesterday", expected a time'),
        ("- a\n- b", "This document is a list, expected a mapping"),
        (
            "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\negress: []",
            'there is no field "egress" here. It may belong under spec.',
        ),
        ("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a}", 'the field "hosts" is missing.'),
        (
            "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a}\nspec: 5",
            "found the number 5, expected a mapping with fields",
        ),
        ("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a}\nspec: {hosts: a}", 'found the text "a", expected a list.'),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nmetadata: {name: b}", 'the key "metadata" is given twice.'),
    ],
)
def test_what_is_wrong_with_the_envelope_is_said(manifest: str, sentence: str) -> None:
    _, findings = resources(manifest)
    assert sentence in "\n".join(said(findings))
    assert any(finding.severity is Severity.ERROR for finding in findings)


def test_text_that_is_no_yaml_is_a_finding_and_the_documents_before_it_count() -> None:
    found, findings = resources("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\na: [\n", "x.yaml")
    assert [resource.ref.name for resource in found] == ["a"]
    assert said(findings) == ["x.yaml:6:1: This is not YAML: did not find expected node content while parsing a flow node."]


def test_a_list_is_its_items_and_their_places_are_found() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a}
- apiVersion: v1
  kind: Namespace
  metadata:
    name: B
"""
    found, [finding] = resources(text)
    assert [resource.ref.name for resource in found] == ["a"]
    assert (finding.position.line, finding.position.column) == (10, 5)


def test_json_is_read_and_its_places_are_found() -> None:
    text = '{"apiVersion": "v1", "kind": "Service",\n "metadata": {"name": "a"},\n "spec": {"ports": [{"port": "80"}]}}'
    _, [finding] = resources(text, "a.json")
    assert str(finding) == (
        'a.json:3:22: Service default/a spec.ports[0].port: found the text "80", expected a whole number. Leave out the quotes: 80.'
    )


def test_nulls_count_as_absent_except_in_free_form_values() -> None:
    text = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: a, creationTimestamp: null, labels: null}
spec:
  workloadSelector:
  configPatches:
  - applyTo: CLUSTER
    patch: {operation: MERGE, value: {a: null}}
"""
    [resource], findings = resources(text)
    assert findings == []
    assert resource.created == UNDATED
    assert resource.spec.workload_selector is None
    assert resource.spec.config_patches[0].patch.value == {"a": None}


def test_kubernetes_own_objects_may_carry_fields_that_are_not_modelled() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  managedFields: [{manager: kubectl}]
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: a-5d4, uid: x, controller: true, blockOwnerDeletion: true}]
spec:
  serviceAccountName: web
  tolerations: [{operator: Exists}]
  containers: [{name: app, image: x, resources: {}, ports: [{containerPort: 80, name: http}]}]
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: "True"}]}
"""
    [resource], findings = resources(text)
    assert findings == []
    assert resource.owners[0].name == "a-5d4"
    assert (resource.spec.spec.service_account_name, resource.spec.addresses, resource.spec.is_ready) == ("web", ("10.0.0.1",), True)


@pytest.mark.rule("SE-1")
def test_the_addresses_in_the_status_of_a_service_entry_are_read() -> None:
    text = one(
        "networking.istio.io/v1 ServiceEntry",
        "metadata: {name: a}\nspec: {hosts: [a.com], resolution: DYNAMIC_DNS}\nstatus: {addresses: [{value: 240.240.0.1, host: a.com}]}",
    )
    [resource], _ = resources(text)
    assert resource.status.addresses == (ServiceEntryAddress("240.240.0.1", "a.com"),)


def test_gateway_apis_gateway_has_a_key_of_its_own() -> None:
    text = one(
        "gateway.networking.k8s.io/v1 Gateway",
        "metadata: {name: a}\nspec: {gatewayClassName: istio, listeners: [{name: h, port: 80, protocol: HTTP}]}",
    )
    [resource], _ = resources(text)
    assert resource.ref == Ref("KubernetesGateway", "default", "a")
    assert resource.spec.listeners[0].allowed_routes.namespaces.from_ == "Same"


def test_documents_can_be_taken_apart_without_being_decoded() -> None:
    found, findings = documents("a: 1\n---\n---\nb: 2\n", "x")
    assert findings == []
    assert [document.manifest for document in found] == [{"a": 1}, {"b": 2}]
    assert all(isinstance(document, Document) for document in found)


def test_a_manifest_without_places_is_decoded_all_the_same() -> None:
    resource, findings = decode({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{}]}})
    assert resource is None
    assert said(findings) == ['Service default/a spec.ports[0]: the field "port" is missing.']


def test_a_path_is_written_as_users_write_it() -> None:
    assert path_text(("spec", "http", 0, "route")) == "spec.http[0].route"
    assert path_text(("metadata", "labels", "a.b/c")) == 'metadata.labels["a.b/c"]'


def test_the_items_of_a_list_of_one_kind_are_told_their_kind_by_the_list() -> None:
    text = '{"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": "a"}}]}'
    [resource], findings = resources(text)
    assert (resource.ref, findings) == (Ref("Namespace", "", "a"), [])


def test_an_unknown_field_of_gateway_api_is_a_warning() -> None:
    text = one("gateway.networking.k8s.io/v1 HTTPRoute", "metadata: {name: a}\nspec:\n  rules:\n  - backendRef: []\n")
    [resource], [finding] = resources(text)
    assert resource.spec.rules[0].backend_refs == ()
    assert (str(finding), finding.severity) == (
        '6:5: HTTPRoute default/a spec.rules[0].backendRef: there is no field "backendRef" here. Did you mean "backendRefs"?',
        Severity.WARNING,
    )


def test_json_that_is_nested_too_deeply_is_a_finding() -> None:
    _, [finding] = resources('{"a":' * 5000 + "1" + "}" * 5000)
    assert finding.message == "This is not readable: it is nested too deeply."


def test_the_items_of_lists_in_lists_are_found_and_what_is_no_object_is_told() -> None:
    text = (
        "kind: List\nitems:\n- kind: List\n  items: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}]\n- 5\n---\nkind: List\nitems: {a: b}\n"
    )
    found, findings = documents(text, "f")
    assert [document.manifest["kind"] for document in found] == ["Namespace"]
    assert [str(finding) for finding in findings] == [
        "f:5:3: items[1]: found the number 5, expected a mapping with apiVersion, kind and metadata.",
        "f:8:1: items: found a mapping, expected a list of objects.",
    ]


def test_a_misspelt_field_of_the_metadata_is_refused() -> None:
    found, [finding] = resources(one("networking.istio.io/v1 VirtualService", "metadata: {name: a, lables: {a: b}}"))
    assert found == []
    assert (finding.path, finding.message, finding.hint) == ("metadata.lables", 'there is no field "lables" here.', 'Did you mean "labels"?')


def test_a_forgotten_value_in_a_match_is_refused_for_without_it_more_would_match() -> None:
    head = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\n"
    text = head + "spec: {hosts: [a], http: [{match: [{headers: {x-debug: }}]}]}\n"
    found, [finding] = resources(text)
    assert found == []
    assert finding.path == "spec.http[0].match[0].headers.x-debug"
    assert finding.message == 'found nothing, expected a mapping with fields such as "exact", "prefix", "regex".'


def test_a_status_that_is_no_mapping_is_refused() -> None:
    head = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a]}\n"
    found, [finding] = resources(f"{head}status: fine\n")
    assert found == []
    assert (finding.path, finding.message) == ("status", 'found the text "fine", expected a mapping.')


def test_a_namespace_that_was_given_for_objects_without_one_is_checked_too() -> None:
    found, [finding] = resources("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", default_namespace="A b")
    assert found == []
    assert finding.path == "metadata.namespace"
