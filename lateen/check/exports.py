"""`exportTo`: to whom an object is shown (N-4)."""

from __future__ import annotations

from lateen.check.hosts import is_label
from lateen.check.remark import Remarks, wrong

PUBLIC, PRIVATE, NOBODY = "*", ".", "~"
PATH = ("spec", "exportTo")


def exports(written: tuple[str, ...], namespace: str) -> Remarks:
    """Namespaces, each once; `*` stands alone."""
    yield from _namespaces(written, namespace, frozenset({PUBLIC, PRIVATE}))


def exports_or_nobody(written: tuple[str, ...], namespace: str) -> Remarks:
    """Of services, which may also be shown to nobody: `~`, which stands alone as well."""
    yield from _namespaces(written, namespace, frozenset({PUBLIC, PRIVATE, NOBODY}))


def _namespaces(written: tuple[str, ...], namespace: str, words: frozenset[str]) -> Remarks:
    seen: dict[str, str] = {}
    for index, word in enumerate(written):
        meant = namespace if word == PRIVATE else word
        if meant in seen:
            same = "is given twice" if seen[meant] == word else f'means the same as "{seen[meant]}", as this is namespace {namespace}'
            yield wrong((*PATH, index), f'the namespace "{word}" {same}.', "Keep one of them.")
        elif word not in words and not is_label(word):
            yield wrong((*PATH, index), f'found "{word}", expected the name of a namespace, {_listed(words)}.')
        seen.setdefault(meant, word)
    for alone in (PUBLIC, NOBODY):
        if alone in seen and len(written) > 1:
            meaning = "everybody" if alone == PUBLIC else "nobody"
            yield wrong(PATH, f'"{alone}" means {meaning}, so nothing else may be given beside it.', "Leave the others out.")


def _listed(words: frozenset[str]) -> str:
    *rest, last = (f'"{word}"' for word in (PRIVATE, PUBLIC, NOBODY) if word in words)
    return f"{', '.join(rest)} or {last}"
