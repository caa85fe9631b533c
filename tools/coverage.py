"""Which of the written rules have tests: `docs/coverage.md`, made of `docs/rules.yaml` and of the marks in `tests/`.

    python tools/coverage.py            write the page
    python tools/coverage.py --check    exit 1 when it is not what would be written

A test names what it holds: `@pytest.mark.rule("VS-10")`. The page says where, and says "no test yet" where nobody does.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
RULES = ROOT / "docs" / "rules.yaml"
PAGE = ROOT / "docs" / "coverage.md"
NO_TEST = "no test yet"

HEAD = """# Which rules have tests

Made by `make coverage` of [rules.yaml](rules.yaml) and of the marks in `tests/`; do not edit. A rule without a test may well be kept, and a rule
with one may have corners that no test knows. A test under `unit/check` holds what users are told, not what proxies do.
"""


def sections() -> Mapping[str, Mapping[str, str]]:
    """The table of rules: section -> id -> one line."""
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return found


def marks() -> Mapping[str, tuple[str, ...]]:
    """The ids that tests name -> the files they stand in, sorted."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for rule in _named(ast.parse(path.read_text(encoding="utf-8"))):
            found[rule].add(path.relative_to(ROOT).as_posix())
    return {rule: tuple(sorted(files)) for rule, files in found.items()}


def _named(tree: ast.Module) -> Iterator[str]:
    """What stands in `mark.rule(…)`, wherever that is: on a test, a parameter, or the whole file."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="rule", value=ast.Attribute(attr="mark")), args=arguments):
                yield from (str(argument.value) for argument in arguments if isinstance(argument, ast.Constant))


def page() -> str:
    """The text of docs/coverage.md."""
    tested = marks()
    rules = [rule for lines in sections().values() for rule in lines]
    count = sum(rule in tested for rule in rules)
    parts = [HEAD, f"{count} of {len(rules)} rules are named by a test.\n"]
    for section, lines in sections().items():
        parts.append(f"## {section}\n\n| rule | says | tests |\n|---|---|---|")
        parts += [f"| {rule} | {_cell(line)} | {_links(tested.get(rule, ()))} |" for rule, line in lines.items()]
        parts.append("")
    return "\n".join(parts)


def _cell(line: str) -> str:
    return line.replace("|", "\\|")


def _links(files: tuple[str, ...]) -> str:
    return ", ".join(f"[{_short(file)}](../{file})" for file in files) or NO_TEST


def _short(file: str) -> str:
    return file.removeprefix("tests/").removesuffix(".py").replace("test_", "")


def main() -> int:
    """The program."""
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
