"""Logs: one line for each event, a sentence plus fields. Plain and coloured on a terminal, JSON elsewhere.

Call `configure` once, in `main`; everybody else asks for `logger(name)`. What may not enter: handlers, files, rotation.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Literal, TextIO

import structlog

Format = Literal["auto", "console", "json"]


def configure(level: str = "info", form: Format = "auto", stream: TextIO | None = None) -> None:
    """Set the least level (`debug`, `info`, `warning`, `error`) and the form of the whole process; `auto` is JSON unless on a terminal."""
    stream = stream or sys.stderr
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if as_json else _untouched,
            structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=wants_colours(stream)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def wants_colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal, and nobody has said that it is to have no colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose every line carries `component=name`."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=name)
    return bound


def _untouched(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
