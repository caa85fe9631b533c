"""The sample meshes: each validates clean, starts as it is, and carries the traffic that it says it carries."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lateen.agent import mode
from tests.given.running import free_port

SAMPLES = Path(__file__).parents[2] / "samples" / "meshes"
MESHES = sorted(path.parent.name for path in SAMPLES.glob("*/mesh.yaml"))
REFUSED_BY_NAME = 502

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("CI") and (os.geteuid() != 0 or mode.choose_mode().mode != "transparent"), reason="network namespaces cannot be made here"
    ),
]


class Site:
    """A sample that runs, seen through its gateway."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str = "/", **headers: str) -> httpx.Response:
        return httpx.get(self._url + path, headers=headers, timeout=60)

    def answers(self, path: str = "/", **headers: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(path, **headers).raise_for_status().json()
        return found

    def calls(self, host: str) -> dict[str, Any]:
        """What the app behind the gateway gets from another service."""
        return self.answers(f"/call?url=http://{host}/")

    def statuses(self, hosts: Iterable[str]) -> dict[str, int]:
        return {host: int(self.calls(host)["status"]) for host in hosts}


@pytest.fixture
def start(meshes, tmp_path: Path):
    async def up(name: str) -> tuple[Site, Any]:
        folder = tmp_path / "meshes"
        shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns(".lateen", "__pycache__"))
        tmp_path.chmod(0o755)
        file, port = folder / name / "mesh.yaml", free_port()
        file.write_text(re.sub(r"\b8080: 80\b", f"{port}: 80", file.read_text()))
        mesh = await meshes.up(folder / name)
        return Site(port), mesh

    return up


def test_the_meshes_are_those_that_the_readme_names() -> None:
    assert MESHES == ["blue-green", "egress", "many-teams", "multi-tenant", "shop", "two-hundred"]
    readme = (SAMPLES / "README.md").read_text()
    assert re.findall(r"^- \[(.+?)\]", readme, re.MULTILINE) == ["shop", "many-teams", "egress", "blue-green", "multi-tenant", "two-hundred"]


@pytest.mark.parametrize("name", MESHES)
def test_a_sample_is_told_of_nothing(name: str) -> None:
    command = [sys.executable, "-m", "lateen.cli.main", "validate", "-f", str(SAMPLES / name / "config"), "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


async def test_teams_reach_what_is_shown_to_them_and_nothing_else(start) -> None:
    site, _ = await start("many-teams")
    assert site.answers()["service"] == "front"
    assert site.statuses(["search.search", "payments.payments", "index.search", "ledger.payments"]) == {
        "search.search": 200,
        "payments.payments": 200,
        "index.search": REFUSED_BY_NAME,
        "ledger.payments": REFUSED_BY_NAME,
    }
    assert "/ns/front/sa/front" in site.calls("payments.payments")["answer"]["headers"]["x-forwarded-client-cert"]


async def test_calls_to_a_partner_leave_through_the_egress_gateway(start) -> None:
    site, _ = await start("egress")
    told = site.calls("api.partner.example")["answer"]
    assert (told["service"], told["headers"]["host"]) == ("partner", "api.partner.example")
    assert told["headers"]["x-left-through"] == "egress"
    assert "not known" in site.calls("other.example")["error"]


async def test_everybody_moves_from_blue_to_green_and_back_in_an_edit_without_a_failed_request(start, until) -> None:
    site, mesh = await start("blue-green")
    assert {site.answers()["version"] for _ in range(20)} == {"blue"}
    assert {site.answers(**{"x-preview": "yes"})["version"] for _ in range(20)} == {"green"}
    switch = mesh.folder / "config" / "switch.yaml"
    blue = switch.read_text()
    seen: Counter[str] = Counter()

    def version() -> str:
        seen[str(site.ask().status_code)] += 1
        return str(site.answers()["version"])

    for text, wanted in ((blue.replace("subset: blue", "subset: green"), "green"), (blue, "blue")):
        switch.write_text(text)
        await until(lambda wanted=wanted: version() == wanted)
        assert {version() for _ in range(20)} == {wanted}
    assert seen.keys() == {"200"}


async def test_tenants_share_a_gateway_and_nothing_else(start) -> None:
    site, _ = await start("multi-tenant")
    for tenant, other in (("acme", "globex"), ("globex", "acme")):
        at = f"shop.{tenant}.example"
        assert site.answers(host=at)["service"] == f"{tenant}-web"
        reached = [site.answers(f"/call?url=http://{host}/", host=at)["status"] for host in (f"{tenant}-store", f"{other}-store.{other}")]
        assert reached == [200, REFUSED_BY_NAME]
    assert site.ask(host="shop.initech.example").status_code == 404


async def test_a_sidecar_of_a_mesh_of_two_hundred_services_has_those_that_were_called(start) -> None:
    site, mesh = await start("two-hundred")
    hosts = [f"service-{number}" for number in (1, 57, 137, 199)]
    assert site.statuses(hosts) == dict.fromkeys(hosts, 200)
    services = Counter(site.calls("service-100")["answer"]["service"] for _ in range(100))
    assert 55 <= services["beta"] <= 92 and services["beta"] + services["gamma"] == 100
    command = [sys.executable, "-m", "lateen.cli.main", "proxy-config", "cluster", "caller.default", "-o", "json"]
    told = subprocess.run(command, cwd=mesh.folder, capture_output=True, text=True, timeout=60, check=True).stdout
    names = set(re.findall(r"outbound\|80\|\w*\|(service-\d+)\.", told))
    assert names == {*hosts, "service-100"}
