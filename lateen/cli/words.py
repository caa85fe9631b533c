"""From what users type to what the API is asked: kinds by any of their names, objects, and the URLs of both."""

from __future__ import annotations

from typing import Any, NamedTuple

from lateen.api import kinds, schema
from lateen.api.kinds import Kind
from lateen.cli.trouble import MISUSED, Trouble


class Wanted(NamedTuple):
    """A kind, and the name of one object of it ("" for all)."""

    kind: Kind
    name: str = ""


def kind(word: str) -> Kind:
    """The kind that a word means. Raises `Trouble` (2)."""
    found = kinds.named(word)
    if found is None:
        near = schema.closest(word, kinds.words())
        raise Trouble(f'There is no kind "{word}".{f" Did you mean {near}?" if near else ""}', MISUSED)
    return found


def wanted(arguments: list[str]) -> list[Wanted]:
    """`vs`, `vs reviews ratings`, `vs,dr`, `vs/reviews dr/reviews`, `all`: what they mean. Raises `Trouble` (2)."""
    if not arguments:
        raise Trouble("Name a kind, such as vs, or an object, such as vs/reviews.", MISUSED)
    if any("/" in argument for argument in arguments):
        if not all(argument.count("/") == 1 for argument in arguments):
            raise Trouble("Write every object as KIND/NAME, or one kind and then names.", MISUSED)
        return [Wanted(kind(word), name) for word, _, name in (argument.partition("/") for argument in arguments)]
    first, *names = arguments
    chosen = _all() if first == "all" else [kind(word) for word in first.split(",") if word]
    if names and len(chosen) != 1:
        raise Trouble("Names can be given for one kind only; write several objects as KIND/NAME.", MISUSED)
    return [Wanted(each, name) for each in chosen for name in (names or [""])]


def _all() -> list[Kind]:
    return [each for each in kinds.KINDS.values() if each.group not in (kinds.CORE, kinds.DISCOVERY) or each.key == "Service"]


def url(of: Kind, namespace: str = "", name: str = "") -> str:
    """The URL of an object, or of all in a namespace, or of all; namespace "" for all namespaces."""
    base = f"/apis/{of.api_version}" if of.group else f"/api/{of.api_version}"
    scope = f"/namespaces/{namespace}" if of.namespaced and namespace else ""
    return f"{base}{scope}/{of.plural}{f'/{name}' if name else ''}"


def ref_text(of: Kind, namespace: str, name: str) -> str:
    """How the API is told of one object."""
    return f"{of.key}/{namespace}/{name}" if of.namespaced else f"{of.key}/{name}"


def word(manifest: dict[str, Any]) -> str:
    """`virtualservice.networking.istio.io/reviews`, as `-o name` prints an object."""
    group, _ = kinds.split_api_version(str(manifest.get("apiVersion", "")))
    name = str((manifest.get("metadata") or {}).get("name", ""))
    return f"{str(manifest.get('kind', '')).lower()}{f'.{group}' if group else ''}/{name}"
