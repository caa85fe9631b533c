"""From Istio's ProxyConfig to how Envoy is started."""

from __future__ import annotations

import pytest

from lateen.agent.workload import ProxySettings
from lateen.local.proxy_settings import proxy_settings


def test_nothing_said_is_the_usual() -> None:
    assert proxy_settings({}) == ProxySettings()


@pytest.mark.rule("MESH-9")
def test_what_is_said_is_taken_in_the_agents_words() -> None:
    said = {
        "concurrency": 0,
        "drainDuration": "7s",
        "terminationDrainDuration": "500ms",
        "runtimeValues": {"b": "2", "a": "1"},
        "proxyStatsMatcher": {"inclusionPrefixes": ["p"], "inclusionSuffixes": ["s"], "inclusionRegexps": ["r"]},
        "statusPort": 1,
    }
    assert proxy_settings(said) == ProxySettings(0, 7.0, 0.5, (("a", "1"), ("b", "2")), ("p",), ("s",), ("r",))
