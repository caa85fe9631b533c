"""`lateen analyze`: is the whole right? Files, or the live mesh."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.offline import objects_of
from lateen.cli.output import as_json, as_yaml, finding_line, table
from lateen.cli.trouble import MISUSED, REFUSED, Trouble

_LEVELS: Final = ("info", "warning", "error")
_NEVER: Final = "never"


class Form(StrEnum):
    """What `-o` takes."""

    LOG = "log"
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class Level(StrEnum):
    """How bad a finding is; `never` is worse than all."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    NEVER = _NEVER


@connected
def command(
    mesh: Mesh,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|DIR|-]...", help="What to analyze; the live mesh when nothing is named.")
    ] = None,
    filename: Annotated[list[str] | None, typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="The same; repeatable.")] = None,
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", help="Of the live mesh, only this; in files, for objects that name none.")
    ] = "default",
    all_namespaces: Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces of the live mesh.")] = False,
    list_analyzers: Annotated[bool, typer.Option("-L", "--list-analyzers", help="List the codes, and what they mean.")] = False,
    suppress: Annotated[
        list[str] | None,
        typer.Option("-S", "--suppress", metavar="CODE=REF", help='Say nothing of this, such as "IST0101=VirtualService shop/*"; repeatable.'),
    ] = None,
    fail_level: Annotated[
        Level, typer.Option("--fail-level", "--failure-threshold", case_sensitive=False, help="What is as bad as this makes the exit code 1.")
    ] = Level.ERROR,
    output_threshold: Annotated[
        Level, typer.Option("--output-threshold", case_sensitive=False, help="Only what is as bad as this is told.")
    ] = Level.INFO,
    output: Annotated[Form, typer.Option("-o", "--output")] = Form.LOG,
    mesh_config: Annotated[str, typer.Option("--meshConfigFile", "--mesh-config-file", metavar="FILE", help="The mesh config to go by.")] = "",
    recursive: Annotated[bool, typer.Option("-R", "--recursive", help="Folders with all that is below them.")] = False,
) -> None:
    """Look at objects together: what is missing, what conflicts and who lost, what has no effect. Exit code 1 for what is as bad as --fail-level."""
    if list_analyzers:
        print(_codes(output))
        return
    if named := [*(files or ()), *(filename or ())]:
        found = _of_files(named, namespace, mesh_config, recursive=recursive)
    elif mesh_config:
        raise Trouble("A mesh config can be given with files only: name some.", MISUSED)
    else:
        found = mesh.call("GET", "/lateen/v1/analyze", query={"namespace": "" if all_namespaces else namespace}, wait=_PATIENCE)
    told = [finding for finding in found["findings"] if not any(_fits(pattern, finding) for pattern in _patterns(suppress or []))]
    shown = [finding for finding in told if _is_as_bad(finding, output_threshold)]
    print(_rendered(shown, found["objects"], output))
    if any(_is_as_bad(finding, fail_level) for finding in told):
        raise Trouble("", REFUSED)


_PATIENCE: Final = 300.0
"""Seconds that a large mesh may take to be looked at."""


def _of_files(names: list[str], namespace: str, mesh_config: str, *, recursive: bool) -> dict[str, Any]:
    from lateen.assembly.analysis import of_files
    from lateen.cli.validate import envoy_values

    config = (mesh_config, _text(mesh_config)) if mesh_config else None
    found = of_files(objects_of(names, recursive=recursive), namespace, config, envoy_values)
    return {"objects": found.documents, "findings": [finding.as_json() for finding in found.findings]}


def _text(name: str) -> str:
    try:
        return Path(name).read_text()
    except (OSError, UnicodeDecodeError) as failure:
        raise Trouble(f"{name} cannot be read: {getattr(failure, 'strerror', None) or 'it is not UTF-8 text'}.", MISUSED) from failure


def _patterns(written: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in written:
        code, is_pair, ref = text.partition("=")
        if not is_pair or not ref:
            raise Trouble(f'-S takes CODE=REF, such as "IST0101=VirtualService shop/*", found "{text}".', MISUSED)
        pairs.append((code.strip(), ref.strip()))
    return pairs


def _fits(pattern: tuple[str, str], finding: dict[str, Any]) -> bool:
    """A reference may be written as we do, `Kind namespace/name`, or as istioctl does, `Kind name.namespace`; `*` stands for anything."""
    code, ref = pattern
    kind, _, name = str(finding["ref"]).partition(" ")
    namespace, slash, short = name.rpartition("/")
    forms = (f"{kind} {name}", f"{kind} {short}.{namespace}" if slash else f"{kind} {name}")
    return code == finding["code"] and any(fnmatchcase(form, ref) for form in forms)


def _is_as_bad(finding: dict[str, Any], level: Level) -> bool:
    return level is not Level.NEVER and _LEVELS.index(finding["severity"]) >= _LEVELS.index(level.value)


def _rendered(findings: list[dict[str, Any]], objects: int, form: Form) -> str:
    match form:
        case Form.JSON:
            return as_json(findings)
        case Form.YAML:
            return as_yaml(findings).rstrip("\n")
        case Form.TABLE:
            rows = (
                [each["severity"], each["code"], each["ref"], each["path"], _place(each), f"{each['message']} {each['hint']}".strip()]
                for each in findings
            )
            return table(("level", "code", "object", "path", "place", "message"), rows)
    return "\n".join([*(finding_line(finding) for finding in findings), _verdict(len(findings), objects)])


def _place(finding: dict[str, Any]) -> str:
    return ":".join(str(part) for part in (finding["file"], finding["line"], finding["column"]) if part)


def _verdict(found: int, objects: int) -> str:
    looked_at = f"{objects} object{'s' if objects != 1 else ''}"
    return f"{looked_at}, {found} finding{'s' if found != 1 else ''}." if found else f"{looked_at}, nothing to be said."


def _codes(form: Form) -> str:
    from lateen.check.analyses import CODES

    listed = [{"code": each.code, "name": each.name, "level": each.severity.value, "meaning": each.meaning} for each in CODES.values()]
    if form in (Form.JSON, Form.YAML):
        return as_json(listed) if form is Form.JSON else as_yaml(listed).rstrip("\n")
    return table(("code", "name", "level", "meaning"), ([*each.values()] for each in listed))
