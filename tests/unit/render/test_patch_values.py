"""Values of patches, and what is said of those that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua
from google.protobuf.any_pb2 import Any as Envelope

from lateen.ir.patch import Operation, Patch, Target
from lateen.render.patch_values import Unreadable, descriptor, faults, unpacked, value
from lateen.values.ref import Ref

LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3"


def patch(target: Target, text: str) -> Patch:
    return Patch(target, Operation.MERGE, Ref("EnvoyFilter", "default", "it"), 0, value=text)


def told(target: str, plain: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(str(part) for part in path)}: {message} {hint}".strip() for path, message, hint, _ in faults(target, plain)]


@pytest.mark.rule("EX-1")
def test_a_value_is_the_message_that_its_target_takes() -> None:
    read: Any = value(patch(Target.HTTP_FILTER, f'{{"name": "x", "typed_config": {{"@type": "{LUA}.Lua", "inlineCode": "--"}}}}'))
    assert read.name == "x"
    inside = unpacked(read.typed_config)
    assert isinstance(inside, Lua)
    assert inside.inline_code == "--"


def test_what_the_message_does_not_know_is_left_out_and_what_is_none_is_said() -> None:
    cluster: Any = value(patch(Target.CLUSTER, '{"name": "x", "novelty": 1}'))
    assert cluster.name == "x"
    with pytest.raises(Unreadable):
        value(patch(Target.CLUSTER, '{"connect_timeout": "soon"}'))


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ({"type": "STATI"}, 'type: found "STATI", expected one of STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST.'),
        ({"connect_timeout": "soon"}, 'connect_timeout: found "soon", expected a duration in seconds, such as "1.5s".'),
        ({"circuit_breakers": {"thresholds": {}}}, "circuit_breakers.thresholds: found {}, expected a list."),
        ({"circuit_breakers": []}, "circuit_breakers: found [], expected an object, a CircuitBreakers."),
        (
            {"circuit_breakers": {"thresholds": [{"max_requests": "many"}]}},
            'circuit_breakers.thresholds.0.max_requests: found "many", expected a whole number that is not negative.',
        ),
        ({"name": 1}, "name: found 1, expected text."),
        ({"respect_dns_ttl": "yes"}, 'respect_dns_ttl: found "yes", expected true or false.'),
        (
            {"connectTimeou": "1s"},
            'connectTimeou: envoy.config.cluster.v3.Cluster has no such field; it is not heeded. Did you mean "connect_timeout"?',
        ),
        ({"typed_extension_protocol_options": 1}, "typed_extension_protocol_options: found 1, expected an object."),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(plain: dict[str, Any], sentence: str) -> None:
    assert told("CLUSTER", plain) == [sentence]


@pytest.mark.rule("EX-1")
def test_mistakes_in_an_envelope_are_told_by_the_type_that_it_names() -> None:
    assert told("HTTP_FILTER", {"typed_config": {"@type": f"{LUA}.Lua", "inlineCode": 1}}) == ["typed_config.inlineCode: found 1, expected text."]
    assert told("HTTP_FILTER", {"typed_config": {"@type": f"{LUA}.Luas"}}) == [
        f'typed_config.@type: found "{LUA}.Luas", which is no message of Envoy that is known here. That package has Lua, LuaPerRoute.'
    ]
    assert told("HTTP_FILTER", {"typed_config": {"inlineCode": ""}}) == [
        'typed_config: found {"inlineCode":""}, expected an object with "@type". Write "@type": type.googleapis.com/ and the name of a message.'
    ]


def test_a_field_that_is_not_known_is_only_warned_of() -> None:
    assert [each.fatal for each in faults("CLUSTER", {"novelty": 1})] == [False]
    assert [each.fatal for each in faults("CLUSTER", {"name": 1})] == [True]


def test_right_values_and_targets_without_a_message_are_not_spoken_of() -> None:
    assert faults("CLUSTER", {"name": "x", "connectTimeout": "1.5s", "upstream_bind_config": None}) == []
    assert faults("INVALID", {"anything": 1}) == []


def test_no_module_is_loaded_but_those_of_messages() -> None:
    assert descriptor("os.path.Anything") is None
    assert descriptor("type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua") is not None
    assert unpacked(Envelope(type_url="os.path.Anything")) is None
    assert unpacked(Envelope(type_url=f"{LUA}.Lua", value=b"\xff\xff")) is None
