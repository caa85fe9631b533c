"""Which service a name means to a namespace."""

import pytest

from lateen.check.analyses.subjects import full, service
from lateen.flow import Graph
from tests.given import worlds


def world(*entries: tuple[str, str, str]) -> Graph:
    """Entries by namespace, host and exportTo."""
    head = "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: it, namespace: %s}"
    text = "\n---\n".join(f"{head % place}, spec: {{hosts: ['{host}'], exportTo: ['{shown}']}}}}" for place, host, shown in entries)
    return worlds.world(text)


def meant(g: Graph, host: str, namespace: str) -> tuple[str, str] | None:
    found = service(g, host, namespace)
    return (found.namespace, found.host) if found is not None else None


@pytest.mark.rule("N-6")
def test_the_own_namespace_comes_first() -> None:
    g = world(("a", "x.y", "*"), ("b", "x.y", "*"))
    assert meant(g, "x.y", "b") == ("b", "x.y")
    assert meant(g, "x.y", "c") == ("a", "x.y")


@pytest.mark.rule("N-4")
def test_what_is_not_shown_is_not_meant() -> None:
    g = world(("a", "x.y", "."), ("b", "x.y", "c"))
    assert meant(g, "x.y", "a") == ("a", "x.y")
    assert meant(g, "x.y", "c") == ("b", "x.y")
    assert meant(g, "x.y", "d") is None


@pytest.mark.rule("N-3")
def test_an_exact_host_beats_a_wildcard() -> None:
    g = world(("a", "*.y", "*"), ("b", "x.y", "*"))
    assert meant(g, "x.y", "c") == ("b", "x.y")
    assert meant(g, "z.y", "c") == ("a", "*.y")


@pytest.mark.rule("N-1")
def test_a_short_name_belongs_to_the_namespace_of_the_rule() -> None:
    assert full(world(("a", "x.y", "*")), "reviews", "shop") == "reviews.shop.svc.cluster.local"
