"""What a name means to an app that resolves it."""

from __future__ import annotations

import pytest

from lateen.assembly.naming import NOTHING, meant
from tests.given.objects import REVIEWS, entry, service
from tests.given.worlds import world


@pytest.mark.rule("AG-5")
def test_short_names_mean_services_of_the_apps_own_namespace() -> None:
    g = world(service("reviews", "default"))
    for name in ("reviews", "reviews.default", "reviews.default.svc", REVIEWS, f"{REVIEWS}.", "Reviews"):
        assert meant(g, "default", name).host == REVIEWS
    assert meant(g, "other", "reviews") == NOTHING
    assert meant(g, "default", "reviews").addresses == ("10.0.0.1",)


def test_a_host_without_addresses_is_left_to_the_resolvers_outside() -> None:
    found = meant(world(entry("a", "default", "a.example")), "default", "a.example")
    assert (found.host, found.addresses, found.answered) == ("a.example", (), False)


def test_a_name_under_a_wildcard_host_means_that_host() -> None:
    assert meant(world(entry("a", "default", "*.example")), "default", "b.example").host == "*.example"


def test_an_alias_has_the_addresses_of_what_it_stands_for() -> None:
    alias = "---\napiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: default}\nspec: {type: ExternalName, externalName: "
    assert meant(world(service("reviews", "default") + alias + f"{REVIEWS}}}\n"), "default", "alias").addresses == ("10.0.0.1",)


@pytest.mark.rule("SD-13")
def test_a_headless_service_is_its_ready_endpoints_and_each_of_them_by_its_hostname() -> None:
    slices = """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints:
- {addresses: [10.1.0.1], hostname: r-0}
- {addresses: [10.1.0.2], conditions: {ready: false}}
"""
    g = world(service("reviews", "default").replace("10.0.0.1", "None") + slices)
    assert meant(g, "default", "reviews").addresses == ("10.1.0.1",)
    assert meant(g, "default", "r-0.reviews").addresses == ("10.1.0.1",)
