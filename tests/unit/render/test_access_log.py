"""Access logs in Envoy's words."""

from __future__ import annotations

import pytest
from envoy.extensions.access_loggers.file.v3.file_pb2 import FileAccessLog

from lateen.ir.chain import FileLog
from lateen.render.access_log import ISTIO_TEXT
from lateen.render.filters import access_log


def rendered(log: FileLog) -> FileAccessLog:
    out = FileAccessLog()
    assert access_log(log).typed_config.Unpack(out)
    return out


@pytest.mark.rule("TE-6")
def test_istios_text_is_written_unless_another_is_given():
    assert rendered(FileLog("/x")).log_format.text_format_source.inline_string == ISTIO_TEXT
    assert rendered(FileLog("/x", "hi\n")).log_format.text_format_source.inline_string == "hi\n"


@pytest.mark.rule("TE-6")
def test_fields_are_written_as_json():
    out = rendered(FileLog("/x", fields=(("a", "%PROTOCOL%"),)))
    assert (out.path, dict(out.log_format.json_format)) == ("/x", {"a": "%PROTOCOL%"})


def test_a_condition_filters_lines():
    assert access_log(FileLog("/x", condition="true")).filter.extension_filter.name == "envoy.access_loggers.extension_filters.cel"
