"""Files and meshes as a whole: positions, suppression, what is refused, and what fails."""

from __future__ import annotations

import pytest

from lateen.api.decode import path_of, path_text
from lateen.assembly import analysis
from lateen.assembly.analysis import objects, of_files, standing
from lateen.assembly.offline import graph, read
from lateen.flow import Graph, query
from lateen.values.finding import Position
from lateen.values.ref import Ref

RULE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: web
  annotations:
    galley.istio.io/analyze-suppress: CODES
spec:
  hosts: [web.example.com]
  gateways: [edge]
  http:
  - route:
    - destination:
        host: nowhere
"""
EDGE = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  servers:
  - hosts: ["*"]
    port: {number: 80, name: http, protocol: PROTOCOL}
"""


def lines(*files: tuple[str, str]) -> list[str]:
    return [str(found) for found in of_files(files).findings]


def test_findings_across_objects_say_where_in_the_files_they_stand() -> None:
    assert lines(("web.yaml", RULE)) == [
        "web.yaml:9:14: VirtualService default/web spec.gateways[0]: there is no Gateway default/edge.",
        (
            "web.yaml:13:9: VirtualService default/web spec.http[0].route[0].destination.host: no service has the host "
            '"nowhere.default.svc.cluster.local". Declare it by a Service or a ServiceEntry.'
        ),
    ]


def test_what_is_refused_is_still_there_for_others_to_name() -> None:
    rule = f"{RULE.partition('  - route')[0]}  - directResponse: {{status: 200}}\n"
    found = of_files([("web.yaml", rule), ("edge.yaml", EDGE.replace("PROTOCOL", "HTPP"))])
    assert [(each.ref.kind, each.code) for each in found.findings] == [("Gateway", "IST0106")]
    assert found.documents == 2


@pytest.mark.parametrize(("codes", "left"), [("IST0101", []), ("'*'", []), ("IST0102,IST0101", []), ("IST0102", ["IST0101", "IST0101"])])
def test_an_annotation_suppresses_codes_on_its_object(codes: str, left: list[str]) -> None:
    assert [found.code for found in of_files([("f", RULE.replace("CODES", codes))]).findings] == left


def test_a_mesh_config_beside_the_files_counts_and_is_checked() -> None:
    policy = """
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: it}, spec: {action: CUSTOM, provider: {name: opa}, rules: [{}]}}
"""
    config = "extensionProviders:\n- name: opa\n  envoyExtAuthzGrpc: {service: opa.local, port: 9000}\ntrustDomian: x\n"
    assert [found.code for found in of_files([("f", policy)]).findings] == ["IST0101"]
    assert [str(found) for found in of_files([("f", policy)], mesh_config=("mesh.yaml", config)).findings] == [
        'mesh.yaml:4:1: ConfigMap istio-system/istio trustDomian: there is no field "trustDomian" here. Did you mean "trustDomain"?'
    ]


def test_of_a_mesh_at_work_each_object_is_told_of_by_itself_and_among_the_others() -> None:
    routes = "[{route: [{destination: {host: y}}, {destination: {host: x}}]}]"
    text = f"{{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {{name: a}}, spec: {{hosts: [x], tcp: {routes}}}}}"
    found, _ = read(text)
    g = graph(found)
    ref = Ref("VirtualService", "default", "a")
    assert objects(g) == objects(g, "default") == (ref,)
    assert objects(g, "other") == ()
    said = standing(g, ref)
    assert [each.code for each in said] == ["IST0106", "IST0101", "IST0101"]
    assert {each.position for each in said} == {Position()}
    assert standing(g, Ref("VirtualService", "default", "gone")) == ()


def test_an_analysis_that_fails_is_told_and_is_the_only_one_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    @query
    def broken(g: Graph, ref: Ref) -> tuple[()]:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(analysis, "of_object", broken)
    [finding] = of_files([("f", RULE)]).findings
    assert (finding.code, finding.severity) == ("IST0001", "error")
    assert "ZeroDivisionError('no')" in finding.message


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("spec",),
        ("spec", "http", 1, "route", 0, "destination"),
        ("metadata", "annotations", "a.b/c"),
        ("spec", "x", 0, "@request.auth.claims[a]"),
    ],
)
def test_a_path_is_read_as_it_is_written(path: tuple[str | int, ...]) -> None:
    assert path_of(path_text(path)) == path
