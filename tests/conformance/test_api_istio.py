"""Every field of Istio's custom resource definitions (those of 1.24, as published in `cloudcoil.models.istio`) is a field of ours."""

import importlib
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from msgspec import inspect

from lateen.api.kinds import KINDS
from lateen.values.duration import Duration

NEWER = {
    "VirtualService": {"http[].retries.retryIgnorePreviousHosts", "http[].retries.backoff", "http[].redirect.prefixRewrite"},
    "DestinationRule": {
        f"{policy}{field}"
        for policy in ("trafficPolicy.", "subsets[].trafficPolicy.")
        for field in (
            *(
                f"{level}{setting}"
                for level in ("", "portLevelSettings[].")
                for setting in (
                    "loadBalancer.consistentHash.httpCookie.attributes",
                    "loadBalancer.zoneAwareLbSetting",
                    "connectionPool.http.http2KeepAlive",
                    "outlierDetection.outlierDetectionHttpErrorCodes",
                )
            ),
            "retryBudget",
        )
    },
    "Gateway": {f"servers[].tls.{field}" for field in ("credentialNames", "caCertCredentialName", "tlsCertificates", "insecureSkipVerify")},
    "Sidecar": {
        *(f"ingress[].tls.{field}" for field in ("credentialNames", "caCertCredentialName", "tlsCertificates", "insecureSkipVerify")),
        "ingress[].connectionPool.http.http2KeepAlive",
        "inboundConnectionPool.http.http2KeepAlive",
    },
    "WorkloadGroup": {"probe.grpc"},
    "EnvoyFilter": {
        "configPatches[].match.waypoint",
        "configPatches[].match.routeConfiguration.vhost.domainName",
    },
    "AuthorizationPolicy": {
        f"rules[].from[].source.{field}" for field in ("serviceAccounts", "notServiceAccounts", "trustDomains", "notTrustDomains")
    },
    "RequestAuthentication": {"jwtRules[].spaceDelimitedClaims"},
    "Telemetry": {"tracing[].customTags{}.formatter", "tracing[].enableIstioTags", "tracing[].disableContextPropagation"},
}
"""What ours has beyond it: fields that came to Istio after 1.24."""

PUBLISHED = {
    "networking.v1": ["VirtualService", "DestinationRule", "Gateway", "ServiceEntry", "Sidecar", "WorkloadEntry", "WorkloadGroup"],
    "networking.v1alpha3": ["EnvoyFilter"],
    "networking.v1beta1": ["ProxyConfig"],
    "security.v1": ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"],
    "telemetry.v1": ["Telemetry"],
    "extensions.v1alpha1": ["WasmPlugin"],
}
KINDS_PUBLISHED = [(module, kind) for module, kinds in PUBLISHED.items() for kind in kinds]

Fields = dict[str, str]


def published(annotation: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each path below an annotation of pydantic's, with its sort."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from published(arguments[0], path)
    elif origin in (Union, types.UnionType):
        for member in arguments:
            if member is not types.NoneType:
                yield from published(member, path)
    elif origin is list:
        yield from published(arguments[0], f"{path}[]")
    elif origin is dict:
        yield from published(arguments[1], f"{path}{{}}")
    elif origin is Literal:
        yield path, "one of " + " ".join(arguments)
    elif not hasattr(annotation, "model_fields"):
        yield path, {"bytes": "str"}.get(annotation.__name__, annotation.__name__) if isinstance(annotation, type) else "Any"
    elif "root" in annotation.model_fields:
        yield from published(annotation.model_fields["root"].annotation, path)
    else:
        yield path, "message"
        for name, field in annotation.model_fields.items():
            yield from published(field.annotation, f"{path}.{field.alias or name}".lstrip("."))


def ours(type_: inspect.Type, path: str) -> Iterator[tuple[str, str]]:
    """Each path below a type of ours, with its sort in the same words."""
    match type_:
        case inspect.UnionType():
            for member in type_.types:
                if not isinstance(member, inspect.NoneType):
                    yield from ours(member, path)
        case inspect.VarTupleType():
            yield from ours(type_.item_type, f"{path}[]")
        case inspect.DictType():
            yield from ours(type_.value_type, f"{path}{{}}")
        case inspect.EnumType():
            yield path, "one of " + " ".join(member.value for member in type_.cls)
        case inspect.StructType():
            yield path, "message"
            for field in type_.fields:
                yield from ours(field.type, f"{path}.{field.encode_name}".lstrip("."))
        case _:
            yield path, sort(type_)


def sort(type_: inspect.Type) -> str:
    if isinstance(type_, inspect.CustomType):
        assert type_.cls is Duration
        return "str"
    return {inspect.StrType: "str", inspect.IntType: "int", inspect.FloatType: "float", inspect.BoolType: "bool"}.get(type(type_), "Any")


def published_fields(module: str, kind: str) -> Fields:
    model = getattr(importlib.import_module(f"cloudcoil.models.istio.{module}"), kind)
    return dict(published(model.model_fields["spec"].annotation, ""))


def our_fields(kind: str) -> Fields:
    return dict(ours(inspect.type_info(KINDS[kind].spec), ""))


@pytest.mark.parametrize(("module", "kind"), KINDS_PUBLISHED)
def test_every_field_that_istio_published_is_ours_too(module: str, kind: str) -> None:
    assert sorted(published_fields(module, kind).keys() - our_fields(kind).keys()) == []


@pytest.mark.parametrize(("module", "kind"), KINDS_PUBLISHED)
def test_what_ours_has_beyond_it_is_in_the_table(module: str, kind: str) -> None:
    newer = NEWER.get(kind, set())
    beyond = our_fields(kind).keys() - published_fields(module, kind).keys()
    assert sorted(path for path in beyond if not path.startswith(tuple(newer) or ("\0",))) == []
    assert sorted(prefix for prefix in newer if not any(path.startswith(prefix) for path in beyond)) == []


@pytest.mark.parametrize(("module", "kind"), KINDS_PUBLISHED)
def test_fields_have_the_sort_that_istio_published(module: str, kind: str) -> None:
    mine = our_fields(kind)
    differing = {
        path: (theirs, mine[path])
        for path, theirs in published_fields(module, kind).items()
        if theirs not in (mine[path], "NoneType") and not theirs.startswith("one of") and path in mine
    }
    assert differing == {}


@pytest.mark.parametrize(("module", "kind"), KINDS_PUBLISHED)
def test_every_word_of_an_enumeration_is_ours_too(module: str, kind: str) -> None:
    mine = our_fields(kind)
    missing = {
        path: sorted(set(theirs.removeprefix("one of ").split()) - set(mine[path].removeprefix("one of ").split()))
        for path, theirs in published_fields(module, kind).items()
        if theirs.startswith("one of")
    }
    assert {path: words for path, words in missing.items() if words} == {}


def structs_of(type_: inspect.Type) -> Iterator[inspect.StructType]:
    match type_:
        case inspect.UnionType():
            for member in type_.types:
                yield from structs_of(member)
        case inspect.VarTupleType():
            yield from structs_of(type_.item_type)
        case inspect.DictType():
            yield from structs_of(type_.value_type)
        case inspect.StructType():
            yield type_
            for field in type_.fields:
                yield from structs_of(field.type)


def test_a_field_is_named_as_istio_names_it_in_snake_case() -> None:
    """msgspec's camel case writes `5Xx`; such a name needs its own."""
    named = {
        (struct.cls.__name__, field.encode_name)
        for kind in KINDS.values()
        for struct in structs_of(inspect.type_info(kind.spec))
        for field in struct.fields
    }
    assert ("OutlierDetection", "consecutive5xxErrors") in named
    digits = sorted(name for _, name in named if any(character.isdigit() for character in name))
    assert digits == [
        "consecutive5xxErrors",
        "h2UpgradePolicy",
        "http1MaxPendingRequests",
        "http2Error",
        "http2KeepAlive",
        "http2MaxRequests",
        "sha256",
        "sha256",
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_structs_are_frozen_and_istios_refuse_unknown_fields(kind: Any) -> None:
    for struct in structs_of(inspect.type_info(kind.spec)):
        assert struct.cls.__struct_config__.frozen
        if kind.group.endswith(".istio.io"):
            assert issubclass(struct.cls, msgspec.Struct)
            assert struct.forbid_unknown_fields, struct.cls
