"""How a mistake is told."""

from __future__ import annotations

from lateen.values.finding import Finding, Position, Severity, is_refused
from lateen.values.ref import Ref

NOT_KNOWN = Position()
REVIEWS = Ref("VirtualService", "default", "reviews")


def finding(severity: Severity = Severity.ERROR, position: Position = NOT_KNOWN) -> Finding:
    return Finding(REVIEWS, "spec.hosts", severity, "IST0106", "hosts is empty.", "Name a host.", position)


def test_a_finding_reads_as_place_object_and_sentence():
    assert str(finding(position=Position("a.yaml", 3, 5))) == "a.yaml:3:5: VirtualService default/reviews spec.hosts: hosts is empty. Name a host."


def test_what_is_not_known_of_the_place_is_left_out():
    assert str(finding(position=Position("a.yaml"))) == "a.yaml: VirtualService default/reviews spec.hosts: hosts is empty. Name a host."
    assert str(finding()) == "VirtualService default/reviews spec.hosts: hosts is empty. Name a host."


def test_a_finding_as_json_has_every_documented_field():
    assert finding(position=Position("a.yaml", 3, 5)).as_json() == {
        "severity": "error",
        "code": "IST0106",
        "ref": "VirtualService default/reviews",
        "path": "spec.hosts",
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "message": "hosts is empty.",
        "hint": "Name a host.",
    }


def test_only_errors_refuse():
    assert is_refused([finding(Severity.WARNING), finding(Severity.ERROR)])
    assert not is_refused([finding(Severity.WARNING), finding(Severity.INFO)])
