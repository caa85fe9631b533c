"""The open table from values to filters."""

from __future__ import annotations

import pytest

from lateen.render import filters


def test_a_value_that_nobody_renders_is_our_mistake_and_says_so():
    with pytest.raises(TypeError, match="nobody renders str for requests"):
        filters.http_filters("a policy")
    with pytest.raises(TypeError, match="nobody renders str for connections"):
        filters.network_filters("a policy")
    with pytest.raises(TypeError, match="nobody renders the log str"):
        filters.access_log("a log")
    with pytest.raises(TypeError, match="nobody renders the tracing str"):
        filters.tracing("a tracer")
