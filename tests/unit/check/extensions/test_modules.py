"""What is said of extensions modules: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "url: ''",
            ["error IST0106 spec.url: the url is empty. Write for instance oci://registry.example.com/plugin:v1."],
            id="no address",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'ftp://a/b'",
            [
                ('error IST0106 spec.url: found "ftp://a/b", expected an address that begins with oci://, https://, http:// or file://.'),
            ],
            id="another scheme",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nsha256: abc",
            ['error IST0106 spec.sha256: found "abc", expected 64 hex digits in lower case.'],
            id="a short checksum",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nvmConfig: {env: [{name: ''}]}",
            ["error IST0106 spec.vmConfig.env[0].name: the name of the variable is empty."],
            id="a variable without name",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nvmConfig: {env: [{name: A}, {name: A}]}",
            ['error IST0106 spec.vmConfig.env[1].name: the variable "A" is given twice. Keep one of them.'],
            id="a variable twice",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nvmConfig: {env: [{name: A, valueFrom: HOST, value: b}]}",
            [
                "error IST0106 spec.vmConfig.env[0].value: a value is given with valueFrom: HOST. Leave one of them out.",
            ],
            id="a value from two places",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nmatch: [{ports: [{number: 70000}]}]",
            ["error IST0106 spec.match[0].ports[0].number: found the port 70000, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("extensions.istio.io/v1alpha1", "WasmPlugin", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "url: registry.example.com/plugin:v1",
            id="an image without scheme",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nvmConfig: {env: [{name: A, value: b}, {name: B, valueFrom: HOST}]}",
            id="variables",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("extensions.istio.io/v1alpha1", "WasmPlugin", spec) == []
