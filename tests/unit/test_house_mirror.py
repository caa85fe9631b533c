"""`tests/unit` is `lateen` over again: who looks for the tests of a module finds them under its name."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]
LATEEN = ROOT / "lateen"
UNIT = ROOT / "tests" / "unit"

# Modules without a test file of their own: which, where they are tested, and why there.
ELSEWHERE = (
    ("agent/app_calls.py", "tests/unit/agent/test_health.py", "calls to real apps, as health asks them"),
    ("agent/egress.py", "tests/envoy/test_agent_capture.py", "real network namespaces"),
    ("agent/local_grpc.py", "tests/envoy/test_agent_sidecar.py", "a real server that a real Envoy calls"),
    ("agent/mode.py", "tests/envoy/test_agent_capture.py", "tries what the machine can do"),
    ("agent/namespaces.py", "tests/envoy/test_agent_capture.py", "real network namespaces"),
    ("agent/rotator.py", "tests/playbook/test_agent_rotator.py", "a state machine, tested by transcripts"),
    ("agent/run.py", "tests/envoy/test_agent_run.py", "the driver, with real Envoys"),
    ("agent/sds.py", "tests/envoy/test_agent_sidecar.py", "a real Envoy asks for its secrets"),
    ("agent/supervisor.py", "tests/playbook/test_agent_supervisor.py", "a state machine, tested by transcripts"),
    ("agent/workload.py", "tests/envoy/test_agent_run.py", "values without a decision in them"),
    ("agent/xds_proxy.py", "tests/envoy/test_agent_sidecar.py", "between a real server and a real Envoy"),
    ("check/gateway/*.py", "tests/conformance/test_validation.py", "each rule of the published definitions is a row there"),
    ("check/remark.py", "tests/unit/check/test_kinds.py", "constructors, whose values every test of a check reads"),
    ("cli/*.py", "tests/feature/test_cli_commands.py", "commands are run as users run them, against a real mesh"),
    ("control/api/*.py", "tests/feature/test_control_objects.py", "spoken to over HTTP, as clients do"),
    ("control/keeper.py", "tests/feature/test_control_proxies.py", "a real server and a client of its streams"),
    ("control/main.py", "tests/feature/test_control_durability.py", "the daemon as a process"),
    ("control/observed.py", "tests/feature/test_control_proxies.py", "a real server and a client of its streams"),
    ("control/plane.py", "tests/feature/test_control_proxies.py", "parts put together"),
    ("flow/query.py", "tests/unit/flow/test_graph.py", "queries exist in graphs only"),
    ("local/agent_process.py", "tests/feature/test_guide.py", "a process, run as users run it"),
    ("local/api.py", "tests/feature/test_guide.py", "calls of a real control plane"),
    ("local/children.py", "tests/feature/test_guide.py", "real processes"),
    ("local/demo.py", "tests/envoy/test_demo.py", "run as users run it"),
    ("local/front_ports.py", "tests/envoy/test_up.py", "ports of a real machine"),
    ("local/held_sockets.py", "tests/envoy/test_up_faults.py", "held across the death of a real agent"),
    ("local/preflight.py", "tests/envoy/test_up.py", "tries the machine, and what a former run left"),
    ("local/up.py", "tests/feature/test_guide.py", "the driver, run as users run it"),
    ("store/store.py", "tests/conformance/test_store_conformance.py", "the protocol, held over every backend"),
    ("xds/server.py", "tests/feature/test_xds_server.py", "a driver, over real gRPC"),
    ("xds/stream.py", "tests/feature/test_xds_server.py", "a driver, over real gRPC"),
)


def modules_with_logic() -> list[str]:
    """Modules that define a function or method; others are values and tables."""
    paths = [path for path in sorted(LATEEN.rglob("*.py")) if path.name != "__init__.py"]
    return [path.relative_to(LATEEN).as_posix() for path in paths if _has_logic(path)]


def _has_logic(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def test_file(module: str) -> Path:
    """Where the tests of a module are to be."""
    return UNIT / Path(module).with_name(f"test_{Path(module).name}")


test_file.__test__ = False  # type: ignore[attr-defined]


def test_every_module_with_logic_has_its_test_file() -> None:
    """But for those that are tested elsewhere."""
    missing = [module for module in modules_with_logic() if not test_file(module).exists()]
    missing = [module for module in missing if not any(fnmatchcase(module, pattern) for pattern, _, _ in ELSEWHERE)]
    assert not missing, "\n".join(["", *missing])


def test_every_test_file_has_its_module() -> None:
    """A module that was renamed takes its tests along. The tests of a package's own functions stand beside it, under its name."""
    tests = [path.relative_to(UNIT) for path in sorted(UNIT.rglob("test_*.py")) if not path.name.startswith("test_house_")]
    subjects = {test: LATEEN / test.with_name(test.name.removeprefix("test_")) for test in tests}
    assert [str(test) for test, subject in subjects.items() if not subject.exists() and not subject.with_suffix("").is_dir()] == []


def test_what_is_tested_elsewhere_is_tested_there() -> None:
    """Every exception names a test file that exists, and a module that needs the exception."""
    assert [where for _, where, _ in ELSEWHERE if not (ROOT / where).exists()] == []
    needed = [module for module in modules_with_logic() if not test_file(module).exists()]
    assert [pattern for pattern, _, _ in ELSEWHERE if not any(fnmatchcase(module, pattern) for module in needed)] == []
