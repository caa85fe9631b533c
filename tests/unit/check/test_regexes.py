from lateen.check.regexes import regex


def test_an_expression_of_more_than_1024_characters_is_refused() -> None:
    assert list(regex("a" * 1024, ())) == []
    assert [remark.message for remark in regex("a" * 1025, ())] == ["found a regular expression of 1025 characters, expected at most 1024."]


def test_what_re2_cannot_do_is_told_as_such() -> None:
    [remark] = regex("a(?=b)", ("spec",))
    assert remark.hint == "RE2 has no look-ahead and no look-behind."
    [remark] = regex("(a)\\1", ("spec",))
    assert remark.message == 'found "(a)\\1", expected a regular expression in RE2\'s syntax: bad escape sequence: \\1.'
