from lateen.check.statuses import answer, is_grpc_status, is_http_status


def test_proxies_answer_with_200_to_599() -> None:
    assert [list(answer(status, ())) for status in (200, 599)] == [[], []]
    assert [remark.message for remark in answer(600, ())] == ["found the status 600, expected 200 to 599."]


def test_statuses_are_known_by_number_or_by_name() -> None:
    assert is_http_status("503")
    assert not is_http_status("599")
    assert is_grpc_status("UNAVAILABLE")
    assert not is_grpc_status("14")
