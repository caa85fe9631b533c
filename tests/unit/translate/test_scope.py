"""What a sidecar may call."""

from __future__ import annotations

import pytest

from lateen.ir.scope import Scope
from lateen.translate.scope import scope, sidecar
from lateen.values.ref import Ref
from tests.given.objects import REVIEWS, entry, rule, service
from tests.given.worlds import world

RATINGS = "ratings.other.svc.cluster.local"


def sidecar_of(namespace: str, spec: str, name: str = "s") -> str:
    return rule("Sidecar", namespace, spec, name)


@pytest.mark.rule("SC-2")
def test_a_sidecar_with_a_fitting_selector_comes_before_one_without_and_that_before_the_roots() -> None:
    g = world(
        sidecar_of("default", "{workloadSelector: {labels: {app: a}}}", "picky")
        + sidecar_of("default", "{}", "plain")
        + sidecar_of("istio-system", "{}", "root")
    )
    assert sidecar(g, "default", (("app", "a"),)) == Ref("Sidecar", "default", "picky")
    assert sidecar(g, "default", (("app", "b"),)) == Ref("Sidecar", "default", "plain")
    assert sidecar(g, "elsewhere", ()) == Ref("Sidecar", "istio-system", "root")


def test_without_a_sidecar_everything_may_be_called_unless_the_scope_is_on_demand() -> None:
    g = world(service("reviews", "default"))
    assert scope(g, "default", (), None) == Scope("default", everything=True)
    assert scope(g, "default", (), (REVIEWS, "unknown.example")).hosts == (("default", REVIEWS),)


@pytest.mark.rule("SC-3")
def test_a_listener_with_a_port_takes_only_services_with_that_port() -> None:
    spec = "{egress: [{port: {number: 80, protocol: HTTP, name: h}, bind: 127.0.0.1, captureMode: NONE, hosts: [./*]}, {hosts: ['*/*']}]}"
    other = service("db", "default").replace("port: 80", "port: 90")
    g = world(service("reviews", "default") + other + sidecar_of("default", spec))
    first, rest = scope(g, "default", (), None).imports
    assert (first.hosts, first.bind, first.bound, first.table) == ((("default", REVIEWS),), "127.0.0.1", True, "80")
    assert len(rest.hosts) == 2


@pytest.mark.rule("SC-3")
def test_the_first_import_that_has_a_host_decides_whose_it_is() -> None:
    entries = entry("a", "one", "a.example") + entry("b", "two", "a.example")
    g = world(entries + sidecar_of("default", "{egress: [{hosts: [two/*, '*/a.example']}]}"))
    assert scope(g, "default", (), None).hosts == (("two", "a.example"),)


@pytest.mark.rule("SC-3")
@pytest.mark.rule("N-6")
@pytest.mark.parametrize(("younger", "older", "winner"), [("default", "a", "default"), ("a", "b", "b")])
def test_of_several_that_one_pattern_imports_the_own_namespace_wins_and_then_the_oldest(younger: str, older: str, winner: str) -> None:
    entries = entry("young", younger, "a.example") + entry("old", older, "a.example", created="2020-01-01T00:00:00Z")
    g = world(entries + sidecar_of("default", "{egress: [{hosts: ['*/*.example']}]}"))
    assert scope(g, "default", (), None).hosts == ((winner, "a.example"),)


@pytest.mark.rule("SC-1")
def test_a_tilde_before_a_pattern_takes_hosts_out() -> None:
    g = world(service("reviews", "default") + service("ratings", "other") + sidecar_of("default", "{egress: [{hosts: ['*/*', ~other/*]}]}"))
    assert scope(g, "default", (), None).hosts == (("default", REVIEWS),)


@pytest.mark.rule("SC-1")
@pytest.mark.parametrize("pattern", [f"~/{RATINGS}", f"~*/{RATINGS}", f"~other/{RATINGS}", "~ other/*", "~/*.other.svc.cluster.local"])
def test_a_tilde_without_a_namespace_takes_a_host_out_of_all(pattern: str) -> None:
    known = service("reviews", "default") + service("ratings", "other")
    g = world(known + sidecar_of("default", f"{{egress: [{{hosts: ['*/*', '{pattern}']}}]}}"))
    assert scope(g, "default", (), None).hosts == (("default", REVIEWS),)


@pytest.mark.rule("VS-16")
def test_where_rules_lead_may_be_called_but_is_not_listened_for() -> None:
    leads = rule("VirtualService", "default", f"{{hosts: [reviews], http: [{{route: [{{destination: {{host: {RATINGS}}}}}]}}]}}")
    g = world(service("reviews", "default") + service("ratings", "other") + leads + sidecar_of("default", "{egress: [{hosts: [./*]}]}"))
    found = scope(g, "default", (), None)
    assert found.hosts == (("default", REVIEWS), ("other", RATINGS))
    assert found.imports[0].hosts == (("default", REVIEWS),)


@pytest.mark.rule("SC-4")
def test_rules_that_are_not_imported_lead_nowhere() -> None:
    leads = rule("VirtualService", "elsewhere", f"{{hosts: [{REVIEWS}], http: [{{route: [{{destination: {{host: {RATINGS}}}}}]}}]}}")
    g = world(service("reviews", "default") + service("ratings", "other") + leads + sidecar_of("default", "{egress: [{hosts: [default/*]}]}"))
    assert scope(g, "default", (), None).hosts == (("default", REVIEWS),)


@pytest.mark.rule("SD-14")
def test_what_is_asked_for_by_an_alias_is_called_where_its_service_is() -> None:
    alias = "---\napiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: default}\nspec: {type: ExternalName, externalName: %s}\n"
    g = world(service("reviews", "default") + service("ratings", "other") + alias % REVIEWS)
    name = "alias.default.svc.cluster.local"
    assert scope(g, "default", (), (name,)).imports[0].hosts == (("default", name), ("default", REVIEWS))
    imported = scope(
        world(service("reviews", "default") + alias % REVIEWS + sidecar_of("default", f"{{egress: [{{hosts: [./{name}]}}]}}")), "default", (), None
    )
    assert imported.hosts == (("default", name), ("default", REVIEWS))
