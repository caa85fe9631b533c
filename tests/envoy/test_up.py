"""`lateen up` as its user meets it: what is edited while it runs, what is wrong before it starts, and what a killed one leaves."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from lateen.agent import leftovers, mode
from tests.given.running import WITHIN, free_port

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here"),
]
TWO = """
config: config
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}, environment: {COLOUR: red}}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}}
"""
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec: {hosts: ["*"], gateways: [edge], http: [{route: [{destination: {host: a}}]}]}
"""


def links() -> str:
    return subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout


async def test_what_a_killed_mesh_left_is_cleaned_up_by_the_next_and_nothing_of_another(meshes, until) -> None:
    folder, other = meshes.folder(TWO), await meshes.up(meshes.folder(TWO))
    first = await meshes.up(folder)
    made, before = first.made, {each.pid for each in other.made.processes}
    assert made.network is not None and made.network != other.made.network
    os.kill(first.pid("agent"), signal.SIGKILL)
    first.process.kill()
    await first.process.wait()
    second = await meshes.up(folder)
    assert not any(leftovers.is_alive(each) for each in made.processes)
    assert {each.pid for each in other.made.processes} == before
    async with second.traffic("a.default", "b") as traffic:
        await traffic.more(5)
    assert await second.stop() == 0
    assert made.network.bridge not in links()
    assert other.made.network.bridge in links()
    assert not [each for each in made.lodgings if Path(each.namespace).exists()]


async def test_a_second_mesh_of_the_same_folder_is_refused_with_the_id_of_the_first(meshes, until) -> None:
    first = await meshes.up(meshes.folder(TWO))
    second = await meshes.up(first.folder, ready=False)
    assert await asyncio.wait_for(second.process.wait(), WITHIN) == 1
    await until(lambda: f"This mesh is already running here, as process {first.process.pid}. Stop it first." in second.output)


async def test_a_port_that_is_taken_is_named_with_who_has_it(meshes, until, taken_port) -> None:
    mesh = await meshes.up(meshes.folder(TWO + f"gateways:\n  ingress:\n    ports: {{{taken_port}: 80}}\n"), ready=False)
    assert await asyncio.wait_for(mesh.process.wait(), WITHIN) == 1
    await until(lambda: f"Port {taken_port} of gateway ingress cannot be opened" in mesh.output and f"process {os.getpid()}" in mesh.output)


async def test_a_folder_without_a_file_is_told_how_to_write_one(meshes, until) -> None:
    folder = meshes.folder("")
    (folder / "mesh.yaml").unlink()
    mesh = await meshes.up(folder, ready=False)
    assert await asyncio.wait_for(mesh.process.wait(), WITHIN) == 1
    await until(lambda: "There is no mesh.yaml in" in mesh.output and "`lateen init`" in mesh.output)


async def test_an_app_that_does_not_get_well_holds_up_no_other_and_one_that_crashes_is_started_again_later_and_later(meshes, until) -> None:
    bad = '  bad: {command: "sh -c \'echo no database; exit 7\'", ports: {http: "80:8000"}}\n'
    mesh = await meshes.up(meshes.folder(TWO + bad), ready=False)
    await mesh.says("restarting in 800 ms (3rd time)")
    assert "bad exited with code 7" in mesh.output and "no database" in mesh.output
    await until(lambda: "a.default app" in {each.runs for each in mesh.made.processes})
    async with mesh.traffic("a.default", "b") as traffic:
        await traffic.more(5)


async def test_an_app_that_runs_and_never_gets_well_is_reported_with_its_last_lines_and_holds_up_no_other(meshes) -> None:
    stuck = '  stuck: {command: "sh -c \'echo waiting for a lock; exec sleep 600\'", ports: {http: "80:8000"}}\n'
    mesh = await meshes.up(meshes.folder(TWO + stuck), ready=False)
    await mesh.says("stuck is not healthy 30 s after its start.")
    assert "waiting for a lock" in mesh.output.partition("stuck is not healthy 30 s after its start.")[2]
    async with mesh.traffic("a.default", "b") as traffic:
        await traffic.more(5)


async def test_an_edit_that_comes_while_it_starts_counts(meshes) -> None:
    mesh = await meshes.up(meshes.folder(TWO), ready=False)
    await mesh.says("Traffic is captured transparently")
    file = mesh.folder / "mesh.yaml"
    file.write_text(file.read_text().replace("  b:", "  c:"))
    await mesh.says("mesh.yaml has changed: 2 workloads are wanted now.")


async def test_the_ports_of_gateways_follow_the_file_while_it_runs(meshes, until, taken_port) -> None:
    first, second = free_port(), free_port()
    mesh_file = TWO + "gateways:\n  ingress:\n    ports: {PORT: 80}\n"
    folder = meshes.folder(mesh_file.replace("PORT", str(first)))
    (folder / "config").mkdir()
    (folder / "config" / "gateway.yaml").write_text(GATEWAY)
    mesh = await meshes.up(folder)
    text = (folder / "mesh.yaml").read_text()
    (folder / "mesh.yaml").write_text(text.replace(str(first), str(second)))
    await mesh.says("mesh.yaml has changed")
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{second}/", timeout=WITHIN).read())
    assert answer == b"a 0 red"
    with pytest.raises(OSError, match="Connection refused"):
        await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{first}/")
    (folder / "mesh.yaml").write_text(text.replace(str(first), str(taken_port)))
    await mesh.says(f"Port {taken_port} of gateway ingress cannot be opened: Address already in use; process {os.getpid()}")


async def test_what_counts_from_the_next_start_is_said(meshes) -> None:
    mesh = await meshes.up(meshes.folder(TWO))
    file = mesh.folder / "mesh.yaml"
    file.write_text(file.read_text() + "scope: all\n")
    await mesh.says("`scope` counts when `lateen up` is started again; until then it is as it was.")


async def test_the_folder_of_yaml_may_be_another_while_it_runs(meshes, until) -> None:
    spec = "{hosts: [b], http: [{directResponse: {status: CODE}}]}"
    rule = f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: b}}\nspec: {spec}\n"
    folder = meshes.folder(TWO)
    for name, code in (("config", "418"), ("other", "451")):
        (folder / name).mkdir()
        (folder / name / "b.yaml").write_text(rule.replace("CODE", code))
    mesh = await meshes.up(folder)
    (folder / "mesh.yaml").write_text((folder / "mesh.yaml").read_text().replace("config: config", "config: other"))
    await mesh.says("other was applied.")
    async with mesh.traffic("a.default", "b") as traffic:
        await until(lambda: "451" in [what for _, what in traffic.failures], lambda: f"{traffic.failures}")


async def test_edits_take_effect_while_it_runs(meshes, until) -> None:
    folder = meshes.folder(TWO)
    (folder / "config").mkdir()
    mesh = await meshes.up(folder)
    text = (folder / "mesh.yaml").read_text()
    (folder / "mesh.yaml").write_text(text.replace("COLOUR: red", "COLOUR: blue"))
    old = mesh.pid("a.default app")
    await until(lambda: mesh.is_another("a.default app", old), lambda: mesh.output)
    # A process that is being started has none for a moment.
    await until(lambda: "COLOUR=blue" in Path(f"/proc/{mesh.pid('a.default app')}/environ").read_text(), lambda: mesh.output)
    (folder / "mesh.yaml").write_text(text.replace("COLOUR: red}", "COLOUR: blue}, replicas: 2"))
    await until(lambda: "a-1.default app" in {each.runs for each in mesh.made.processes}, lambda: mesh.output)
    (folder / "mesh.yaml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("  a:")))
    await until(lambda: not [each for each in mesh.made.processes if each.runs.startswith("a") and each.runs != "agent" and leftovers.is_alive(each)])
    (folder / "config" / "b.yaml").write_text(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: b}\n"
        "spec: {hosts: [b], http: [{route: [{destination: {host: b}}]}]}\n"
    )
    await mesh.says("config was applied.")


async def test_a_replica_that_is_removed_under_traffic_fails_no_request(meshes, until) -> None:
    text = TWO.replace("b: {command: PYTHON server.py,", "b: {command: PYTHON server.py, replicas: 3,")
    mesh = await meshes.up(meshes.folder(text))
    file = mesh.folder / "mesh.yaml"
    async with mesh.traffic("a.default", "b", "/slow") as slow, mesh.traffic("a.default", "b") as traffic:
        await traffic.more(30)
        removed = mesh.pid("b-2.default app")
        file.write_text(file.read_text().replace("replicas: 3", "replicas: 2"))
        await until(lambda: not Path(f"/proc/{removed}").exists())
        await traffic.more(100)
    assert (traffic.failures, slow.failures) == ([], [])


@pytest.mark.rule("AG-8")
async def test_a_service_that_is_edited_under_traffic_fails_no_request(meshes, until) -> None:
    text = TWO.replace("b: {command: PYTHON server.py,", "b: {command: PYTHON server.py, environment: {COLOUR: red}, replicas: 3,")
    mesh = await meshes.up(meshes.folder(text))
    file = mesh.folder / "mesh.yaml"
    before = {name: mesh.pid(f"{name}.default app") for name in ("b-0", "b-1", "b-2")}
    async with mesh.traffic("a.default", "b", "/slow") as slow, mesh.traffic("a.default", "b") as traffic:
        await traffic.more(30)
        file.write_text(file.read_text().replace("COLOUR: red}, replicas", "COLOUR: blue}, replicas"))
        await until(lambda: all(mesh.is_another(f"{name}.default app", pid) for name, pid in before.items()))
        await traffic.more(100)
    assert (traffic.failures, slow.failures) == ([], [])


async def test_the_sidecars_metrics_bear_istios_labels(meshes, until) -> None:
    mesh = await meshes.up(meshes.folder(TWO))
    async with mesh.traffic("a.default", "b") as traffic:
        await traffic.more(5)
    address = next(each.address for each in mesh.made.lodgings if each.name == "a.default")

    def counted() -> list[str]:
        text = urllib.request.urlopen(f"http://{address}:15020/stats/prometheus", timeout=WITHIN).read().decode()
        return re.findall(r'istio_requests_total\{(.*reporter="source".*)\}', text)

    await until(lambda: [each for each in counted() if 'destination_service="b.default.svc.cluster.local"' in each])
    labels = dict(re.findall(r'(\w+)="([^"]*)"', counted()[0]))
    assert (labels["source_workload"], labels["destination_workload"], labels["response_code"]) == ("a", "b", "200"), json.dumps(labels)
    assert labels["connection_security_policy"] in ("mutual_tls", "unknown")


@pytest.mark.skipif(not shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"), reason="no Python that every user may run")
async def test_without_root_the_whole_mesh_runs_in_a_user_namespace(meshes, until) -> None:
    port = free_port()
    folder = meshes.folder(TWO + f"gateways:\n  ingress:\n    ports: {{{port}: 80}}\n")
    (folder / "config").mkdir()
    (folder / "config" / "gateway.yaml").write_text(GATEWAY)
    mesh = await meshes.up(folder, rootless=True)
    assert "in a user namespace of this mesh's own" in mesh.output
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=WITHIN).read())
    assert answer == b"a 0 red"
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lateen.cli.main", "proxy-status", "-o", "name", cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert sorted((await asyncio.wait_for(asked.communicate(), WITHIN))[0].split()) == [b"a.default", b"b.default", b"ingress.default"]
    assert mesh.directory.parent == Path(f"/tmp/lateen-{folder.stat().st_uid}")
    made = mesh.made
    assert await mesh.stop() == 0
    assert not any(leftovers.is_alive(each) for each in made.processes)
