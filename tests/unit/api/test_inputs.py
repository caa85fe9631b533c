"""Objects in the graph: the lists and indexes follow every write."""

from __future__ import annotations

import pytest

from lateen.api import decode, inputs
from lateen.flow import Graph
from lateen.values.ref import Ref
from tests.given.worlds import write


def rule(name: str, host: str, year: int = 2020, namespace: str = "shop") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{host: {host}}}
"""


def delete(g: Graph, *refs: Ref) -> None:
    with g.batch() as batch:
        inputs.write(g, batch, [(each, None) for each in refs])


def ref(name: str, namespace: str = "shop") -> Ref:
    return Ref("DestinationRule", namespace, name)


def test_what_is_written_is_listed_and_found_by_its_keys():
    g = Graph()
    write(g, rule("b", "web"), rule("a", "web"))

    assert inputs.namespaces(g, "DestinationRule") == ("shop",)
    assert inputs.names(g, "DestinationRule", "shop") == ("a", "b")
    assert inputs.indexed(g, "rule host", "DestinationRule web.shop.svc.cluster.local") == (ref("a"), ref("b"))


def test_an_object_that_speaks_of_another_host_leaves_the_old_key():
    g = Graph()
    write(g, rule("a", "web"))
    write(g, rule("a", "api"))

    assert inputs.indexed(g, "rule host", "DestinationRule web.shop.svc.cluster.local") == ()
    assert inputs.indexed(g, "rule host", "DestinationRule api.shop.svc.cluster.local") == (ref("a"),)


def test_the_last_object_of_a_namespace_takes_the_namespace_along():
    g = Graph()
    write(g, rule("a", "web"), rule("a", "web", namespace="infra"))
    delete(g, ref("a"))

    assert inputs.resource(g, ref("a")) is None
    assert inputs.names(g, "DestinationRule", "shop") == ()
    assert inputs.namespaces(g, "DestinationRule") == ("infra",)
    assert inputs.indexed(g, "rule host", "DestinationRule web.shop.svc.cluster.local") == ()


def test_writing_and_deleting_in_one_batch_leaves_the_last_word():
    g = Graph()
    found, _ = decode.resources(rule("a", "web"))
    with g.batch() as batch:
        inputs.write(g, batch, [(found[0].ref, found[0]), (found[0].ref, None)])

    assert inputs.names(g, "DestinationRule", "shop") == ()


@pytest.mark.rule("N-5")
def test_objects_are_in_the_order_in_which_they_win():
    g = Graph()
    write(g, rule("young", "web", 2022), rule("b", "web", 2020), rule("a", "web", 2020))

    assert [each.ref.name for each in inputs.resources(g, "DestinationRule", "shop")] == ["a", "b", "young"]


def test_everything_is_every_object_of_the_kinds():
    g = Graph()
    write(g, rule("a", "web"), rule("b", "web", namespace="infra"))

    assert {each.ref for each in inputs.everything(g, ["DestinationRule", "VirtualService"])} == {ref("a"), ref("b", "infra")}
