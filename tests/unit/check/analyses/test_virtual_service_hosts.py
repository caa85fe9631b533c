"""Hosts that are nearly a service's."""

from __future__ import annotations

import pytest

from lateen.check.analyses.virtual_service_hosts import missed, unspoken
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.objects import entry, istio, service
from tests.given.worlds import world

ALIAS = """---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: reviews.default.svc.cluster.local}
"""


def said(hosts: str, more: str = "") -> list[str]:
    rule = istio("VirtualService", "it", f"{{hosts: [{hosts}], http: [{{directResponse: {{status: 200}}}}]{more}}}")
    g = world(service("reviews") + ALIAS + entry("e", "default", "Api.example"), rule)
    return lines(missed(g, Ref("VirtualService", "default", "it")))


@pytest.mark.rule("N-1")
@pytest.mark.parametrize("host", ["reviews.default", "reviews.default.svc", "Reviews.default", "reviews.default.svc.cluster.local."])
def test_a_host_that_is_a_service_by_another_name_is_told(host: str) -> None:
    sentence = (
        f'the rules for "{host}" are for requests that ask for it by this very name; reviews.default.svc.cluster.local is another host to them.'
    )
    assert said(host) == [f"LAT0006 spec.hosts[0]: {sentence}"]
    assert said(f"reviews, {host}") == said(host, ", gateways: [edge]") == []


@pytest.mark.rule("N-3")
def test_letters_are_compared_as_they_are_written() -> None:
    for host, meant in (("REVIEWS.default.svc.cluster.local", "reviews.default.svc.cluster.local"), ("api.example", "Api.example")):
        sentence = f'the rules for "{host}" are for nobody: hosts are compared letter by letter, and requests in either spelling go to {meant}.'
        assert said(host) == [f"LAT0006 spec.hosts[0]: {sentence}"]
    assert said("Api.example") == said("reviews") == said("nobody.example") == said("'*.default'") == []


@pytest.mark.rule("SD-14")
def test_a_rule_about_an_alias_hears_what_it_is_for() -> None:
    [sentence] = said("alias")
    assert sentence == (
        'LAT0006 spec.hosts[0]: the rules for "alias.default.svc.cluster.local" are for requests that ask for it on port 80, and by this full name; '
        "by its shorter ones they go as those to reviews.default.svc.cluster.local do."
    )


@pytest.mark.rule("VS-14")
@pytest.mark.rule("VS-52")
def test_rules_for_what_no_port_of_the_service_speaks_are_told() -> None:
    to = "route: [{destination: {host: web}}]"
    lists = f"http: [{{{to}}}], tls: [{{match: [{{sniHosts: [web.default.svc.cluster.local]}}], {to}}}], tcp: [{{{to}}}]"

    def unheard(*ports: str, more: str = "") -> list[str]:
        declared = ", ".join(f"{{name: {name}, port: {80 + number}}}" for number, name in enumerate(ports))
        web = f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default}}\nspec: {{clusterIP: 10.0.0.1, ports: [{declared}]}}\n"
        g = world(web, istio("VirtualService", "it", f"{{hosts: [web], {lists}{more}}}"))
        return lines(unspoken(g, Ref("VirtualService", "default", "it")))

    about = "LAT0009 spec.hosts[0]: the rules under {} are for no port of web.default.svc.cluster.local: 80 is {}."
    assert unheard("http") == [about.format("tls", "HTTP"), about.format("tcp", "HTTP")]
    assert unheard("https") == [about.format("http", "HTTPS"), about.format("tcp", "HTTPS")]
    assert unheard("tcp") == [about.format("http", "TCP"), about.format("tls", "TCP")]
    assert unheard("x") == [about.format("tls", "AUTO")]
    assert unheard("https", "x") == unheard("http", more=", gateways: [edge]") == []
