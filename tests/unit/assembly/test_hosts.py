"""What one service gives, and to whom."""

from __future__ import annotations

import pytest

from lateen.assembly import hosts
from lateen.assembly.clients import ANYBODY, Client
from lateen.assembly.kinds import Entries
from lateen.ir.scope import Scope
from lateen.ir.view import PUBLIC
from lateen.translate.scope import scope
from tests.given.objects import REVIEWS, entry, rule, service
from tests.given.worlds import world


def names(found: Entries) -> list[str]:
    return [name for name, _ in found]


def test_a_service_has_a_cluster_for_each_port_and_subset() -> None:
    g = world(service("reviews", "default") + rule("DestinationRule", "default", "{host: reviews, subsets: [{name: v1}]}"))
    assert names(hosts.clusters(g, PUBLIC, ANYBODY, "default", REVIEWS)) == [f"outbound|80||{REVIEWS}", f"outbound|80|v1|{REVIEWS}"]


@pytest.mark.rule("CL-1")
def test_endpoints_are_told_of_those_destinations_only_whose_endpoints_are_assigned() -> None:
    assert names(hosts.assignments(world(service("reviews", "default")), PUBLIC, ANYBODY, "default", REVIEWS)) == [f"outbound|80||{REVIEWS}"]
    passed = rule("DestinationRule", "default", "{host: reviews, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}")
    assert hosts.assignments(world(service("reviews", "default") + passed), PUBLIC, ANYBODY, "default", REVIEWS) == ()


@pytest.mark.rule("SD-14")
def test_an_alias_is_in_the_tables_of_the_ports_of_what_it_stands_for_and_of_no_others() -> None:
    meant = service("reviews", "default").replace("[{name: http, port: 80}]", "[{name: http, port: 80}, {name: x, port: 81}, {name: tcp, port: 82}]")

    def ports(of: str, more: str = "") -> tuple[int, ...]:
        alias = "---\napiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: default}\nspec: {type: ExternalName, externalName: "
        return hosts.table_ports(world(f"{meant}{alias}{of}{more}}}\n"), PUBLIC, "default", "alias.default.svc.cluster.local")

    assert ports(REVIEWS) == ports(REVIEWS, ", ports: [{name: http, port: 8080}]") == (80, 81)
    assert ports("nobody.example") == ports("alias.default.svc.cluster.local", ", ports: [{name: http, port: 80}]") == ()
    assert ports("nobody.example", ", ports: [{name: http, port: 8080}]") == (8080,)


def test_a_namespace_that_nothing_is_private_to_has_nothing_above_the_public_shelf() -> None:
    g = world(service("reviews", "default"))
    assert hosts.special_entries(g, "clusters", Client("other")) == ()
    assert names(hosts.public_chunk(g, "clusters", "default")) == [f"outbound|80||{REVIEWS}"]


def test_a_name_that_a_namespace_must_not_see_is_hidden() -> None:
    g = world(entry("a", "one", "a.example") + entry("b", "two", "a.example", ", exportTo: [.]").replace("number: 80", "number: 90"))
    found = dict(hosts.special_entries(g, "clusters", Client("two")))
    assert found["outbound|80||a.example"] is None
    assert found["outbound|90||a.example"] is not None


def test_own_virtual_hosts_are_others_for_their_short_names() -> None:
    g = world(service("reviews", "default"))
    assert names(hosts.special_entries(g, "virtual_hosts", Client("default"))) == [f"80/{REVIEWS}:80"]
    assert hosts.special_entries(g, "virtual_hosts", Client("other")) == ()


@pytest.mark.rule("LI-8", "SC-3")
@pytest.mark.parametrize(("imports", "at"), [("one/*, two/*", "a.example"), ("two/*", "b.example")])
def test_an_address_that_two_services_share_is_the_older_ones_of_those_imported(imports: str, at: str) -> None:
    shared = ", addresses: [240.240.9.9]"
    both = entry("a", "one", "a.example", shared, "2020-01-01T00:00:00Z") + entry("b", "two", "b.example", shared, "2021-01-01T00:00:00Z")
    g = world(both + rule("Sidecar", "default", f"{{egress: [{{port: {{number: 80, protocol: HTTP, name: h}}, hosts: [{imports}]}}]}}"))
    found = hosts.imported_virtual_hosts(g, Client("default"), scope(g, "default", (), None))
    told = {name: g.read(leaf.node, leaf.args) for name, leaf in found if leaf is not None}
    assert [name for name, each in told.items() if each is not None and b"240.240.9.9" in each.body] == [f"80/{at}:80"]


@pytest.mark.rule("SC-3")
def test_a_virtual_host_is_in_the_table_of_the_import_that_has_its_port() -> None:
    spec = "{egress: [{port: {number: 80, protocol: HTTP, name: h}, bind: 127.0.0.1, captureMode: NONE, hosts: [one/*]}, {hosts: ['*/*']}]}"
    both = entry("a", "one", "a.example") + entry("b", "two", "b.example")
    g = world(both + rule("Sidecar", "default", spec))
    found: Scope = scope(g, "default", (), None)
    assert names(hosts.imported_virtual_hosts(g, Client("default"), found)) == ["80/a.example:80"]
