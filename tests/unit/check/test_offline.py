import pytest

from lateen.check.offline import check_text, checked, findings
from lateen.values.finding import Severity

TWO = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec: {hosts: [a]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b}
spec: {hosts: [b], htpp: [{redirect: {uri: /}}]}
"""


def test_what_cannot_be_read_and_what_means_nothing_are_told_together() -> None:
    assert findings(TWO, "mesh.yaml") == [
        {
            "severity": "error",
            "code": "IST0106",
            "ref": "VirtualService default/a",
            "path": "spec",
            "file": "mesh.yaml",
            "line": 4,
            "column": 1,
            "message": "there are no routes.",
            "hint": "Give http, tls or tcp.",
        },
        {
            "severity": "error",
            "code": "IST0106",
            "ref": "VirtualService default/b",
            "path": "spec.htpp",
            "file": "mesh.yaml",
            "line": 9,
            "column": 20,
            "message": 'there is no field "htpp" here.',
            "hint": 'Did you mean "http"?',
        },
    ]


def test_text_that_is_no_yaml_is_a_finding_too() -> None:
    [finding] = findings("a: [")
    assert finding["severity"] == "error"


def test_json_is_read_as_well() -> None:
    assert findings('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}') == []


@pytest.mark.rule("VA-1")
def test_an_object_given_twice_in_a_file_is_a_mistake() -> None:
    again = (
        TWO.replace("{name: b}", "{name: a}")
        .replace("htpp: [{", "http: [{")
        .replace("hosts: [a]", "hosts: [a], tcp: [{route: [{destination: {host: b}}]}]")
    )
    [finding] = check_text(again, "mesh.yaml")
    assert str(finding) == (
        "mesh.yaml:8:12: VirtualService default/a metadata.name: this object is given twice, first at mesh.yaml:3. "
        "Keep one, or name one of them otherwise."
    )
    assert finding.severity is Severity.ERROR


def test_an_object_given_twice_though_neither_is_right_is_told_all_of_it() -> None:
    assert [finding.path for finding in check_text(TWO.replace("{name: b}", "{name: a}"))] == ["spec", "metadata.name", "spec.htpp"]


def test_an_object_given_in_two_files_is_a_warning_and_the_later_one_counts() -> None:
    one = "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {in: FILE}}}"
    found = checked([("a.yaml", one.replace("FILE", "first")), ("b.yaml", one.replace("FILE", "second"))])
    assert [(str(finding), finding.severity) for finding in found.findings] == [
        ("b.yaml:1:46: Namespace a metadata.name: this object is given twice, first at a.yaml:1. Keep one, or name one of them otherwise.", "warning")
    ]
    assert [resource.labels for resource in found.resources] == [{"in": "second"}]
    assert found.documents == 2


def test_one_name_in_two_namespaces_is_two_objects() -> None:
    one = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: NAMESPACE}, spec: {ports: [{port: 80}]}}\n---\n"
    assert check_text(one.replace("NAMESPACE", "here") + one.replace("NAMESPACE", "there")) == []


def test_a_key_given_twice_is_told_of_the_object_in_the_namespace_that_was_named() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, a: c}\n"
    [finding] = check_text(text, "a.yaml", "shop")
    assert str(finding) == 'a.yaml:8:14: ConfigMap shop/a: the key "a" is given twice. Keep one of them.'
