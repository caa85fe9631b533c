"""Ports to listen on."""

from __future__ import annotations

import os

import pytest

from lateen.control.home import CannotStart
from lateen.control.ports import Address, address, free, listening


def test_an_address_is_a_host_and_a_port() -> None:
    assert address("127.0.0.1:15014", "--api") == Address("127.0.0.1", 15014)
    assert address("[::1]:80", "--api") == Address("::1", 80)
    assert str(Address("::1", 80)) == "[::1]:80"


@pytest.mark.parametrize("text", ["15014", "localhost:", "localhost:http", "localhost:70000"])
def test_what_is_no_address_is_told_with_its_option(text: str) -> None:
    with pytest.raises(CannotStart, match=f'--api is "{text}", expected HOST:PORT'):
        address(text, "--api")


def test_a_taken_port_is_told_with_who_has_it() -> None:
    with listening(Address("127.0.0.1", 0), "--api") as bound:
        port = bound.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} \(--xds\) is taken by process {os.getpid()} \("):
            free(Address("127.0.0.1", port), "--xds")


def test_any_port_becomes_one_that_is_free() -> None:
    assert free(Address("127.0.0.1", 0), "--xds").port > 0


def test_an_address_of_all_interfaces_is_dialled_on_loopback() -> None:
    assert Address("0.0.0.0", 15012).dialled == "127.0.0.1:15012"
