"""Explained from files alone: the objects of their texts are the mesh, and no proxy is connected."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.assembly.offline import graph
from lateen.check.offline import checked
from lateen.explain.onward import explained
from lateen.explain.question import Question, meant
from lateen.explain.telling import Json, in_files, telling
from lateen.values.finding import Finding, Severity


def from_files(files: Iterable[tuple[str, str]], asked: Question) -> tuple[Json, list[Finding]]:
    """What is told of the call (`telling`) in the world of these files (name and text), and what is wrong with them. Raises `Unanswerable`."""
    read = checked(files, asked.namespace)
    g = graph(read.resources)
    call, gateway = meant(g, asked)
    mistakes = [finding for finding in read.findings if finding.severity is Severity.ERROR]
    return telling(explained(g, call, gateway), in_files(read.places)), mistakes
