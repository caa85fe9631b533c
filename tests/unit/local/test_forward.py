"""Ports that are opened for gateways."""

from __future__ import annotations

import pytest

from lateen.local.forward import bound


def test_of_two_who_open_a_port_before_either_takes_connections_the_second_is_refused() -> None:
    with bound(0) as first, pytest.raises(OSError, match="Address already in use"):
        bound(first.getsockname()[1])
