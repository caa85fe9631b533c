"""`lateen analyze` of files: what is told, what is passed over, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from lateen.check.analyses import CODES
from lateen.cli.main import application
from lateen.cli.trouble import Trouble

RULE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web.example.com]
  http: [{route: [{destination: {host: nowhere.example.com}}], mirrorPercent: 5, mirror: {host: nowhere.example.com}}]
"""
TOLD = [("IST0101", "error"), ("IST0002", "warning"), ("IST0101", "error")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "world" / "below").mkdir(parents=True)
    (tmp_path / "world" / "web.yaml").write_text(RULE)
    (tmp_path / "world" / "below" / "other.yaml").write_text(RULE.replace("web", "other"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(application("analyze"), ["analyze", *words], input=stdin)


def codes(result: Result) -> list[str]:
    return [each["code"] for each in json.loads(result.stdout)]


def test_findings_are_the_documented_json(folder: Path) -> None:
    result = run("world/web.yaml", "-o", "json")
    first = json.loads(result.stdout)[0]
    assert list(first) == ["severity", "code", "ref", "path", "file", "line", "column", "message", "hint"]
    assert first == {
        "severity": "error",
        "code": "IST0101",
        "ref": "VirtualService shop/web",
        "path": "spec.http[0].route[0].destination.host",
        "file": "world/web.yaml",
        "line": 6,
        "column": 34,
        "message": 'no service has the host "nowhere.example.com".',
        "hint": "Declare it by a Service or a ServiceEntry.",
    }
    assert yaml.safe_load(run("world/web.yaml", "-o", "yaml").stdout) == json.loads(result.stdout)
    assert run("world/web.yaml", "-o", "table").stdout.splitlines()[0].split() == ["LEVEL", "CODE", "OBJECT", "PATH", "PLACE", "MESSAGE"]


def test_of_a_folder_only_its_own_files_are_read_unless_all_are_wanted(folder: Path) -> None:
    assert run("world").stdout.splitlines()[-1] == "1 object, 3 findings."
    assert run("world", "-R").stdout.splitlines()[-1] == "2 objects, 6 findings."


def test_standard_input_is_a_file_too(folder: Path) -> None:
    assert run("-", stdin=RULE).stdout.startswith("standard input:6:34: error [IST0101]: VirtualService shop/web")


@pytest.mark.parametrize(("level", "ends"), [("error", True), ("warning", True), ("Warning", True), ("info", True), ("never", False)])
def test_the_exit_code_goes_by_the_level_that_is_wanted(folder: Path, level: str, ends: bool) -> None:
    assert isinstance(run("world", "--fail-level", level).exception, Trouble) is ends
    assert isinstance(run("world", "--failure-threshold", level).exception, Trouble) is ends


def test_warnings_alone_fail_only_where_that_is_wanted(folder: Path) -> None:
    quiet = ("world", "-S", "IST0101=*")
    assert run(*quiet).exception is None
    assert isinstance(run(*quiet, "--fail-level", "warning").exception, Trouble)


def test_what_is_not_told_still_counts(folder: Path) -> None:
    result = run("world", "--output-threshold", "error", "-o", "json", "--fail-level", "warning", "-S", "IST0101=*")
    assert (codes(result), isinstance(result.exception, Trouble)) == ([], True)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("IST0101=VirtualService shop/web", ["IST0002"]),
        ("IST0101=VirtualService web.shop", ["IST0002"]),
        ("IST0101=VirtualService shop/*", ["IST0002"]),
        ("IST0101=* web.*", ["IST0002"]),
        ("IST0101=VirtualService shop/cart", ["IST0101", "IST0002", "IST0101"]),
        ("IST0002=*", ["IST0101", "IST0101"]),
    ],
)
def test_a_code_is_suppressed_for_the_objects_that_fit(folder: Path, pattern: str, left: list[str]) -> None:
    assert sorted(codes(run("world", "-o", "json", "--suppress", pattern))) == sorted(left)


def test_a_suppression_that_cannot_be_read_is_used_wrongly(folder: Path) -> None:
    exception = run("world", "-S", "IST0101").exception
    assert isinstance(exception, Trouble)
    assert (str(exception), exception.code) == ('-S takes CODE=REF, such as "IST0101=VirtualService shop/*", found "IST0101".', 2)


def test_a_mesh_config_is_for_files_and_must_be_there(folder: Path) -> None:
    alone, absent = run("--meshConfigFile", "m.yaml").exception, run("world", "--meshConfigFile", "m.yaml").exception
    assert isinstance(alone, Trouble)
    assert isinstance(absent, Trouble)
    assert (str(alone), alone.code) == ("A mesh config can be given with files only: name some.", 2)
    assert (str(absent), absent.code) == ("m.yaml cannot be read: No such file or directory.", 2)
    (folder / "m.yaml").write_text("trustDomian: x\n")
    assert "m.yaml:1:1: error" not in run("world", "--meshConfigFile", "m.yaml").stdout
    assert "m.yaml:1:1: warning [IST0133]: ConfigMap istio-system/istio trustDomian" in run("world", "--meshConfigFile", "m.yaml").stdout


def test_all_codes_are_listed() -> None:
    assert [each["code"] for each in json.loads(run("-L", "-o", "json").stdout)] == list(CODES)
    assert len(run("--list-analyzers").stdout.splitlines()) == len(CODES) + 1
