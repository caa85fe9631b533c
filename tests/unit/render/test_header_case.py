"""Names of headers in the case in which they came."""

from __future__ import annotations

import pytest

from lateen.render.header_case import preserved_case


@pytest.mark.rule("HC-3")
def test_the_case_is_kept_and_the_reason_phrase_is_not():
    formatter = preserved_case().stateful_formatter
    assert (formatter.name, formatter.typed_config.type_url.rpartition(".")[2]) == ("preserve_case", "PreserveCaseFormatterConfig")
    assert formatter.typed_config.value == b""
