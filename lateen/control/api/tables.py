"""Lists as `Table`, which kubectl and `lateen get` print. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lateen.control.api.columns import age, columns
from lateen.control.manifests import Manifest


def is_wanted(accept: str) -> bool:
    """Whether a client prefers a table: its first choice says so."""
    return "as=Table" in accept.partition(",")[0]


def table(kind: str, items: Iterable[Manifest], revision: str, now: datetime, include: str = "Metadata") -> dict[str, Any]:
    """The table of some manifests of one kind. `include` is what each row carries of its object: `None`, `Metadata` or `Object`."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": revision},
        "columnDefinitions": definitions(kind),
        "rows": [row(kind, item, now, include) for item in items],
    }


def definitions(kind: str) -> list[dict[str, Any]]:
    """The heads of the columns."""
    own = [_definition(each.name, "string", each.description, 1 if each.wide else 0) for each in columns(kind)]
    first = _definition("Name", "string", "The name of the object.", 0) | {"format": "name"}
    return [first, *own, _definition("Age", "string", "How long ago it was made.", 0)]


def row(kind: str, item: Manifest, now: datetime, include: str = "Metadata") -> dict[str, Any]:
    """One row."""
    metadata = item.get("metadata") or {}
    cells = [metadata.get("name", ""), *(each.cell(item) for each in columns(kind)), age(str(metadata.get("creationTimestamp") or ""), now)]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    carried = {"None": None, "Object": item}.get(include, partial)
    return {"cells": cells} if carried is None else {"cells": cells, "object": carried}


def _definition(name: str, type_: str, description: str, priority: int) -> dict[str, Any]:
    return {"name": name, "type": type_, "format": "", "description": description, "priority": priority}
