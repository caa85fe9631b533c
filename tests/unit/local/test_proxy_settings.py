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
        "fileFlushInterval": "250ms",
        "fileFlushMinSizeKb": 4,
        "statusPort": 1,
    }
    assert proxy_settings({"settings": said}) == ProxySettings(
        0, 7.0, 0.5, (("a", "1"), ("b", "2")), ("p",), ("s",), ("r",), flush=0.25, flush_size=4
    )


@pytest.mark.rule("AG-8")
def test_ending_when_nobody_is_connected_is_asked_for_in_the_metadata() -> None:
    said = {"terminationDrainDuration": "7s", "proxyMetadata": {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS": "true"}}
    assert proxy_settings({"settings": said}) == ProxySettings(ending=5.0, until_idle=True)
    said["proxyMetadata"] = {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS": "true", "MINIMUM_DRAIN_DURATION": "2s"}
    assert proxy_settings({"settings": said}) == ProxySettings(ending=2.0, until_idle=True)
    said["proxyMetadata"] = {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS": "true", "MINIMUM_DRAIN_DURATION": "soon"}
    assert proxy_settings({"settings": said}) == ProxySettings(ending=5.0, until_idle=True)
    said["proxyMetadata"] = {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS": "false", "MINIMUM_DRAIN_DURATION": "2s"}
    assert proxy_settings({"settings": said}) == ProxySettings(ending=7.0)


@pytest.mark.rule("MESH-9")
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"connectionSettings": {"globalDownstreamConnectionLimit": 5}, "runtimeValues": {"overload.global_downstream_max_connections": "7"}}, 5),
        ({"proxyMetadata": {"ISTIO_META_GLOBAL_DOWNSTREAM_MAX_CONNECTIONS": "6"}, "connectionSettings": {"profile": "EDGE"}}, 6),
        ({"runtimeValues": {"overload.global_downstream_max_connections": "7"}}, 7),
        ({"proxyMetadata": {"ISTIO_META_GLOBAL_DOWNSTREAM_MAX_CONNECTIONS": "many"}}, None),
    ],
)
def test_the_nearest_word_on_how_many_connections_there_may_be_holds(said: dict[str, object], wanted: int | None) -> None:
    assert proxy_settings({"settings": said}) == ProxySettings(connections=wanted)


@pytest.mark.rule("EX-1")
def test_what_is_merged_into_the_bootstrap_is_handed_on() -> None:
    assert proxy_settings({"bootstrap": {"b": 1, "a": 2}}) == ProxySettings(patch='{"a":2,"b":1}')


def test_proxies_may_be_told_of_their_peers() -> None:
    assert proxy_settings({"settings": {"proxyMetadata": {"ISTIO_META_ENABLE_SELF_DISCOVERY": "true"}}}) == ProxySettings(peers=True)
    assert proxy_settings({"settings": {"proxyMetadata": {"ISTIO_META_ENABLE_SELF_DISCOVERY": "false"}}}) == ProxySettings()
