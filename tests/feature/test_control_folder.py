"""A folder of YAML as the store of a real control plane: objects that are wrong, and files that cannot be read, are told and take nothing away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lateen.control.home import Home
from lateen.control.main import running
from lateen.control.plane import ControlPlane, Options
from tests.feature.conftest import Client
from tests.given.running import eventually

ENTRY = """\
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec: {hosts: [a.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
"""
WRONG = ENTRY.replace("resolution: DNS", "resolution: DSN")
SAID = 'found the text "DSN", expected NONE, STATIC, DNS, DNS_ROUND_ROBIN or DYNAMIC_DNS.'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "out.yaml").write_text(ENTRY)
    return folder


@pytest.fixture
async def control_plane(tmp_path: Path, folder: Path) -> AsyncIterator[ControlPlane]:
    home = Home(tmp_path / "home")
    async with running(Options(home=home, store=f"directory://{folder}", discovery="127.0.0.1:0", api="127.0.0.1:0")) as plane:
        yield plane


async def analysed(client: Client) -> list[tuple[str, int, str]]:
    found = await client.get("/lateen/v1/analyze")
    return [(Path(each["file"]).name, each["line"], f"{each['message']} {each['hint']}".strip()) for each in found["findings"]]


async def test_an_object_that_became_wrong_stays_as_it_was_and_is_told_until_it_is_mended(client: Client, folder: Path) -> None:
    assert await analysed(client) == []
    (folder / "out.yaml").write_text(WRONG)
    await eventually(lambda: analysed(client), [("out.yaml", 4, f'{SAID} Did you mean "DNS"? Until then this object stays in force as it last was.')])
    stored: Any = await client.get("/apis/networking.istio.io/v1/namespaces/default/serviceentries/out")
    assert stored["spec"]["resolution"] == "DNS"
    standing = await client.get("/lateen/v1/standing", ref="ServiceEntry/default/out")
    assert [each["message"] for each in standing["findings"]] == [SAID]
    (folder / "out.yaml").write_text(ENTRY)
    await eventually(lambda: analysed(client), [])


async def test_a_file_that_cannot_be_read_is_told_whatever_namespace_is_asked_for(client: Client, folder: Path) -> None:
    (folder / "b.yaml").write_bytes(b"\xff")

    async def messages() -> list[str]:
        return [each["message"] for each in (await client.get("/lateen/v1/analyze", namespace="elsewhere"))["findings"]]

    await eventually(messages, ["This file is not text in UTF-8: byte 0 is 0xff."])
