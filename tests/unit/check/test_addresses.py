from lateen.check.addresses import address, address_or_range, is_range, unix_socket


def test_a_range_may_have_host_bits_but_no_mask_in_dots() -> None:
    assert is_range("10.1.2.3/8")
    assert is_range("2001:db8::/32")
    assert not is_range("10.0.0.0/255.0.0.0")
    assert not is_range("10.0.0.0/33")


def test_an_address_is_no_range() -> None:
    [remark] = address("10.0.0.0/8", ("spec",))
    assert remark.message == 'found "10.0.0.0/8", expected an IP address such as 10.0.0.1.'
    assert list(address_or_range("10.0.0.0/8", ("spec",))) == []


def test_a_socket_has_an_absolute_path_or_is_abstract() -> None:
    assert list(unix_socket("unix:///run/a.sock", ())) == []
    assert list(unix_socket("unix://@a", ())) == []
    assert [remark.message for remark in unix_socket("unix:///run/", ())] == [
        'found "unix:///run/", expected the absolute path of a socket such as "unix:///run/app.sock".'
    ]
