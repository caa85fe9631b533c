"""The folder of Istio YAML beside mesh.yaml; what is told to the control plane is tested with a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lateen.control.home import Home
from lateen.local.api import ControlApi, RefusedError
from lateen.local.config_folder import ConfigFolder, path, refs
from lateen.values.ref import Ref

GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
"""


def folder(place: Path) -> ConfigFolder:
    return ConfigFolder(place / "config", place / "applied.json", ControlApi(Home(place)))


def test_files_of_all_folders_below_are_read_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "config" / "more").mkdir(parents=True)
    (tmp_path / "config" / "a.yaml").write_text("a: 1")
    (tmp_path / "config" / "more" / "b.yml").write_text("b: 2")
    (tmp_path / "config" / "notes.txt").write_text("not read")
    assert folder(tmp_path).read() == {"config/a.yaml": "a: 1", "config/more/b.yml": "b: 2"}


def test_only_changes_inside_concern_it(tmp_path: Path) -> None:
    assert folder(tmp_path).concerns([tmp_path / "config" / "a.yaml"])
    assert not folder(tmp_path).concerns([tmp_path / "mesh.yaml"])


def test_a_folder_that_is_not_there_is_told_and_takes_nothing_away(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"There is no folder .*/config, which `config` names. Make it, or name another\."):
        folder(tmp_path).read()


def test_objects_are_known_by_reference_and_by_the_path_that_the_api_has_them_at() -> None:
    found = refs({"gateway.yaml": GATEWAY})
    assert found == {Ref("Gateway", "default", "shop")}
    assert path(Ref("Gateway", "default", "shop")) == "/apis/networking.istio.io/v1/namespaces/default/gateways/shop"
    assert path(Ref("Namespace", "", "shop")) == "/api/v1/namespaces/shop"
