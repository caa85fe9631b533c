"""Gateways as VirtualServices name them."""

from __future__ import annotations

import pytest

from lateen.api.gateway_names import gateway_names

pytestmark = pytest.mark.rule("N-2")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("edge", "shop/edge"),
        ("./edge", "shop/edge"),
        ("infra/edge", "infra/edge"),
        ("edge.infra.svc.cluster.local", "infra/edge"),
        ("mesh", "mesh"),
    ],
)
def test_a_gateway_is_of_the_rules_namespace_unless_it_says_another(written: str, meant: str):
    assert gateway_names((written,), "shop", "cluster.local") == (meant,)


def test_without_gateways_a_rule_is_for_all_sidecars():
    assert gateway_names((), "shop", "cluster.local") == ("mesh",)
