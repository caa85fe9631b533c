import pytest

from lateen.check.ports import name, number, protocol, protocol_or_none


@pytest.mark.parametrize("port", [1, 65535])
def test_ports_are_1_to_65535(port: int) -> None:
    assert list(number(port, ())) == []


@pytest.mark.parametrize("port", [0, 65536])
def test_other_ports_are_refused(port: int) -> None:
    assert [remark.message for remark in number(port, ())] == [f"found the port {port}, expected 1 to 65535."]


def test_names_of_ports_are_labels() -> None:
    assert list(name("http-web", ())) == []
    assert [remark.message for remark in name("http_web", ())] == [
        'found the port name "http_web", expected letters and digits with "-" only inside.'
    ]


@pytest.mark.rule("SD-1")
def test_protocols_are_known_in_any_case_and_may_be_left_open() -> None:
    assert list(protocol("grpc-Web", ())) == []
    assert list(protocol_or_none("", ())) == []
    assert len(list(protocol("", ()))) == 1
