"""Services beside each other: who has a host, an address, a workload's port."""

from __future__ import annotations

import pytest

from lateen.check.analyses.services import circles, claimed_hosts, port_names, shared_addresses, shared_targets
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.worlds import world


def entry(name: str, spec: str, namespace: str = "default", year: int = 2020) -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    return f"{{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {metadata}, spec: {{{spec}}}}}"


def service(name: str, ports: str, selector: str = "{app: web}", year: int = 2020, kind: str = "ClusterIP") -> str:
    metadata = f'{{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    external = ", externalName: a.example.com" if kind == "ExternalName" else ""
    return f"{{apiVersion: v1, kind: Service, metadata: {metadata}, spec: {{type: {kind}, selector: {selector}, ports: [{ports}]{external}}}}}"


def ref(name: str, namespace: str = "default") -> Ref:
    return Ref("ServiceEntry", namespace, name)


HTTP, TCP = "{number: 80, name: http, protocol: HTTP}", "{number: 80, name: tcp, protocol: TCP}"
OTHER = "{number: 81, name: other, protocol: HTTP}"


@pytest.mark.rule("N-6")
def test_the_younger_of_two_namespaces_hears_who_has_the_host_for_others() -> None:
    g = world(
        entry("old", f"hosts: [a.b], resolution: DNS, ports: [{HTTP}]", "one"),
        entry("new", f"hosts: [x.y, a.b], resolution: DNS, ports: [{HTTP}]", "two", 2021),
    )
    assert lines(claimed_hosts(g, ref("old", "one"))) == []
    assert lines(claimed_hosts(g, ref("new", "two"))) == [
        'LAT0002 spec.hosts[1]: the host "a.b" is declared by ServiceEntry one/old too, which is older; only namespace two itself has this one.'
    ]


@pytest.mark.rule("N-6")
def test_a_kubernetes_service_beats_an_older_entry() -> None:
    g = world(
        service("web", "{name: http, port: 80}", year=2021),
        entry("it", f"hosts: [web.default.svc.cluster.local], resolution: DNS, ports: [{HTTP}]", "two"),
    )
    assert lines(claimed_hosts(g, ref("it", "two"))) == [
        (
            'LAT0002 spec.hosts[0]: the host "web.default.svc.cluster.local" is declared by Service default/web too, which is a Kubernetes service; '
            "only namespace two itself has this one."
        )
    ]
    assert lines(claimed_hosts(g, Ref("Service", "default", "web"))) == []


@pytest.mark.rule("N-4")
def test_a_host_that_is_shown_to_its_own_namespace_alone_takes_nothing_from_it() -> None:
    private = entry("new", f"hosts: [a.b], exportTo: [.], resolution: DNS, ports: [{HTTP}]", "two", 2021)
    hidden = entry("old", f"hosts: [a.b], exportTo: [.], resolution: DNS, ports: [{HTTP}]", "three", 2019)
    public = entry("it", f"hosts: [a.b], resolution: DNS, ports: [{HTTP}]", "one")
    g = world(private, hidden, public)
    assert lines(claimed_hosts(g, ref("new", "two"))) == lines(claimed_hosts(g, ref("it", "one"))) == []


@pytest.mark.rule("SE-8")
def test_of_two_entries_for_a_host_the_older_has_the_ports_that_both_name() -> None:
    g = world(
        entry("old", f"hosts: [a.b], resolution: DNS, ports: [{HTTP}]"),
        entry("new", f"hosts: [a.b], resolution: DNS, ports: [{HTTP}, {OTHER}]", year=2021),
        entry("beside", f"hosts: [a.b], resolution: DNS, ports: [{OTHER.replace('81', '82')}]", year=2022),
    )
    assert lines(claimed_hosts(g, ref("old"))) == lines(claimed_hosts(g, ref("beside"))) == []
    assert lines(claimed_hosts(g, ref("new"))) == [
        'LAT0002 spec.hosts[0]: the host "a.b" is declared by ServiceEntry default/old, which is older; of port 80 only that one counts.'
    ]


@pytest.mark.rule("SE-8")
def test_of_two_entries_for_a_host_the_older_says_who_sees_it() -> None:
    old, new = f"hosts: [a.b], resolution: DNS, exportTo: [.], ports: [{HTTP}]", f"hosts: [a.b], resolution: DNS, ports: [{OTHER}]"
    same = f"{new}, exportTo: [default]".replace("81", "82")
    g = world(entry("old", old), entry("new", new, year=2021), entry("same", same, year=2022))
    assert lines(claimed_hosts(g, ref("old"))) == lines(claimed_hosts(g, ref("same"))) == []
    (told,) = claimed_hosts(g, ref("new"))
    expected = "expected [.], as ServiceEntry default/old has it, which is older and decides who sees the host."
    assert (told.code, told.path, told.message) == ("LAT0002", "spec.exportTo", f'found [*] for the host "a.b", {expected}')


@pytest.mark.rule("SE-8")
def test_a_protocol_that_an_older_entry_says_otherwise_is_told() -> None:
    old, new = f"hosts: [a.b], resolution: DNS, ports: [{TCP}]", f"hosts: [a.b], resolution: DNS, ports: [{OTHER}, {HTTP}]"
    told = ['found the protocol HTTP on port 80, expected TCP, as ServiceEntry default/old has it for the host "a.b".']
    for namespace in ("default", "two"):
        g = world(entry("old", old), entry("new", new, namespace, 2021))
        found = [each for each in claimed_hosts(g, ref("new", namespace)) if each.code == "IST0177"]
        assert [each.message for each in found] == told
        assert found[0].path == "spec.ports[1].protocol"
        assert lines(claimed_hosts(g, ref("old"))) == []


@pytest.mark.rule("SE-8")
def test_requests_to_an_address_of_two_entries_go_to_the_older() -> None:
    rest = f"resolution: STATIC, ports: [{HTTP}, {TCP.replace('80', '90')}]"
    g = world(
        entry("old", f"hosts: [a.b], addresses: [10.0.0.1], {rest}"),
        entry("new", f"hosts: [c.d], addresses: [10.0.0.2, 10.0.0.1], {rest}", year=2021),
        entry("raw", f"hosts: [e.f], addresses: [10.0.0.1], resolution: STATIC, ports: [{TCP}]", year=2021),
    )
    assert lines(shared_addresses(g, ref("old"))) == lines(shared_addresses(g, ref("raw"))) == []
    assert lines(shared_addresses(g, ref("new"))) == [
        "LAT0002 spec.addresses[1]: ServiceEntry default/old is older and has the address 10.0.0.1 too; requests to it on port 80 go there."
    ]


POD = """
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: default, labels: {app: web}}, spec: {containers: [{name: a}]}, status: {podIP: 10.0.0.1}}
"""


@pytest.mark.rule("LI-21")
def test_a_port_of_a_workload_speaks_the_protocol_of_the_older_service() -> None:
    old = service("old", "{name: tcp, port: 9000, targetPort: 8080}")
    new = service("new", "{name: grpc, port: 90, targetPort: 9090}, {name: http, port: 80, targetPort: 8080}", year=2021)
    g = world(POD, old, new)
    assert lines(shared_targets(g, Ref("Service", "default", "old"))) == []
    assert lines(shared_targets(g, Ref("Service", "default", "new"))) == [
        (
            "IST0137 spec.ports[1]: Service default/old is older and has port 8080 of Pod default/web as TCP, so calls to port 80 are "
            "taken for TCP there, "
            "and not for HTTP."
        )
    ]


@pytest.mark.rule("LI-21")
def test_services_that_agree_about_a_port_have_nothing_to_lose() -> None:
    ports = "{name: http, port: 80, targetPort: 8080}"
    g = world(POD, service("old", ports), service("new", ports, year=2021), service("apart", ports.replace("http", "tcp"), "{app: other}", 2021))
    assert [lines(shared_targets(g, Ref("Service", "default", name))) for name in ("old", "new", "apart")] == [[], [], []]


@pytest.mark.rule("SD-1")
def test_names_of_ports_that_tell_no_protocol_are_told() -> None:
    told = "{name: http-web, port: 3}, {name: x, port: 4, appProtocol: http}, {name: db, port: 3306}, {name: u, port: 5, protocol: UDP}"
    ports = f"{{name: web, port: 1}}, {{port: 2}}, {told}"
    g = world(service("it", ports), service("elsewhere", "{name: db, port: 1}", kind="ExternalName"))
    assert lines(port_names(g, Ref("Service", "default", "it"))) == [
        'IST0118 spec.ports[0].name: the port 1 has "web", which tells no protocol, so it is found out from the first bytes.',
        "IST0118 spec.ports[1]: the port 2 has no name, which tells no protocol, so it is found out from the first bytes.",
    ]
    assert lines(port_names(g, Ref("Service", "default", "elsewhere"))) == [
        'IST0150 spec.ports[0].name: the port 1 has "db", which tells no protocol, so that calls may not be passed on.'
    ]


@pytest.mark.rule("SD-14")
def test_names_that_lead_in_a_circle_are_told() -> None:
    def alias(name: str, of: str) -> str:
        return f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: n}}\nspec: {{type: ExternalName, externalName: {of}}}\n"

    a, b, c = (f"{name}.n.svc.cluster.local" for name in "abc")
    g = world(alias("a", b) + alias("b", a) + alias("c", "nobody.example") + alias("d", c))

    assert lines(circles(g, Ref("Service", "n", "a"))) == [
        f"LAT0007 spec.externalName: the names lead in a circle, {a} to {b} to {a}, so that no call has anywhere to go."
    ]
    assert circles(g, Ref("Service", "n", "d")) == ()
