"""`lateen proxy-config`: what a proxy has been told, from the live mesh, from its Envoy, or computed from files alone."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.dumps import SECTIONS, resources
from lateen.cli.output import Output, as_json, as_yaml, table
from lateen.cli.trouble import MISUSED, UNREACHABLE, Trouble


class Type(StrEnum):
    """What to show."""

    CLUSTER = "cluster"
    LISTENER = "listener"
    ROUTE = "route"
    ENDPOINT = "endpoint"
    SECRET = "secret"
    ALL = "all"


_SHORT = {"c": Type.CLUSTER, "l": Type.LISTENER, "r": Type.ROUTE, "ep": Type.ENDPOINT, "s": Type.SECRET, "a": Type.ALL}


def named(word: str) -> Type:
    """The type that a word means; istioctl's words are known too. Raises `typer.BadParameter`."""
    found = _SHORT.get(word) or next((each for each in Type if word in (each.value, f"{each.value}s")), None)
    if found is None:
        raise typer.BadParameter(f'"{word}" is none of {", ".join(Type)}.')
    return found


def _types(incomplete: str) -> list[str]:
    return [each.value for each in Type if each.value.startswith(incomplete)]


@connected
def command(
    mesh: Mesh,
    type_: Annotated[
        Type, typer.Argument(metavar="cluster|listener|route|endpoint|secret|all", parser=named, autocompletion=_types, help="What to show.")
    ],
    proxy: Annotated[str, typer.Argument(metavar="[PROXY]", help="NAME.NAMESPACE, or its node id.")] = "",
    envoy: Annotated[
        str, typer.Option("--envoy", metavar="ADDRESS", help="Ask this Envoy's admin interface instead: HOST:PORT, or a socket's path.")
    ] = "",
    files: Annotated[str, typer.Option("--files", metavar="DIR", help="Compute it from the YAML in this folder, without a mesh.")] = "",
    node: Annotated[str, typer.Option("--node", metavar="ID", help="With --files: the node id, sidecar~IP~NAME.NS~NS.svc.cluster.local.")] = "",
    metadata: Annotated[str, typer.Option("--metadata", metavar="JSON", help="With --files: the node's metadata.")] = "{}",
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TABLE,
) -> None:
    """Show what a proxy has been told."""
    dump = _dump(mesh, proxy, envoy, files, node, metadata)
    if type_ is not Type.ALL and output in (Output.JSON, Output.YAML):
        shown: Any = resources(dump, SECTIONS[type_.value])
    else:
        shown = dump
    if output is Output.JSON:
        print(as_json(shown))
    elif output is Output.YAML:
        print(as_yaml(shown).rstrip())
    else:
        print("\n\n".join(_tables(dump, list(SECTIONS) if type_ is Type.ALL else [type_.value], output)))


def _tables(dump: dict[str, Any], types: list[str], output: Output) -> list[str]:
    texts = []
    for each in types:
        section = SECTIONS[each]
        rows = sorted({row for resource in resources(dump, section) for row in section.rows(resource)})
        if output is Output.NAME:
            texts.append(
                "\n".join(dict.fromkeys(str(resource.get("name") or resource.get("cluster_name", "")) for resource in resources(dump, section)))
            )
        elif rows:
            texts.append(table(section.head, rows))
    return texts or ["Nothing of this type."]


def _dump(mesh: Mesh, proxy: str, envoy: str, files: str, node: str, metadata: str) -> dict[str, Any]:
    if files:
        return _from_files(files, node, metadata)
    if envoy:
        return _from_envoy(envoy)
    if not proxy:
        raise Trouble("Name a proxy, such as reviews-1.default (`lateen proxy-status` lists them), or give --files DIR --node ID.", MISUSED)
    found: dict[str, Any] = mesh.get(f"/lateen/v1/proxies/{proxy}/config")
    return found


def _from_files(files: str, node: str, metadata: str) -> dict[str, Any]:
    from lateen.assembly.config_dump import from_files

    folder = Path(files)
    if not folder.is_dir():
        raise Trouble(f"There is no folder {files}.", MISUSED)
    try:
        told = json.loads(metadata)
    except ValueError as wrong:
        raise Trouble(f"--metadata is not JSON: {wrong}.", MISUSED) from wrong
    if not isinstance(told, dict):
        raise Trouble("--metadata must be a JSON object.", MISUSED)
    try:
        dump, findings = from_files(folder, node, told)
    except ValueError as wrong:
        raise Trouble(str(wrong), MISUSED) from wrong
    for finding in findings:
        print(finding, file=sys.stderr)
    return dump


def _from_envoy(address: str) -> dict[str, Any]:
    """What an Envoy says itself."""
    import http.client
    import socket

    if "/" in address:
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        where: Any = address
    else:
        host, _, port = address.rpartition(":")
        connection = http.client.HTTPConnection(host or "127.0.0.1", int(port) if port.isdecimal() else 15000, timeout=10)
        where = None
    try:
        if where is not None:
            connection.sock.connect(where)
        connection.request("GET", "/config_dump?include_eds")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise Trouble(f"Envoy's admin interface at {address} does not answer: {failure}.", UNREACHABLE) from failure
    return found
