"""The command line as processes: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lateen.agent import certificates
from lateen.control.plane import ControlPlane
from lateen.values.spiffe import Identity
from tests.given.objects import reviews_and_rule

WORLD = reviews_and_rule()
WRONG = WORLD.replace("hosts:", "hostz:")


async def alone(*words: str, cwd: Path, stdin: str = "", **environment: str) -> tuple[int, str, str]:
    """The command line where there is no mesh."""
    from asyncio import create_subprocess_exec, subprocess, wait_for

    clean = {name: value for name, value in os.environ.items() if not name.startswith("LATEEN")} | {"HOME": str(cwd)} | environment
    pipe = subprocess.PIPE
    process = await create_subprocess_exec(sys.executable, "-m", "lateen.cli.main", *words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=clean)
    out, err = await wait_for(process.communicate(stdin.encode()), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_apply_get_and_delete(lateen: Any, tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(WORLD)
    applied = await lateen("apply", "-f", "mesh.yaml", "--wait")
    assert applied == (0, "service/reviews created\nvirtualservice.networking.istio.io/reviews created\nRevision 1: no proxy is connected.\n", "")
    assert (await lateen("get", "vs", "-o", "name")).out == "virtualservice.networking.istio.io/reviews\n"
    listed = (await lateen("get", "svc", "-A")).out.splitlines()
    assert listed[0].split() == ["NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "PORT(S)", "AGE"]
    assert listed[1].split()[:3] == ["default", "reviews", "ClusterIP"]
    assert (await lateen("delete", "vs/reviews")).out == 'virtualservice.networking.istio.io "reviews" deleted\n'
    assert await lateen("get", "vs", "reviews") == (1, "", 'virtualservices.networking.istio.io "reviews" not found\n')


async def test_what_is_refused_is_told_with_its_place_and_nothing_is_stored(lateen: Any) -> None:
    refused = await lateen("apply", "-f", "-", stdin=WRONG)
    assert (refused.code, refused.out) == (1, "")
    assert 'standard input:10:3: error [IST0106]: VirtualService default/reviews spec.hostz: there is no field "hostz" here.' in refused.err
    assert refused.err.endswith("Nothing was stored: 2 mistakes.\n") or refused.err.endswith("Nothing was stored: 1 mistake.\n")
    assert (await lateen("get", "svc")).out == "No resources found in default namespace.\n"


async def test_diff_shows_what_apply_would_change_and_ends_with_one(lateen: Any) -> None:
    await lateen("apply", "-f", "-", stdin=WORLD)
    assert await lateen("diff", "-f", "-", stdin=WORLD) == (0, "", "")
    changed = await lateen("diff", "-f", "-", stdin=WORLD.replace("port: 80", "port: 81"))
    assert changed.code == 1
    assert "-  - port: 80\n+  - port: 81\n" in changed.out


async def test_edit_puts_what_the_editor_leaves(lateen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await lateen("apply", "-f", "-", stdin=WORLD)
    monkeypatch.setenv("EDITOR", "sed -i s/80$/8080/")
    edited = await lateen("edit", "svc", "reviews")
    assert edited == (0, "service/reviews edited\n", "")
    assert "port: 8080" in (await lateen("get", "svc/reviews", "-o", "yaml")).out


async def test_history_and_rollback(lateen: Any) -> None:
    await lateen("apply", "-f", "-", "-m", "first", stdin=WORLD)
    await lateen("delete", "vs/reviews")
    assert [line.split()[0] for line in (await lateen("history")).out.splitlines()] == ["REVISION", "2", "1"]
    assert (await lateen("rollback", "1")).out == "virtualservice.networking.istio.io/reviews created\n"
    assert (await lateen("rollback", "1")).out == "The configuration is what it was at revision 1.\n"
    assert "VirtualService default/reviews created" in (await lateen("history", "3")).out


async def test_describe_says_who_changed_it(lateen: Any) -> None:
    await lateen("apply", "-f", "-", "-m", "first", stdin=WORLD)
    text = (await lateen("describe", "vs", "reviews")).out
    assert "Name:       reviews\n" in text
    assert "lateen apply: first" in text


async def test_without_a_mesh_it_says_what_to_do_and_ends_with_three(tmp_path: Path) -> None:
    code, out, err = await alone("get", "vs", cwd=tmp_path)
    assert (code, out) == (3, "")
    assert err.startswith("No mesh is reachable: ")
    assert "`lateen up` or `lateen serve`" in err


async def test_a_mesh_that_does_not_answer_is_named(tmp_path: Path) -> None:
    code, _, err = await alone("get", "vs", "--server", "https://127.0.0.1:1", "--token", "x", cwd=tmp_path)
    assert code == 3
    assert err.startswith("The mesh at https://127.0.0.1:1 does not answer: Connection refused.")


async def test_a_kind_that_there_is_not_is_used_wrongly(tmp_path: Path) -> None:
    assert await alone("get", "virtualservise", cwd=tmp_path) == (2, "", 'There is no kind "virtualservise". Did you mean virtualservice?\n')


async def test_unknown_options_are_used_wrongly(tmp_path: Path) -> None:
    code, _, err = await alone("get", "vs", "--bogus", cwd=tmp_path)
    assert code == 2
    assert "--bogus" in err


async def test_validate_needs_no_mesh_and_prints_the_documented_json(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(WRONG)
    code, out, err = await alone("validate", "-f", "w.yaml", "-o", "json", cwd=tmp_path)
    found = json.loads(out)
    assert (code, err) == (1, "")
    assert [set(each) for each in found] == [{"severity", "code", "ref", "path", "file", "line", "column", "message", "hint"}] * len(found)
    assert (found[-1]["ref"], found[-1]["path"], found[-1]["file"], found[-1]["line"]) == (
        "VirtualService default/reviews",
        "spec.hostz",
        "w.yaml",
        10,
    )
    (tmp_path / "w.yaml").write_text(WORLD)
    assert await alone("validate", "-f", "w.yaml", cwd=tmp_path) == (0, "2 objects, nothing wrong.\n", "")


async def test_a_proxys_configuration_is_computed_from_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mesh"
    folder.mkdir()
    (folder / "w.yaml").write_text(WORLD)
    node = "sidecar~10.0.0.1~a-1.default~default.svc.cluster.local"
    words = ("proxy-config", "all", "--files", "mesh", "--node", node, "--metadata", '{"NAMESPACE": "default"}', "-o", "json")
    code, out, err = await alone(*words, cwd=tmp_path)
    assert (code, err) == (0, "")
    sections = [config["@type"].rpartition(".")[2] for config in json.loads(out)["configs"]]
    assert sections[:4] == ["ClustersConfigDump", "EndpointsConfigDump", "ListenersConfigDump", "RoutesConfigDump"]


async def test_help_lists_commands_and_ends_well(tmp_path: Path) -> None:
    code, out, _ = await alone(cwd=tmp_path)
    assert code == 0
    assert "Objects:\n  apply         Make objects be what files say, as one transaction.\n" in out
    assert (await alone("--version", cwd=tmp_path))[1].startswith("lateen ")
    assert "complete -o default" in (await alone("completion", "bash", cwd=tmp_path))[1]


async def test_init_writes_a_file_once(tmp_path: Path) -> None:
    assert (await alone("init", cwd=tmp_path))[:2] == (0, "mesh.yaml is written. Edit it, then: lateen up\n")
    assert await alone("init", cwd=tmp_path) == (1, "", "mesh.yaml is there already; --force replaces it.\n")


async def test_tokens_roots_and_kubeconfig(control_plane: ControlPlane, lateen: Any, tmp_path: Path) -> None:
    assert (await lateen("token", "--sa", "web", "--ttl", "5m")).out.count(".") == 2
    assert (await lateen("token", "--ttl", "soon")).code == 2
    assert (await lateen("ca", "pem")).out == control_plane.connection.roots
    assert (await lateen("kubeconfig", "--file", "kc")).code == 0
    assert (tmp_path / "kc").stat().st_mode & 0o777 == 0o600


async def test_a_revoked_token_lets_nobody_in(control_plane: ControlPlane, lateen: Any) -> None:
    made = json.loads((await lateen("token", "--sa", "web", "-o", "json")).out)
    control = certificates.ControlPlane(control_plane.connection.discovery, control_plane.connection.roots.encode())
    web = Identity("cluster.local", "default", "web")
    assert (await certificates.fetch(control, web, made["token"])).chain
    assert (await lateen("token", "list")).out.splitlines()[1].startswith(made["id"])
    assert (await lateen("token", "revoke", made["id"])).out == f"Token {made['id']} for default/web is revoked.\n"
    assert " revoked " in (await lateen("token", "list")).out.splitlines()[1]
    with pytest.raises(certificates.RefusedError, match="The join token was revoked"):
        await certificates.fetch(control, web, made["token"])
    assert (await lateen("token", "revoke", "nobody")).code == 1
    assert (await lateen("token", "revoke")).code == 2


async def test_a_root_is_rotated_in_three_steps(lateen: Any) -> None:
    assert [line.split()[-1] for line in (await lateen("ca", "announce")).out.splitlines()[1:3]] == ["signs", "trusted"]
    assert "retired" in (await lateen("ca", "switch")).out.splitlines()[1]
    assert (await lateen("ca", "settle")).code == 0


async def test_no_proxy_is_no_error(lateen: Any) -> None:
    assert await lateen("proxy-status") == (0, "No proxy is connected.\n", "")
    assert (await lateen("proxy-config", "cluster", "web")).err == 'No proxy "web" is connected. Connected: none.\n'


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("hepl",), "No such command 'hepl'. `lateen --help` says more."),
        (("valdate", "x.yaml"), "No such command 'valdate'. Did you mean 'validate'? `lateen --help` says more."),
        (("get", "vs", "--foo"), "No such option: --foo. `lateen get --help` says more."),
        (
            ("get", "vs", "-o", "foo"),
            "Invalid value for '-o' / '--output': 'foo' is not one of 'table', 'wide', 'yaml', 'json', 'name'. `lateen get --help` says more.",
        ),
        (
            ("serve", "--log-level", "loud"),
            "Invalid value for '--log-level': 'loud' is not one of 'debug', 'info', 'warning', 'error'. `lateen serve --help` says more.",
        ),
        (("validate",), "Name what to check: files, folders, or - for standard input. `lateen validate --help` says more."),
        (("validate", "empty"), "There is no YAML or JSON below empty. Name files, folders of them, or - for standard input."),
        (("get", "virtualservic"), 'There is no kind "virtualservic". Did you mean virtualservice?'),
    ],
)
async def test_words_that_are_wrong_are_one_sentence_with_a_remedy_and_end_with_two(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "empty").mkdir()
    assert await alone(*words, cwd=tmp_path) == (2, "", f"{sentence}\n")


async def test_validate_takes_files_with_and_without_an_option(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(WORLD)
    assert await alone("validate", "mesh.yaml", cwd=tmp_path) == (0, "2 objects, nothing wrong.\n", "")
    assert await alone("validate", "-f", "mesh.yaml", "-", stdin="", cwd=tmp_path) == (0, "2 objects, nothing wrong.\n", "")
