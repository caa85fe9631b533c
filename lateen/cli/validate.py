"""`lateen validate`: are these files right? Offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from lateen.cli.offline import objects_of
from lateen.cli.output import as_json, finding_line
from lateen.cli.trouble import MISUSED, REFUSED, Trouble


class Form(StrEnum):
    """What `-o` takes."""

    TEXT = "text"
    JSON = "json"


def command(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE|DIR|-]...", help="What to check.")] = None,
    filename: Annotated[list[str] | None, typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="The same; repeatable.")] = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="For objects that name none.")] = "default",
    output: Annotated[Form, typer.Option("-o", "--output")] = Form.TEXT,
) -> None:
    """Check files without a mesh. Exit code 0 when nothing is worse than a warning, 1 when anything is refused."""
    from lateen.check.offline import checked

    named = [*(files or ()), *(filename or ())]
    if not named:
        raise Trouble("Name what to check: files, folders, or - for standard input. `lateen validate --help` says more.", MISUSED)
    found = checked(objects_of(named), namespace, envoy_values)
    told = [finding.as_json() for finding in found.findings]
    wrong = sum(finding["severity"] == "error" for finding in told)
    if output is Form.JSON:
        print(as_json(told))
    else:
        print("\n".join([*(finding_line(finding) for finding in told), _verdict(found.documents, wrong)]))
    if wrong:
        raise Trouble("", REFUSED)


def envoy_values(target: str, value: Mapping[str, Any]) -> Iterable[tuple[tuple[str | int, ...], str, str, bool]]:
    """What is wrong with a value of Envoy. Envoy's messages, which take long to load, are loaded only where somebody writes one."""
    from lateen.render.patch_values import faults

    return faults(target, value)


def _verdict(objects: int, wrong: int) -> str:
    checked_objects = f"{objects} object{'s' if objects != 1 else ''}"
    return f"{checked_objects}, {wrong} mistake{'s' if wrong != 1 else ''}." if wrong else f"{checked_objects}, nothing wrong."
