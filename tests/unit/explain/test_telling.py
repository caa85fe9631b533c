"""What is told as plain values, which is the documented JSON."""

from __future__ import annotations

import json

from lateen.check.offline import checked
from lateen.explain.call import Call
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.telling import in_files, percent, telling
from lateen.explain.way import Way
from lateen.values.finding import Position
from lateen.values.ref import Ref
from tests.given.calls import SHOP, SUBSETS, routes, shop, way
from tests.given.objects import istio

ROUTES = routes("[{fault: {abort: {percentage: {value: 10}, httpStatus: 418}}, route: [{destination: {host: reviews, subset: v2}}]}]")
NOBODY = istio("AuthorizationPolicy", "nobody", "{selector: {matchLabels: {app: reviews}}}").replace("networking.istio", "security.istio")


def test_all_that_is_told_is_json_and_says_whether_anything_is_reached() -> None:
    told = telling(way(shop(SUBSETS, ROUTES)))
    assert json.loads(json.dumps(told)) == told
    assert (told["reaches"], told["certain"], told["refused"]) == (True, True, False)
    assert told["call"] == {"protocol": "http", "host": "reviews", "port": 80, "address": "10.0.0.1", "method": "GET", "path": "/", "headers": []}
    assert told["answers"] == [{"status": 418, "percent": 10.0, "location": "", "grpcStatus": None}]
    sent = told["destinations"][0]
    assert (sent["name"], sent["destination"], sent["percent"]) == (
        "outbound|80|v2|reviews.default.svc.cluster.local",
        "reviews.default.svc.cluster.local:80, subset v2",
        90.0,
    )
    endpoint = sent["endpoints"][0]
    assert (endpoint["address"], endpoint["port"], endpoint["security"], endpoint["workload"]) == (
        "10.1.0.2",
        8080,
        "mesh",
        "WorkloadEntry default/reviews-2",
    )
    assert endpoint["decision"]["allowed"]


def test_a_call_that_all_endpoints_deny_reaches_nothing() -> None:
    told = telling(way(shop(SUBSETS, NOBODY, routes("[{route: [{destination: {host: reviews, subset: v2}}]}]"))))
    assert not told["reaches"]
    decision = told["destinations"][0]["endpoints"][0]["decision"]
    assert (decision["allowed"], decision["status"]) == (False, 403)


def test_an_answer_that_is_an_error_is_no_arrival_and_a_redirect_is_one() -> None:
    assert not telling(way(shop(routes("[{directResponse: {status: 503}}]"))))["reaches"]
    assert telling(way(shop(routes("[{redirect: {uri: /new}}]"))))["reaches"]


def test_a_step_has_the_line_where_it_is_written() -> None:
    read = checked(
        [
            ("shop.yaml", SHOP),
            (
                "routes.yaml",
                routes("\n  - timeout: 1s\n    route: []\n").replace("{hosts: [reviews], http: ", "\n  hosts: [reviews]\n  http:").rstrip("} \n"),
            ),
        ]
    )
    step = Step(Stage.NAME, "is", Outcome.TAKEN, Ref("Service", "default", "reviews"), "spec.ports")
    told = telling(Way(Call("reviews", 80), (step, Step(Stage.RESULT, "ends"))), in_files(read.places))["steps"]
    assert told == [
        {"stage": "name", "outcome": "taken", "said": "is", "ref": "Service default/reviews", "path": "spec.ports", "file": "shop.yaml", "line": 5},
        {"stage": "result", "outcome": "taken", "said": "ends", "ref": "", "path": "", "file": "", "line": 0},
    ]


def test_objects_that_come_from_no_file_have_no_position() -> None:
    assert in_files({})(Ref("Service", "default", "reviews"), "spec") == Position()


def test_parts_of_a_million_are_told_in_percent() -> None:
    assert [percent(part) for part in (1_000_000, 250_000, 1)] == [100.0, 25.0, 0.0001]
