"""What is said of networking workload group: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "template: {address: 10.0.0.1}",
            [
                ("error IST0106 spec.template.address: an address is given, but each workload that joins brings its own. Leave it out."),
            ],
            id="an address",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "metadata: {labels: {app!: web}}\ntemplate: {}",
            [
                (
                    'error IST0106 spec.metadata.labels["app!"]: found the label "app!", expected at most 63 letters, digits, "-", '
                    '"_" and ".", behind a DNS name and "/" or not.'
                ),
            ],
            id="a bad label",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {ports: {http: 0}}",
            ["error IST0106 spec.template.ports.http: found the port 0, expected 1 to 65535."],
            id="a port of 0",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {periodSeconds: -1, tcpSocket: {port: 1}}",
            ["error IST0106 spec.probe.periodSeconds: found -1, expected 0 (the default) or more."],
            id="a negative period",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {periodSeconds: 1}",
            ["error IST0106 spec.probe: the probe asks nothing. Give httpGet, tcpSocket, exec or grpc."],
            id="a probe that asks nothing",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {httpGet: {port: 0}}",
            ["error IST0106 spec.probe.httpGet.port: found the port 0, expected 1 to 65535."],
            id="a probe of port 0",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {httpGet: {port: 1, scheme: https}}",
            ['error IST0106 spec.probe.httpGet.scheme: found the scheme "https", expected HTTP or HTTPS.'],
            id="a scheme that there is not",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {httpGet: {port: 1, httpHeaders: [{name: a b}]}}",
            [
                ('error IST0106 spec.probe.httpGet.httpHeaders[0].name: found the header name "a b", expected letters, digits, "-" and "_".'),
            ],
            id="a header name with spaces",
            marks=pytest.mark.rule("WE-2"),
        ),
        pytest.param(
            "template: {}\nprobe: {exec: {command: []}}",
            ["error IST0106 spec.probe.exec.command: the command is empty."],
            id="an empty command",
            marks=pytest.mark.rule("WE-2"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "WorkloadGroup", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "template: {}\nprobe: {exec: {command: [/bin/true]}}",
            id="a command",
            marks=pytest.mark.rule("WE-2"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "WorkloadGroup", spec) == []
