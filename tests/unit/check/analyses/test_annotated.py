"""Annotations of Istio's."""

from __future__ import annotations

import pytest

from lateen.api import inputs
from lateen.api.resource import Resource
from lateen.check.analyses.annotated import ANNOTATIONS, unfit
from lateen.flow import Graph
from lateen.values.ref import Ref


def said(kind: str, name: str, value: str) -> list[str]:
    g, ref = Graph(), Ref(kind, "default", "it")
    with g.batch() as batch:
        batch.set(inputs.resource.key(ref), Resource(ref, None, annotations={name: value}))
    return [f"{found.code} {found.path}: {found.message} {found.hint}".strip() for found in unfit(g, ref)]


@pytest.mark.parametrize(
    ("kind", "name", "value", "wanted"),
    [
        pytest.param("Pod", "example.com/anything", "x", [], id="of others"),
        pytest.param("Secret", "galley.istio.io/analyze-suppress", "*", [], id="for every kind"),
        pytest.param("Pod", "proxy.istio.io/config", "{}", [], id="where it belongs"),
        pytest.param("Pod", "proxy.istio.io/config", "concurrency: many", ["IST0125"], id="no settings"),
        pytest.param("Pod", "proxy.istio.io/config", "connectionSettings: {httpMaxConcurrentStreams: 0}", ["IST0125"], id="settings out of range"),
        pytest.param("Pod", "sidecar.istio.io/proxyCPU", "100m", ["IST0136"], id="young"),
        pytest.param("Pod", "sidecar.istio.io/inject", "true", ["IST0135"], id="deprecated"),
        pytest.param("Service", "networking.istio.io/exportTo", "., shop", ["IST0136"], id="namespaces"),
        pytest.param("Service", "networking.istio.io/exportTo", "no/such", ["IST0125"], id="no namespaces"),
        pytest.param("Service", "networking.istio.io/traffic-distribution", "PreferNobody", ["IST0125"], id="no wish to be called near"),
        pytest.param("Pod", "traffic.sidecar.istio.io/excludeInboundPorts", "80, x", ["IST0125"], id="no ports"),
        pytest.param("Pod", "traffic.sidecar.istio.io/includeOutboundIPRanges", "*", ["IST0136"], id="all ranges"),
        pytest.param("Pod", "traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/99", ["IST0125"], id="no range"),
        pytest.param("Pod", "sidecar.istio.io/interceptionMode", "tproxy", ["IST0125"], id="no mode"),
        pytest.param("Pod", "sidecar.istio.io/statsFlushInterval", "soon", ["IST0125"], id="no duration"),
        pytest.param("Pod", "status.sidecar.istio.io/port", "70000", ["IST0125"], id="no port"),
        pytest.param("Pod", "sidecar.istio.io/proxyMemory", "much", ["IST0125"], id="no quantity"),
        pytest.param("Service", "sidecar.istio.io/proxyImage", "x", ["IST0107"], id="misplaced"),
        pytest.param("Pod", "sidecar.istio.io/proxyImge", "x", ["IST0108"], id="unknown"),
    ],
)
def test_each_annotation_has_its_kinds_and_values(kind: str, name: str, value: str, wanted: list[str]) -> None:
    assert [line.partition(" ")[0] for line in said(kind, name, value)] == wanted


def test_sentences_say_where_what_and_what_to_do() -> None:
    assert said("Pod", "sidecar.istio.io/proxyImge", "x") == [
        (
            'IST0108 metadata.annotations["sidecar.istio.io/proxyImge"]: there is no annotation "sidecar.istio.io/proxyImge". '
            'Did you mean "sidecar.istio.io/proxyImage"?'
        )
    ]
    assert said("Gateway", "networking.istio.io/exportTo", ".") == [
        (
            'IST0107 metadata.annotations["networking.istio.io/exportTo"]: networking.istio.io/exportTo has no effect on a Gateway, only on '
            "a Service. Move it."
        )
    ]


def test_every_annotation_of_the_table_is_one_of_istios() -> None:
    assert all(name.partition("/")[0].endswith("istio.io") for name in ANNOTATIONS)
