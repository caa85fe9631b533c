from __future__ import annotations

import pytest

from lateen.local import mesh_file


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        (
            "namespace: A",
            "namespace",
            'The name is "A", expected at most 63 lower-case letters, digits and "-", with a letter or digit at both ends.',
        ),
        ("services: {W_: {command: a}}", "services.W_", 'The name is "W_", expected at most 63 lower-case letters, digits and "-"'),
        ("services: {w: {command: a, namespace: A}}", "services.w.namespace", 'The name is "A"'),
        ("services: {w: {command: a, serviceAccount: a b}}", "services.w.serviceAccount", 'The name is "a b"'),
        ("services: {w: {command: a, versions: {V1: {}}}}", "services.w.versions.V1", 'The version is "V1", expected lower-case letters'),
        ("services: {w: {command: a, labels: {a: b c}}}", "services.w.labels.a", 'Found the label value "b c", expected at most 63 letters'),
        ("services: {w: {command: a, ports: {Http_: 80}}}", "services.w.ports.Http_", 'Found the port name "Http_", expected letters and digits'),
        ("gateways: {g_: {ports: {80: 80}}}", "gateways.g_", 'The name is "g_"'),
    ],
)
def test_a_name_that_no_object_can_have_is_told_where_it_is_written(written: str, path: str, message: str) -> None:
    mesh, findings = mesh_file.read(written if "services" in written or "gateways" in written else f"{written}\nservices: {{w: {{command: a}}}}")
    assert mesh is None
    assert [finding.path for finding in findings] == [path]
    assert findings[0].message.startswith(message)


def test_names_that_objects_can_have_are_fine() -> None:
    mesh, findings = mesh_file.read("namespace: a-1\nservices: {w: {command: a, ports: {http-web: 80}, versions: {v1.2: {}}, labels: {a/b: C_d}}}")
    assert (mesh is not None, findings) == (True, [])
