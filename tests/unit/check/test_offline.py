from lateen.check.offline import findings

TWO = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec: {hosts: [a]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b}
spec: {hosts: [b], htpp: []}
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
