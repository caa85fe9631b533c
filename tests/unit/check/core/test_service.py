"""What is said of a Service: each mistake with its sentence, and what is not one."""

from __future__ import annotations

import pytest

from lateen.check import check_text


def said(spec: str) -> list[str]:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: it, namespace: default}}\nspec: {spec}\n"
    return [" ".join(filter(None, (found.severity, f"{found.path}:", found.message, found.hint))) for found in check_text(text)]


@pytest.mark.parametrize(
    "spec",
    [
        "{ports: [{port: 80}]}",
        "{clusterIP: None, ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 80, protocol: UDP}]}",
        "{clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, '2001:db8::1'], type: LoadBalancer, ports: [{port: 443, targetPort: 8443}]}",
        "{type: ExternalName, externalName: db.example.com}",
        "{}",
    ],
)
def test_what_kubernetes_takes_is_taken(spec: str) -> None:
    assert said(spec) == []


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        ("{ports: [{port: 0}]}", ["error spec.ports[0].port: found the port 0, expected 1 to 65535."]),
        ("{ports: [{port: 80, targetPort: 70000}]}", ["error spec.ports[0].targetPort: found the port 70000, expected 1 to 65535."]),
        (
            "{ports: [{name: a, port: 80}, {port: 81}]}",
            ["error spec.ports[1]: the port has no name, which it needs beside others. Name it, for instance http."],
        ),
        (
            "{ports: [{name: a, port: 80}, {name: a, port: 80}]}",
            [
                'error spec.ports[1].name: the port name "a" is given twice. Name one of them differently.',
                "error spec.ports[1].port: the TCP port 80 is given twice.",
            ],
        ),
        (
            "{ports: [{port: 80, protocol: HTTP}]}",
            ['error spec.ports[0].protocol: found the protocol "HTTP", expected TCP, UDP or SCTP. Say more in appProtocol or in the name.'],
        ),
        ("{clusterIP: here}", ['error spec.clusterIP: found "here", expected an IP address such as 10.0.0.1.']),
        ("{type: Cluster}", ['error spec.type: found the type "Cluster", expected ClusterIP, NodePort, LoadBalancer or ExternalName.']),
        ("{type: ExternalName}", ["error spec.externalName: the host is empty, expected a DNS name."]),
    ],
)
def test_what_kubernetes_refuses_is_refused(spec: str, sentences: list[str]) -> None:
    assert said(spec) == sentences
