"""Names in statistics."""

from __future__ import annotations

import pytest

from lateen.registry.service import Resolution, Service, ServicePort
from lateen.translate.statistics_names import statistics_name
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

PORT = ServicePort(80, "http", Protocol.HTTP, 8080)
REVIEWS = Service("reviews.prod.svc.cluster.local", "prod", "reviews", (PORT,), Resolution.ENDPOINTS, Ref("Service", "prod", "reviews"))


@pytest.mark.rule("N-8")
@pytest.mark.parametrize(
    ("pattern", "subset", "name"),
    [
        ("", "v1", ""),
        ("%SERVICE%_%SERVICE_PORT%", "", "reviews.prod_80"),
        ("%SERVICE_FQDN%:%SERVICE_PORT_NAME%", "", "reviews.prod.svc.cluster.local:http"),
        ("%SERVICE_NAME%.%SUBSET_NAME%_%TARGET_PORT%", "v1", "reviews.v1_8080"),
    ],
)
def test_a_pattern_is_filled_in(pattern: str, subset: str, name: str) -> None:
    assert statistics_name(pattern, REVIEWS, PORT, subset, "cluster.local") == name
