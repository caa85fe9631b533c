"""What is said of an EndpointSlice: each mistake with its sentence, and what is not one."""

from __future__ import annotations

import pytest

from lateen.check import check_text


def said(body: str) -> list[str]:
    text = f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: it, namespace: default}}\n{body}\n"
    return [" ".join(filter(None, (found.severity, f"{found.path}:", found.message, found.hint))) for found in check_text(text)]


@pytest.mark.parametrize(
    "body",
    [
        "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1]}]\nports: [{name: http, port: 80}, {}]",
        "addressType: IPv6\nendpoints: [{addresses: ['2001:db8::1']}]",
        "addressType: FQDN\nendpoints: [{addresses: [db.example.com]}]",
    ],
)
def test_what_kubernetes_takes_is_taken(body: str) -> None:
    assert said(body) == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("addressType: IPv5", 'error addressType: found the address type "IPv5", expected IPv4, IPv6 or FQDN.'),
        (
            "addressType: IPv4\nendpoints: [{addresses: ['2001:db8::1']}]",
            'error endpoints[0].addresses[0]: found "2001:db8::1", expected an address of type IPv4.',
        ),
        ("addressType: IPv6\nendpoints: [{addresses: [here]}]", 'error endpoints[0].addresses[0]: found "here", expected an address of type IPv6.'),
        ("addressType: IPv4\nports: [{port: 0}]", "error ports[0].port: found the port 0, expected 1 to 65535."),
        ("addressType: IPv4\nports: [{name: a, port: 1}, {name: a, port: 2}]", 'error ports[1].name: the port name "a" is given twice.'),
    ],
)
def test_what_kubernetes_refuses_is_refused(body: str, sentence: str) -> None:
    assert said(body) == [sentence]
