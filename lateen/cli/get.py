"""`lateen get`: list objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from lateen.cli.completion import kinds
from lateen.cli.connection import Mesh, Refused, connected
from lateen.cli.output import Output, rendered, table
from lateen.cli.trouble import REFUSED, Trouble


@connected
def command(
    mesh: Mesh,
    what: Annotated[
        list[str], typer.Argument(metavar="KIND [NAME…] | KIND/NAME…", autocompletion=kinds, help="vs, vs reviews, vs,dr, vs/reviews, all")
    ],
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
    all_namespaces: Annotated[bool, typer.Option("-A", "--all-namespaces")] = False,
    selector: Annotated[str, typer.Option("-l", "--selector", help="Labels, such as app=web,tier!=front.")] = "",
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TABLE,
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Go on and print every change.")] = False,
) -> None:
    """List objects of one or several kinds."""
    from lateen.cli import words

    scope = "" if all_namespaces else namespace
    query = {"labelSelector": selector}
    wanted = words.wanted(what)
    if watch:
        _watched(mesh, wanted, scope, query, output)
    elif output in (Output.TABLE, Output.WIDE):
        _tables(mesh, wanted, scope, query, output)
    else:
        _objects(mesh, wanted, scope, query, output)


def _tables(mesh: Mesh, wanted: list[Any], namespace: str, query: dict[str, str], output: Output) -> None:
    from lateen.cli import words

    printed, failures = [], []
    for each in wanted:
        try:
            found = mesh.get(words.url(each.kind, namespace, each.name), query, as_table=True)
        except Refused as refused:
            failures.append(str(refused))
            continue
        if found["rows"]:
            prefix = f"{each.kind.kind.lower()}/" if len({one.kind.key for one in wanted}) > 1 else ""
            printed.append(_table(found, output, prefix, with_namespace=not namespace and each.kind.namespaced))
    print("\n\n".join(printed) if printed or failures else _none(namespace), end="\n" if printed or not failures else "")
    if failures:
        raise Trouble("\n".join(failures), REFUSED)


def _none(namespace: str) -> str:
    return f"No resources found in {namespace} namespace." if namespace else "No resources found."


def _table(found: dict[str, Any], output: Output, prefix: str, *, with_namespace: bool) -> str:
    return table(_head(found, output, with_namespace=with_namespace), _rows(found, output, prefix, with_namespace=with_namespace))


def _shown(found: dict[str, Any], output: Output) -> list[int]:
    columns = found["columnDefinitions"]
    return [index for index, column in enumerate(columns) if output is Output.WIDE or not column["priority"]]


def _head(found: dict[str, Any], output: Output, *, with_namespace: bool) -> list[str]:
    head = [found["columnDefinitions"][index]["name"] for index in _shown(found, output)]
    return ["Namespace", *head] if with_namespace else head


def _rows(found: dict[str, Any], output: Output, prefix: str, *, with_namespace: bool) -> Iterator[list[str]]:
    for row in found["rows"]:
        cells = [row["cells"][index] for index in _shown(found, output)]
        cells[0] = f"{prefix}{cells[0]}"
        yield [row["object"]["metadata"].get("namespace", ""), *cells] if with_namespace else cells


def _objects(mesh: Mesh, wanted: list[Any], namespace: str, query: dict[str, str], output: Output) -> None:
    from lateen.cli import words

    items: list[Any] = []
    for each in wanted:
        found = mesh.get(words.url(each.kind, namespace, each.name), query)
        items += [found] if each.name else [{"apiVersion": each.kind.api_version, "kind": each.kind.kind} | item for item in found["items"]]
    if output is Output.NAME:
        print("\n".join(words.word(item) for item in items), end="\n" if items else "")
    elif len(wanted) == 1 and wanted[0].name:
        print(rendered(items[0], output))
    else:
        print(rendered({"apiVersion": "v1", "kind": "List", "items": items}, output))


def _watched(mesh: Mesh, wanted: list[Any], namespace: str, query: dict[str, str], output: Output) -> None:
    from lateen.cli import words

    if len(wanted) != 1:
        raise Trouble("One kind, or one object, can be watched at a time.", 2)
    each = wanted[0]
    as_table = output in (Output.TABLE, Output.WIDE)
    watching = query | {"watch": "true"} | ({"fieldSelector": f"metadata.name={each.name}"} if each.name else {})
    with_namespace = not namespace and each.kind.namespaced
    is_first = True
    for event in mesh.lines(words.url(each.kind, namespace), watching, as_table=as_table):
        found = event["object"]
        if event["type"] == "ERROR":
            raise Trouble(str(found.get("message", "The mesh ended the watch.")))
        if not as_table:
            print(words.word(found) if output is Output.NAME else rendered(found, output), flush=True)
            continue
        line = _table(found, output, "", with_namespace=with_namespace).split("\n")
        print("\n".join(line if is_first else line[1:]), flush=True)
        is_first = False
