"""Whoever follows what an explanation says would let a call in is let in."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.explain.arrival import arrive
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.step import Decision, Stage, Step
from lateen.ir.view import ProxyKind, View
from tests.given.policies import Manifest, policies
from tests.given.worlds import world

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90, targetPort: 9090}, {name: other, port: 95, targetPort: 9095}]
"""
VIEW = View(ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.1.0.20",))
IDENTITIES = ("", *(f"spiffe://cluster.local/ns/{each}" for each in ("default/sa/friend", "other/sa/friend", "default/sa/api")))
LISTED = re.compile(r'(\S+?) also listed "([^"]*)"')
REMEDY = re.compile(rf"remedy: this rule(?:, the nearest of \d+,)? would let the call in if {LISTED.pattern}(?: and {LISTED.pattern})*")
RULE = re.compile(r"spec\.rules\[(\d+)\]")
PLACE = re.compile(r"(\w+)\[(\d+)\]\.(.+)")


PLAIN = Call("web", 8080, address="10.1.0.20", authority="web:8080", source="10.250.0.9")
TCP = msgspec.structs.replace(PLAIN, protocol=Protocol.TCP)
CALLS = (PLAIN, *(msgspec.structs.replace(of, **more) for of, more in ((PLAIN, {"path": "/public/x"}), (TCP, {"port": 9090}), (TCP, {"port": 9999}))))


def calls() -> Iterator[Call]:
    """Each from everybody."""
    for each in CALLS:
        yield from (msgspec.structs.replace(each, wire=Wire.MESH if identity else Wire.PLAIN, identity=identity) for identity in IDENTITIES)


def explained(objects: Iterable[Manifest], call: Call) -> Decision:
    return arrive(world(WEB, *(msgspec.json.encode(each).decode() for each in objects)), VIEW, call)


def followed(objects: list[Manifest], remedy: Step) -> list[Manifest]:
    """The objects with one more word in each of the lists that the remedy names."""
    out = copy.deepcopy(objects)
    place = RULE.fullmatch(remedy.path)
    assert place is not None and remedy.ref is not None
    rule = next(each for each in out if each["metadata"]["name"] == remedy.ref.name)["spec"]["rules"][int(place[1])]
    for where, value in LISTED.findall(remedy.said.partition(" in if ")[2]):
        parts = PLACE.fullmatch(where)
        assert parts is not None
        *inside, field = parts[3].split(".")
        entry = rule[parts[1]][int(parts[2])]
        for each in inside:
            entry = entry[each]
        entry[field].append(value)
    return out


@pytest.mark.rule("AZ-4")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32))
def test_whoever_lists_what_a_remedy_names_is_let_in(seed: int) -> None:
    objects = policies(seed)
    for call in calls():
        for step in explained(objects, call).steps:
            if step.stage is Stage.RESULT and REMEDY.fullmatch(step.said):
                assert explained(followed(objects, step), call).allowed, (step, call)


def test_some_policies_have_remedies() -> None:
    """Else the law above would be empty."""
    steps = [step for seed in range(30) for call in calls() for step in explained(policies(seed), call).steps]
    assert sum(bool(REMEDY.fullmatch(step.said)) for step in steps) > 50
