"""The rules of this house that a machine can hold: the shape of files and functions, what is said of them, and the words of their names."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "lateen").rglob("*.py"))
PYTHON = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py"), *(ROOT / "tools").rglob("*.py")])

LONGEST_MODULE = 500
LONGEST_FUNCTION = 60

BANNED_WORDS = {"util", "utils", "common", "helper", "helpers", "manager", "context", "data", "info", "base", "vs", "dr", "svc"}
BANNED_STARTS = ("get_", "build_", "compute_")

# Words that are not ours to choose: where, which, and whose they are.
NOT_OURS = (
    ("lateen/api/", BANNED_WORDS, "fields and types are named as in Istio's and Kubernetes' documentation"),
    ("lateen/render/", {"manager", "context", "common"}, "Envoy's nouns: HttpConnectionManager, CommonTlsContext"),
    ("lateen/agent/bootstrap.py", {"manager"}, "Envoy's cluster manager"),
    ("lateen/", {"context"}, "as which gRPC hands over a call, and what it knows of the peer"),
    ("lateen/values/finding.py", {"info"}, "a severity that users read"),
)

Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def tree(path: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    """How a file is called in a complaint."""
    return path.relative_to(ROOT).as_posix()


def complain(complaints: Iterable[str]) -> None:
    """Fail with all of them, one a line."""
    lines = list(complaints)
    assert not lines, "\n".join(["", *lines])


def functions(module: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods."""
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Defined]]:
    """The functions, classes and methods that others may use."""
    for node in body:
        if not isinstance(node, Defined) or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")


def is_described(node: Defined) -> bool:
    """Whether a definition has its docstring, or does without: a mere signature in a protocol, whose class says what it is."""
    statements = [statement.value for statement in node.body if isinstance(statement, ast.Expr)]
    is_signature = len(node.body) == 1 and len(statements) == 1 and isinstance(statements[0], ast.Constant) and statements[0].value is ...
    return bool(ast.get_docstring(node)) or is_signature


def words(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The names that a file gives, and the words of each. Of fields and parameters only the whole name counts; local variables are left alone."""
    yield path.stem, parts(path.stem)
    for node in ast.walk(tree(path)):
        match node:
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
                yield found, parts(found)
            case ast.arg(arg=found) | ast.AnnAssign(target=ast.Name(id=found)):
                yield found, {found.strip("_").lower()}


def parts(word: str) -> set[str]:
    """`CommonTlsContext` is common, tls and context."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", word)}


def banned(path: Path) -> Iterator[str]:
    """The names in a file that say nothing (`data`) or what goes without saying (`get_`)."""
    allowed = set().union(*(theirs for where, theirs, _ in NOT_OURS if name(path).startswith(where)))
    for word, said in words(path):
        if said & (BANNED_WORDS - allowed) or word.lstrip("_").startswith(BANNED_STARTS):
            yield f"{name(path)}: {word}"


def test_a_module_fits_in_the_head() -> None:
    """At most 500 lines."""
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    complain(f"{where}: {length} lines" for where, length in lengths.items() if length > LONGEST_MODULE)


def test_a_function_fits_on_a_page() -> None:
    """At most 60 lines."""
    lengths = {
        f"{name(path)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1 for path in SOURCES for function in functions(tree(path))
    }
    complain(f"{where}: {length} lines" for where, length in lengths.items() if length > LONGEST_FUNCTION)


def test_every_module_says_what_it_is() -> None:
    """A file without code (a bare `__init__.py`) may do without."""
    modules = {name(path): tree(path) for path in SOURCES}
    complain(path for path, module in modules.items() if module.body and not ast.get_docstring(module))


def test_every_package_with_a_story_tells_it() -> None:
    """The packages right below `lateen` open with what they are."""
    packages = [path for path in SOURCES if path.name == "__init__.py" and len(path.relative_to(ROOT).parts) == 3]
    complain(name(path) for path in packages if not ast.get_docstring(tree(path)))


def test_every_public_name_is_described() -> None:
    """Functions, classes, methods."""
    defined = [(path, *each) for path in SOURCES for each in public(tree(path).body)]
    complain(f"{name(path)}: {dotted}" for path, dotted, node in defined if not is_described(node))


def test_names_say_something() -> None:
    """No `util`, no `data`, no `get_`."""
    complain(complaint for path in SOURCES for complaint in banned(path))


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_nothing_is_put_off(word: str) -> None:
    """What is not done is in the changelog or nowhere."""
    complain(name(path) for path in PYTHON if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8")))


def test_no_test_of_a_unit_sleeps() -> None:
    """Time travels in events."""
    tests = [path for path in PYTHON if "unit" in path.parts and "tests" in path.parts]
    complain(name(path) for path in tests if re.search(r"\btime\.sleep\(", path.read_text(encoding="utf-8")))


def test_no_wait_can_lose_a_cancellation() -> None:
    """`asyncio.wait_for` of Python 3.11 drops a cancellation that comes with the result, and who was to end goes on; `asyncio.timeout` does not."""
    complain(name(path) for path in SOURCES if re.search(r"\basyncio\.wait_for\(", path.read_text(encoding="utf-8")))


# In pieces, for this file is looked at too.
MACHINES = re.compile("|".join(["/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", "(?<![a-z.])/wo" + "rk/"]))
REGISTRIES = re.compile(
    "|".join(
        [
            "py" + r"pi\.(org|python)",
            "python" + "hosted",
            "docker" + r"\.io",
            "ghcr" + r"\.io",
            "quay" + r"\.io",
            r"\bgcr" + r"\.io",
            "npm" + r"js\.",
            "crates" + r"\.io",
        ]
    )
)


def tracked() -> list[Path]:
    """The files that are kept, and those that will be."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    if found.returncode != 0:
        pytest.skip("not a working copy")
    paths = [ROOT / line for line in found.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize(("what", "pattern"), [("a path of one machine", MACHINES), ("a package registry", REGISTRIES)])
def test_no_file_knows_where_it_was_made(what: str, pattern: re.Pattern[str]) -> None:
    """Whoever clones this has other folders, and perhaps another registry."""
    found = [(path, pattern.search(path.read_text(encoding="utf-8", errors="replace"))) for path in tracked()]
    complain(f"{name(path)} names {what}: {match[0]}" for path, match in found if match)
