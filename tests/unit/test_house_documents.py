"""The documents hold together: links lead somewhere, files that are named exist, and every decision is in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lateen.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = ROOT / "docs" / "decisions"

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(#[^)\s]*)?\)")
FILE = re.compile(r"`((?:lateen|tests|tools|docs|samples)/[\w/.-]+)`")


def anchors(text: str) -> set[str]:
    """What headings are called in links."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        led = document.parent / target if target else document
        if not led.exists() or (anchor and anchor[1:] not in anchors(led.read_text(encoding="utf-8"))):
            broken.append(f"{target}{anchor}")
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(document: Path) -> None:
    assert [named for named in FILE.findall(document.read_text(encoding="utf-8")) if not (ROOT / named).exists()] == []


def test_every_decision_is_in_the_list_under_its_title() -> None:
    pages = sorted(DECISIONS.glob("0*.md"))
    titles = [page.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2] for page in pages]
    rows = [f"| {page.name[:4]} | [{title}]({page.name}) |" for page, title in zip(pages, titles, strict=True)]
    assert [line for line in (DECISIONS / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| 0")] == rows


def test_decisions_are_numbered_once_and_without_gaps() -> None:
    pages = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [name[:5] for name in pages] == [f"{number:04}-" for number in range(1, len(pages) + 1)]


def test_the_architecture_names_every_package() -> None:
    packages = {path.parent.name for path in (ROOT / "lateen").glob("*/__init__.py")}
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {package for package in packages if f"\n| `{package}` |" not in text} == set()


def test_the_guide_names_every_command() -> None:
    page = (ROOT / "docs" / "guide" / "command-line.md").read_text(encoding="utf-8")
    assert [row.name for row in COMMANDS if row.exists and f"`lateen {row.name}`" not in page] == []
