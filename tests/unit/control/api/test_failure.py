"""Errors in Kubernetes' shape."""

from __future__ import annotations

from lateen.api.kinds import KINDS
from lateen.control.api.failure import Failure, invalid, missing, of_store
from lateen.store import Compacted, Conflict, Unwritable
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

RULE = KINDS["VirtualService"]
REF = Ref("VirtualService", "default", "a")


def test_a_status_says_code_reason_and_sentence() -> None:
    assert Failure(404, "nothing here").body() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "nothing here",
        "reason": "NotFound",
        "code": 404,
    }


def test_a_missing_object_is_told_in_kubernetes_words() -> None:
    assert str(missing(RULE, "a")) == 'virtualservices.networking.istio.io "a" not found'


def test_all_errors_are_told_and_warnings_are_not() -> None:
    findings = [
        Finding(REF, "spec.a", Severity.ERROR, "", "is wrong.", "Mend it."),
        Finding(REF, "spec.b", Severity.WARNING, "", "is odd."),
        Finding(REF, "", Severity.ERROR, "", "is worse."),
    ]
    failure = invalid(RULE, "a", findings)
    assert failure.message == 'VirtualService "a" is invalid: \n* spec.a: is wrong. Mend it.\n* is worse.'
    assert failure.details is not None
    assert failure.details["causes"][0] == {"reason": "FieldValueInvalid", "message": "is wrong. Mend it.", "field": "spec.a"}


def test_errors_of_the_store_have_the_codes_that_clients_know() -> None:
    assert of_store(Conflict(REF, found=3, expected=2), RULE, "a").code == 409
    assert of_store(Compacted(1, kept=(5, 9))).code == 410
    assert of_store(Unwritable("/x", "it is full")).code == 403
