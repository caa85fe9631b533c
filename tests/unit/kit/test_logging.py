"""Logs."""

import io
import json

from lateen.kit import logging


def test_lines_are_json_when_the_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    logging.configure("info", stream=stream)
    logging.logger("agent").info("Envoy of reviews is ready.", workload="reviews")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["workload"], line["component"], line["level"]) == ("Envoy of reviews is ready.", "reviews", "agent", "info")


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logging.configure("warning", stream=stream)
    logging.logger("agent").info("quiet")
    assert stream.getvalue() == ""
