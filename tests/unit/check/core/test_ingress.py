"""What is said of an Ingress: each mistake with its sentence, and what is not one."""

from __future__ import annotations

import pytest

from lateen.check import check_text

pytestmark = pytest.mark.rule("GW-11")

TO = "backend: {service: {name: web, port: {number: 80}}}"


def said(spec: str) -> list[str]:
    text = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: it, namespace: default}}\nspec: {{{spec}}}\n"
    return [" ".join(filter(None, (found.severity, f"{found.path}:", found.message, found.hint))) for found in check_text(text)]


def path(text: str, kind: str = "Prefix", to: str = TO) -> str:
    return f"rules: [{{host: a.example, http: {{paths: [{{path: '{text}', pathType: {kind}, {to}}}]}}}}]"


@pytest.mark.parametrize(
    "spec",
    [
        "defaultBackend: {service: {name: web, port: {name: http}}}",
        path("/"),
        path("/a/b", "Exact"),
        path("/a.*", "ImplementationSpecific"),
        path("", "ImplementationSpecific"),
        f"tls: [{{hosts: ['*.example', a.example], secretName: keys}}], {path('/')}",
    ],
)
def test_what_kubernetes_takes_is_taken(spec: str) -> None:
    assert said(spec) == []


AT = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("rules: []", "error spec: there are neither rules nor a defaultBackend, expected at least one of them."),
        (
            f"tls: [{{hosts: ['foo.*']}}], {path('/')}",
            'error spec.tls[0].hosts[0]: found the host "foo.*", expected "*" only as its first label.',
        ),
        (
            "rules: [{host: '*foo.example'}]",
            'error spec.rules[0].host: found the host "*foo.example", expected "*" only as its whole first label.',
        ),
        (
            "rules: [{host: 10.0.0.1}]",
            'error spec.rules[0].host: found the host "10.0.0.1", expected a DNS name; its last label "1" is a number.',
        ),
        (path("/", "Regex"), f'error {AT}.pathType: found the path type "Regex", expected Exact, Prefix or ImplementationSpecific.'),
        (path("a"), f'error {AT}.path: found the path "a", expected one that begins with "/".'),
        (path(""), f'error {AT}.path: found the path "", expected one that begins with "/".'),
        (path("/a//b"), f'error {AT}.path: found the path "/a//b", expected none with "//", which can be read in two ways.'),
        (path("/a/..", "Exact"), f'error {AT}.path: found the path "/a/..", expected none with "/..", which can be read in two ways.'),
        (
            path("/a?b"),
            f'warning {AT}.path: no request has the path "/a?b", for a path ends where "?" or "#" begins. Name what is in front of it.',
        ),
        (path("/", to="backend: {}"), f"error {AT}.backend: expected a service, or else a resource."),
        (
            path("/", to="backend: {resource: {kind: Bucket, name: b}}"),
            f"warning {AT}.backend.resource: a resource is nowhere to send requests to, so this backend is passed over. Name a service.",
        ),
        (
            path("/", to="backend: {service: {name: web.other, port: {number: 80}}}"),
            f'error {AT}.backend.service.name: found the service "web.other", expected the name of one in the same namespace.',
        ),
        (
            path("/", to="backend: {service: {name: web}}"),
            f"error {AT}.backend.service.port: expected either the name or the number of a port.",
        ),
        (
            path("/", to="backend: {service: {name: web, port: {number: 70000}}}"),
            f"error {AT}.backend.service.port.number: found the port 70000, expected 1 to 65535.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentence: str) -> None:
    assert said(spec) == [sentence]
