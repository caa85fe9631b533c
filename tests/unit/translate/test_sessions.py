"""Sessions that persist, as labels of services say."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.routes import Session
from lateen.ir.view import PUBLIC
from lateen.translate.sessions import session
from lateen.translate.targets import Target
from tests.given import worlds

HOST = "a.default.svc.cluster.local"


def world(labels: str) -> Graph:
    return worlds.world(f"""
apiVersion: v1
kind: Service
metadata: {{name: a, namespace: default, labels: {labels}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]}}
""")


@pytest.mark.rule("LB-2")
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("{}", None),
        ("{istio.io/persistent-session: at}", Session(cookie="at", path="/")),
        ('{istio.io/persistent-session: "at:/cart"}', Session(cookie="at", path="/cart")),
        ("{istio.io/persistent-session-header: x-at}", Session(header="x-at")),
        ("{istio.io/persistent-session: at, istio.io/persistent-session-header: x-at}", Session(cookie="at", path="/")),
    ],
)
def test_a_label_of_the_service_says_how_its_clients_come_back(labels: str, expected: Session | None) -> None:
    assert session(world(labels), PUBLIC, Target(HOST, 80)) == expected


def test_nobody_comes_back_to_what_is_no_service() -> None:
    assert session(Graph(), PUBLIC, Target(HOST, 80)) is None
