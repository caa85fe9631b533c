"""Reading mesh.yaml."""

from __future__ import annotations

from lateen.local import mesh_file

SHOP = """
name: shop
config: config
services:
  web:
    command: python3 web.py --name 'the web'
    ports: {http: 80:8080, tcp-admin: 9000}
    environment: {DEBUG: true, LEVEL: 3}
  reviews:
    command: [python3, reviews.py]
    ports: {http: 9080}
    versions: {v1: {}, v2: {replicas: 2}}
gateways:
  ingress: {ports: {8080: 80}}
"""


def test_a_mesh_file_is_read_whole() -> None:
    mesh, findings = mesh_file.read(SHOP)
    assert findings == []
    assert mesh is not None
    assert mesh_file.ports(mesh.services["web"]) == (("http", 80, 8080), ("tcp-admin", 9000, 9000))
    assert mesh_file.words(mesh.services["web"].command) == ("python3", "web.py", "--name", "the web")
    assert mesh_file.environment(mesh.services["web"].environment) == (("DEBUG", "true"), ("LEVEL", "3"))


def test_all_mistakes_are_found_at_once_with_their_lines() -> None:
    mesh, findings = mesh_file.read(
        """
name: shop
services:
  web:
    comand: python3 web.py
    ports: {http: eighty}
    restart: sometimes
gateways:
  ingress: {ports: {http: 80}}
"""
    )
    assert mesh is None
    assert [(found.position.line, found.path) for found in findings] == [
        (5, "services.web.comand"),
        (7, "services.web.restart"),
        (6, "services.web.ports.http"),
        (4, "services.web"),
        (9, "gateways.ingress.ports.http"),
    ]
    assert str(findings[0]) == 'mesh.yaml:5:5: Mesh mesh.yaml services.web.comand: there is no field "comand" here. Did you mean "command"?'


def test_a_file_that_is_no_mapping_is_refused_with_a_sentence() -> None:
    assert str(mesh_file.read("just words")[1][0]).endswith("expected a mapping with services.")
    assert mesh_file.read("")[0] is None


def test_of_a_file_that_is_no_yaml_nothing_else_is_said() -> None:
    mesh, findings = mesh_file.read("services: [\n")
    assert mesh is None
    assert [each.message.partition(":")[0] for each in findings] == ["This is not YAML"]


def test_a_port_of_this_machine_leads_to_one_gateway() -> None:
    mesh, findings = mesh_file.read("gateways:\n  a: {ports: {8080: 80}}\n  b: {ports: {8080: 81}}\n")
    assert mesh is None
    assert [str(each) for each in findings] == [
        "mesh.yaml:3:15: Mesh mesh.yaml gateways.b.ports.8080: Port 8080 of this machine is gateway a's already. Name another."
    ]
