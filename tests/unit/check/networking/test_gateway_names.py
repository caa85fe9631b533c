"""What is said of networking gateway names: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [a.b]\ngateways: ['']\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.gateways[0]: the name of the gateway is empty. Write "mesh" for the sidecars.'],
            id="an empty name",
            marks=pytest.mark.rule("N-2"),
        ),
        pytest.param(
            "hosts: [a.b]\ngateways: [a/b/c]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.gateways[0]: found the gateway "a/b/c", expected namespace/name.'],
            id="two slashes",
            marks=pytest.mark.rule("N-2"),
        ),
        pytest.param(
            "hosts: [a.b]\ngateways: [/c]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.gateways[0]: found the gateway "/c", expected namespace/name.'],
            id="no namespace",
            marks=pytest.mark.rule("N-2"),
        ),
        pytest.param(
            "hosts: [a.b]\ngateways: [a_b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.gateways[0]: found the gateway "a_b", expected a name or namespace/name.'],
            id="other characters",
            marks=pytest.mark.rule("N-2"),
        ),
        pytest.param(
            "hosts: [a.b]\ngateways: [edge.shop.svc.cluster.local]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                ('warning IST0002 spec.gateways[0]: found the gateway "edge.shop.svc.cluster.local" in an old form. Write "shop/edge".'),
            ],
            id="the old form",
            marks=pytest.mark.rule("N-2"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [a.b]\ngateways: [mesh, edge, shop/edge, ./edge]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="mesh, short, qualified and own",
            marks=pytest.mark.rule("N-2"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
