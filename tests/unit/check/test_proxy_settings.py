"""Settings of proxies: what no proxy could take, and what changes nothing."""

from __future__ import annotations

import pytest

from lateen.api.mesh_config import decode_proxy_config
from lateen.check.proxy_settings import annotation_fault, proxy_settings
from lateen.values.ref import Ref


def said(text: str) -> list[str]:
    of, _ = decode_proxy_config(text, Ref("ProxyConfig", "", ""))
    return [f"{remark.severity.value} {'.'.join(map(str, remark.path))}: {remark.message}" for remark in proxy_settings(of, ())]


@pytest.mark.rule("MESH-9")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("connectionSettings: {profile: EDGE, httpMaxConcurrentStreams: 200}", []),
        (
            "connectionSettings: {httpMaxConcurrentStreams: 0}",
            ["error connectionSettings.httpMaxConcurrentStreams: found 0, expected 1 to 2147483647."],
        ),
        ("connectionSettings: {httpIdleTimeout: 1us}", ["error connectionSettings.httpIdleTimeout: found 1us, expected at least 1ms."]),
        ("statNameLength: 189\nproxyAdminPort: 15000\ndiscoveryAddress: istiod.istio-system.svc:15012", []),
        (
            "interceptionMode: TPROXY",
            ["warning interceptionMode: interceptionMode has no effect in Lateen: the agent chooses how traffic is captured."],
        ),
        ("statNameLength: 100", ["warning statNameLength: statNameLength has no effect in Lateen: names of statistics are never cut."]),
    ],
)
def test_settings_have_their_bounds(text: str, wanted: list[str]) -> None:
    assert said(text) == wanted


def test_an_annotation_is_told_its_first_mistake() -> None:
    assert annotation_fault("concurrency: 2") == ""
    assert annotation_fault("concurrency: many") == 'a ProxyConfig; concurrency: found the text "many", expected a whole number'
