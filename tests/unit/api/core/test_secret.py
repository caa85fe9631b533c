from lateen.api.core.secret import Secret


def test_a_value_is_decoded_and_plain_text_wins() -> None:
    secret = Secret(data={"a": "aGVsbG8=", "b": "aGVsbG8=", "c": "!"}, string_data={"b": "plain"})
    assert [secret.value(key) for key in "abcd"] == [b"hello", b"plain", None, None]
