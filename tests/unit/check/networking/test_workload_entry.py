"""What is said of networking workload entry: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "labels: {a: b}",
            ['error IST0106 spec: the field "address" is missing. Give an IP address, a DNS name or unix:///path.'],
            id="no address",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "network: n1",
            [
                'warning IST0133 spec: without address, the workload is only reached through the gateway of network "n1".',
            ],
            id="a network without address",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: unix://a.sock",
            [
                ('error IST0106 spec.address: found "unix://a.sock", expected the absolute path of a socket such as "unix:///run/app.sock".'),
            ],
            id="a relative socket",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: unix:///a.sock\nports: {http: 80}",
            ["error IST0106 spec.ports: ports are given, but a Unix socket has none."],
            id="a socket with ports",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: 10.0.0.300",
            [
                ('error IST0106 spec.address: found the host "10.0.0.300", expected a DNS name; its last label "300" is a number.'),
            ],
            id="an address that is none",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: 10.0.0.1\nports: {http: 80000}",
            ["error IST0106 spec.ports.http: found the port 80000, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: 10.0.0.1\nports: {h_p: 80}",
            [
                'error IST0106 spec.ports.h_p: found the port name "h_p", expected letters and digits with "-" only inside.',
            ],
            id="a port name that is none",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: 10.0.0.1\nlabels: {app!: web}",
            [
                (
                    'error IST0106 spec.labels["app!"]: found the label "app!", expected at most 63 letters, digits, "-", "_" and '
                    '".", behind a DNS name and "/" or not.'
                ),
            ],
            id="a bad label",
            marks=pytest.mark.rule("WE-1"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "WorkloadEntry", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "address: vm.example.com",
            id="a name",
            marks=pytest.mark.rule("WE-1"),
        ),
        pytest.param(
            "address: 'unix://@a'",
            id="an abstract socket",
            marks=pytest.mark.rule("WE-1"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "WorkloadEntry", spec) == []
