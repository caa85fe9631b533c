"""Mistakes of form and of meaning come together, and no mistake is told that only another one brought about."""

from __future__ import annotations

import pytest

from lateen.api.decode import documents
from lateen.check.reading import read


def said(kind: str, spec: str, api: str = "networking.istio.io/v1") -> list[str]:
    text = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: it}}\nspec:\n" + "".join(f"  {line}\n" for line in spec.splitlines())
    [document], _ = documents(text, "f")
    resource, found = read(document.manifest, document.places)
    assert resource is None
    return [f"{each.position.line}:{each.position.column} {each.path}: {each.message}" for each in found]


def test_a_mistake_of_meaning_is_refused() -> None:
    assert said("VirtualService", "hosts: [a]") == ["4:1 spec: there are no routes."]


@pytest.mark.rule("VA-1")
def test_a_field_that_cannot_be_read_hides_no_other() -> None:
    assert said("VirtualService", "hosts: [a]\nhttp:\n- route: [{destination: {host: b}}]\n  timeout: soon\n  retries: {attempts: -1}") == [
        '8:5 spec.http[0].timeout: found "soon", expected a duration such as "1.5s", "100ms" or "1h30m".',
        "9:15 spec.http[0].retries.attempts: found -1, expected 0 (no retries) or more.",
    ]


@pytest.mark.rule("VA-1")
def test_what_stands_below_a_misspelt_field_is_judged_as_well() -> None:
    assert said("VirtualService", 'hosts: [a]\nhtpp:\n- route: [{destination: {host: "*"}, weight: "3"}]') == [
        '6:3 spec.htpp: there is no field "htpp" here.',
        '7:40 spec.htpp[0].route[0].weight: found the text "3", expected a whole number.',
        '7:28 spec.htpp[0].route[0].destination.host: found the host "*", expected the one service to send to.',
    ]


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one() -> None:
    """Without hosts it would be a delegate, which may have no gateways, and whose host of SNI would be none of its own."""
    assert said("VirtualService", "hosts: 5\ngateways: [edge]\ntls: [{match: [{sniHosts: [a.b]}], route: [{destination: {host: c}}]}]") == [
        "5:3 spec.hosts: found the number 5, expected a list."
    ]


def test_a_word_that_cannot_be_understood_is_not_taken_for_the_first_of_its_kind() -> None:
    assert said("AuthorizationPolicy", "action: FOO\nprovider: {name: x}", "security.istio.io/v1") == [
        '5:3 spec.action: found the text "FOO", expected ALLOW, DENY, AUDIT or CUSTOM.'
    ]


def test_a_misspelt_word_is_taken_for_the_nearest() -> None:
    assert said("Gateway", "servers: [{hosts: [a.b], port: {number: 443, name: x, protocol: TLS}, tls: {mode: SIPMLE, serverCertificate: a}}]") == [
        (
            '5:79 spec.servers[0].tls.mode: found the text "SIPMLE", expected PASSTHROUGH, SIMPLE, MUTUAL, AUTO_PASSTHROUGH, ISTIO_MUTUAL or '
            "OPTIONAL_MUTUAL."
        ),
        "5:73 spec.servers[0].tls: mode SIMPLE needs privateKey.",
    ]


def test_of_fields_that_exclude_each_other_none_is_taken_for_granted() -> None:
    spec = 'hosts: [a]\nhttp: [{match: [{uri: {exact: a, regex: "("}, method: {prefix: ""}}], route: [{}]}]'
    assert said("VirtualService", spec) == [
        '6:20 spec.http[0].match[0].uri: "exact" and "regex" are given, expected only one of them.',
        '6:81 spec.http[0].route[0]: the field "destination" is missing.',
        "6:58 spec.http[0].match[0].method.prefix: the prefix is empty, which Envoy refuses.",
    ]


def test_a_spec_beside_which_its_fields_stand_is_judged_with_them() -> None:
    text = "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, hosts: [a], spec: {tcp: [{route: []}]}}"
    [document], _ = documents(text)
    assert [f"{each.path}: {each.message}" for each in read(document.manifest)[1]] == [
        'hosts: there is no field "hosts" here.',
        "spec.tcp[0]: the tcp rule has no route.",
    ]


def test_mistakes_of_names_are_told_with_those_of_labels_and_of_the_spec() -> None:
    text = "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: A_, labels: 5}, spec: {servers: [{hosts: []}]}}"
    [document], _ = documents(text)
    assert [each.path for each in read(document.manifest)[1]] == ["metadata.labels", "spec.servers[0]", "metadata.name", "spec.servers[0].hosts"]


def test_a_kind_that_nobody_knows_has_one_mistake() -> None:
    [document], _ = documents("{apiVersion: networking.istio.io/v1, kind: VirtualServce, metadata: {name: a}, spec: {hosts: 5}}")
    assert [each.path for each in read(document.manifest)[1]] == ["kind"]


def test_what_is_of_no_use_to_a_mesh_is_no_object_and_no_mistake() -> None:
    [document], _ = documents("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}")
    resource, [finding] = read(document.manifest)
    assert (resource, finding.severity) == (None, "info")
