"""kubectl against the control plane, unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lateen.cli.connection import Place
from lateen.cli.kubeconfig import kubeconfig
from lateen.control.plane import ControlPlane

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")

WORLD = """
apiVersion: v1
kind: Service
metadata: {name: reviews, labels: {app: reviews}}
spec:
  selector: {app: reviews}
  ports: [{port: 80, name: http}]
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews}}]}]
"""

Run = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def kubectl(control_plane: ControlPlane, tmp_path: Path) -> Run:
    at = control_plane.connection
    file = tmp_path / "kubeconfig"
    file.write_bytes(msgspec.json.encode(kubeconfig(Place(at.server, control_plane.token, at.roots), "default")))

    async def run(*words: str, stdin: str = "") -> Any:
        from asyncio import create_subprocess_exec, subprocess, wait_for

        process = await create_subprocess_exec(
            "kubectl",
            f"--kubeconfig={file}",
            f"--cache-dir={tmp_path / 'cache'}",
            *words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await wait_for(process.communicate(stdin.encode()), 60)
        return process.returncode, out.decode(), err.decode()

    return run


async def test_apply_get_and_delete(kubectl: Run) -> None:
    code, out, err = await kubectl("apply", "-f", "-", stdin=WORLD)
    assert (code, out, err) == (0, "service/reviews created\nvirtualservice.networking.istio.io/reviews created\n", "")
    _, out, _ = await kubectl("get", "vs,svc", "-o", "name")
    assert out == "virtualservice.networking.istio.io/reviews\nservice/reviews\n"
    _, out, _ = await kubectl("get", "svc")
    assert out.splitlines()[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "PORT(S)", "AGE"]
    code, out, _ = await kubectl("delete", "vs", "reviews")
    assert (code, out) == (0, 'virtualservice.networking.istio.io "reviews" deleted\n')
    code, _, err = await kubectl("get", "vs", "reviews")
    assert (code, err) == (1, 'Error from server (NotFound): virtualservices.networking.istio.io "reviews" not found\n')


async def test_applying_a_change_patches_and_applying_it_again_does_nothing(kubectl: Run) -> None:
    await kubectl("apply", "-f", "-", stdin=WORLD)
    changed = WORLD.replace("port: 80", "port: 81")
    _, out, _ = await kubectl("apply", "-f", "-", stdin=changed)
    assert out == "service/reviews configured\nvirtualservice.networking.istio.io/reviews unchanged\n"
    _, out, _ = await kubectl("get", "svc", "reviews", "-o", "jsonpath={.spec.ports[*].port}")
    assert out == "81"
    _, out, _ = await kubectl("apply", "-f", "-", stdin=changed)
    assert out == "service/reviews unchanged\nvirtualservice.networking.istio.io/reviews unchanged\n"


async def test_server_side_apply_label_and_patch(kubectl: Run) -> None:
    assert (await kubectl("apply", "--server-side", "-f", "-", stdin=WORLD))[0] == 0
    assert (await kubectl("label", "svc", "reviews", "tier=back"))[0] == 0
    assert (await kubectl("patch", "vs", "reviews", "--type=json", "-p", '[{"op":"replace","path":"/spec/hosts/0","value":"ratings"}]'))[0] == 0
    _, out, _ = await kubectl("get", "svc,vs", "-o", "jsonpath={.items[0].metadata.labels.tier} {.items[1].spec.hosts[0]}")
    assert out == "back ratings"


async def test_kubectl_prints_every_mistake(kubectl: Run) -> None:
    code, _, err = await kubectl("apply", "-f", "-", stdin=WORLD.replace("hosts:", "hostz:").replace("route:", "rout:"))
    assert code == 1
    assert 'there is no field "hostz" here. Did you mean "hosts"?' in err
    assert 'there is no field "rout" here. Did you mean "route"?' in err


async def test_kubectl_watches(kubectl: Run) -> None:
    await kubectl("apply", "-f", "-", stdin=WORLD)
    code, out, _ = await kubectl("get", "vs", "-w", "-o", "name", "--request-timeout=6s")
    assert out.splitlines()[0] == "virtualservice.networking.istio.io/reviews"
    code, out, err = await kubectl("wait", "--for=delete", "vs/nobody", "--timeout=1s")
    assert code == 0, err


async def test_a_dry_run_of_kubectl_stores_nothing(kubectl: Run) -> None:
    code, out, _ = await kubectl("apply", "--dry-run=server", "-f", "-", stdin=WORLD)
    assert (code, out.splitlines()[0]) == (0, "service/reviews created (server dry run)")
    assert (await kubectl("get", "svc", "-o", "name"))[1] == ""
