"""What is told to people: a line for each step, aligned, and at the end what comes of it."""

from __future__ import annotations

from lateen.explain.call import Call, Protocol
from lateen.explain.telling import telling
from lateen.explain.text import Line, aligned, result, text, where
from lateen.explain.way import Way
from tests.given.calls import SUBSETS, routes, shop, way
from tests.given.objects import istio

NOBODY = istio("AuthorizationPolicy", "nobody", "{selector: {matchLabels: {app: reviews}}}").replace("networking.istio", "security.istio")


def said(of: Way) -> list[str]:
    return list(result(telling(of)))


def test_the_whole_of_a_short_explanation() -> None:
    assert (
        text(telling(way(shop(routes("[{directResponse: {status: 418}}]")))))
        == """\
name          + reviews is reviews.default.svc.cluster.local                             Service default/reviews
name            port 80 is HTTP                                                          Service default/reviews spec.ports
name          + resolves to 10.0.0.1
listener      + the listener of port 80 takes it
listener      + plain HTTP, taken as requests
host          + reviews is asked for as reviews.default.svc.cluster.local:80 (reviews)   Service default/reviews
rule          + takes any request                                                        VirtualService default/routes spec.http[0]
result        = the proxy answers 418                                                    VirtualService default/routes spec.http[0].directResponse

The proxy itself answers 418."""
    )


def test_lines_that_are_too_long_do_not_push_the_places_of_others_away() -> None:
    assert list(aligned([Line("short", "a"), Line("x" * 200, "b"), Line("no place")])) == ["short   a", f"{'x' * 200}   b", "no place"]


def test_what_comes_of_it_is_said_with_its_share() -> None:
    abort = "fault: {abort: {percentage: {value: 25}, httpStatus: 503}}"
    g = shop(SUBSETS, routes(f"[{{{abort}, route: [{{destination: {{host: reviews, subset: v1}}}}]}}]"))
    assert said(way(g)) == [
        "The proxy itself answers 503 (25% of the calls).",
        "It goes to reviews.default.svc.cluster.local:80, subset v1, at 10.1.0.1:8080 (75% of the calls).",
    ]


def test_what_is_denied_is_said_with_who_denies_it() -> None:
    assert said(way(shop(NOBODY))) == [
        "It goes to reviews.default.svc.cluster.local:80, at 10.1.0.1:8080.",
        "It is denied at 10.1.0.2:8080 with 403.",
    ]


def test_what_nothing_takes_is_answered_or_closed() -> None:
    g = shop(routes("[{route: [{destination: {host: nobody}}]}]"))
    assert said(way(g)) == ["Nothing takes it at nobody.default.svc.cluster.local:80, so it is answered 503."]
    assert said(Way(Call("a", 80, protocol=Protocol.TCP), refused=True)) == ["The connection is refused."]


def test_a_redirect_says_where_to_and_copies_are_said_to_be_some() -> None:
    assert said(way(shop(routes("[{redirect: {uri: /new}}]")))) == ["The proxy itself answers 301, leading to http://reviews/new."]
    g = shop(SUBSETS, routes("[{route: [{destination: {host: reviews, subset: v1}}], mirror: {host: reviews, subset: v2}}]"))
    assert said(way(g))[-1] == "A copy goes to reviews.default.svc.cluster.local:80, subset v2."


def test_what_cannot_be_known_is_said_at_the_end() -> None:
    uncertain = {**telling(way(shop())), "certain": False}
    assert list(result(uncertain))[-1] == "Not all of it is certain: see the lines with a question mark."


def test_an_endpoint_is_told_as_far_as_it_is_known() -> None:
    given = [("", 80), ("10.0.0.1", 80), ("fd00::1", 80), ("unix:///run/app", 0)]
    assert [where({"address": address, "port": port}) for address, port in given] == [
        "an address outside of the mesh, port 80",
        "10.0.0.1:80",
        "[fd00::1]:80",
        "unix:///run/app",
    ]
