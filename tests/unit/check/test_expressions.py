import pytest

from lateen.check.expressions import expression, syntax_fault

RIGHT = [
    "response.code >= 400",
    "response.code >= 400 && !(request.path.startsWith('/health') || has(request.headers['x-a']))",
    "request.headers['user-agent'] in ['a', \"b\", ]",
    "connection.mtls ? 'yes' : -1.5e3 < 0x1Fu ? true : null",
    "{'a': 1, 'b': [2]}['a'] == 1",
    "request.auth.claims.exists(c, c == 'a')",
    "xds.cluster_name.contains('say \\'hi\\'')",
    '"in" in .a',
]
WRONG = {
    "response.code >=": "found the end, expected a name or a value",
    "response.code >= 400 &&": "found the end, expected a name or a value",
    "(response.code": "found the end, expected )",
    "response.code 400": "found 400, expected the end",
    "a = b": "= b cannot be read",
    "'open": "'open cannot be read",
    "a ? b": "found the end, expected :",
    "a.1": "found .1, expected the end",
    "{'a' 1}": "found 1, expected :",
    "f(a b)": "found b, expected )",
}


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_an_expression_can_be_read(text: str) -> None:
    assert syntax_fault(text) == ""


@pytest.mark.parametrize(("text", "fault"), WRONG.items())
def test_the_reading_stops_where_the_mistake_is(text: str, fault: str) -> None:
    assert syntax_fault(text) == fault


def test_an_expression_that_cannot_be_read_is_refused() -> None:
    assert [remark.message for remark in expression("a &&", ())] == [
        'found "a &&", expected an expression of CEL: found the end, expected a name or a value.'
    ]
    assert [remark.message for remark in expression(" ", ())] == ["the expression is empty."]


def test_deep_nesting_is_refused_and_does_no_harm() -> None:
    assert syntax_fault("(" * 100_000 + "a" + ")" * 100_000) == "it is nested too deep"
