"""The status of Ingresses."""

from __future__ import annotations

import pytest

from lateen.api.core.service import LoadBalancerIngress
from lateen.control.ingress_statuses import status

pytestmark = pytest.mark.rule("GW-11")


def test_addresses_are_told_beside_what_others_tell():
    found = status({"status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}, "other": 1}}, (LoadBalancerIngress(hostname="a.example"),))
    assert found == {"other": 1, "loadBalancer": {"ingress": [{"hostname": "a.example"}]}}


def test_without_addresses_nothing_is_told():
    assert status({"status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}}}, ()) is None
