"""Words of a label."""

from __future__ import annotations

from lateen.values.metric_words import CONNECTION, REQUEST, label, words

SAID = {
    "reporter": "destination",
    "principal": "spiffe://d/ns/a/sa/web",
    "service": "db.a.svc.d;db;a",
    "response_code": "200",
    "grpc_response_status": "",
    "response_flags": "-",
    "peer": "web;a;web;v1;here",
}


def test_what_is_put_together_comes_apart_again():
    assert label(REQUEST, SAID) == "destination spiffe://d/ns/a/sa/web db.a.svc.d;db;a 200  - web;a;web;v1;here"
    assert words(REQUEST, label(REQUEST, SAID)) == SAID


def test_a_client_with_spaces_in_what_it_says_of_itself_moves_no_other_word():
    lie = label(CONNECTION, {"reporter": "destination", "service": "db", "peer": "x y 500 - z"})
    assert words(CONNECTION, lie)["service"] == "db"
    assert words(CONNECTION, lie)["peer"] == "x y 500 - z"


def test_what_has_too_few_words_is_no_label():
    assert words(REQUEST, "GET /") == {}
