"""The agent's subscription to hosts, with the wire replaced by a list."""

import asyncio

import msgspec

from lateen.agent.discovery import HOST, DeltaResponse, Resource, delta_request
from lateen.agent.dns import Host
from lateen.agent.on_demand import OnDemand


def said(name: str, host: str | None, *addresses: str, nonce: str = "1") -> DeltaResponse:
    return DeltaResponse(HOST, nonce, (Resource(name, "1", msgspec.json.encode({"host": host, "addresses": addresses, "ttl": 30})),))


async def test_a_new_name_is_asked_for_once_and_answered_when_the_control_plane_has_spoken() -> None:
    on_demand, sent = OnDemand(), []
    on_demand.attach(sent.append)
    waiting = [asyncio.create_task(on_demand.host("reviews", 5)) for _ in range(2)]
    await asyncio.sleep(0)
    on_demand.receive(said("reviews", "reviews.default.svc.cluster.local", "240.240.0.1"))
    expected = Host("reviews.default.svc.cluster.local", ("240.240.0.1",))
    assert await asyncio.gather(*waiting) == [expected, expected]
    requests = [delta_request(raw) for raw in sent]
    assert [(each.subscribe, each.nonce) for each in requests] == [(("reviews",), ""), ((), "1")]


async def test_a_known_name_is_answered_without_asking_even_when_the_control_plane_is_away() -> None:
    on_demand, sent = OnDemand(), []
    on_demand.attach(send := sent.append)
    task = asyncio.create_task(on_demand.host("a", 5))
    await asyncio.sleep(0)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    await task
    on_demand.detach(send)
    assert await on_demand.host("a", 5) == Host("a.x", ("1.1.1.1",))
    assert await on_demand.host("b", 0) is None


async def test_who_waits_when_the_stream_breaks_is_answered_by_the_next() -> None:
    on_demand, sent = OnDemand(), []
    on_demand.attach(send := [].append)
    waiting = asyncio.create_task(on_demand.host("a", 3600))
    await asyncio.sleep(0)
    on_demand.detach(send)
    on_demand.attach(sent.append)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    assert await waiting == Host("a.x", ("1.1.1.1",))
    assert delta_request(sent[0]).subscribe == ("a",)


async def test_what_was_kept_from_before_is_known_at_once_and_every_change_is_told() -> None:
    changes: list[dict[str, Host]] = []
    on_demand = OnDemand(known={"a": Host("a.x", ("1.1.1.1",))}, on_change=lambda known: changes.append(dict(known)))
    assert await on_demand.host("a", 0) == Host("a.x", ("1.1.1.1",))
    on_demand.attach((sent := []).append)
    assert delta_request(sent[0]).subscribe == ("a",)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    on_demand.receive(said("a", "a.x", "2.2.2.2"))
    assert changes == [{"a": Host("a.x", ("2.2.2.2",))}]


async def test_a_new_stream_is_subscribed_to_all_names_that_were_ever_asked() -> None:
    on_demand, sent = OnDemand(), []
    await on_demand.host("a", 0)
    await on_demand.host("b", 0)
    on_demand.attach(sent.append)
    assert [delta_request(raw).subscribe for raw in sent] == [("a", "b")]


async def test_a_removed_host_is_no_host() -> None:
    on_demand = OnDemand()
    on_demand.attach([].append)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    on_demand.receive(DeltaResponse(HOST, "2", removed=("a",)))
    assert on_demand.known("a") == Host(None)


async def test_names_of_nothing_are_forgotten_the_least_recently_asked_first() -> None:
    on_demand, sent = OnDemand(unknown_kept=1), []
    await on_demand.host("a", 0)
    await on_demand.host("b", 0)
    on_demand.attach(sent.append)
    on_demand.receive(said("a", None))
    on_demand.receive(said("b", None))
    assert (on_demand.known("a"), on_demand.known("b")) == (None, Host(None))
    assert delta_request(sent[-1]).unsubscribe == ("a",)


async def test_a_host_is_asked_for_again_after_its_time_to_live_and_answered_meanwhile() -> None:
    now, sent = [0.0], []
    on_demand = OnDemand(now=lambda: now[0])
    on_demand.attach(sent.append)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    sent.clear()
    now[0] = 29.0
    await on_demand.host("a", 5)
    assert sent == []
    now[0] = 31.0
    for _ in range(2):
        assert await on_demand.host("a", 5) == Host("a.x", ("1.1.1.1",))
    assert [delta_request(raw).subscribe for raw in sent] == [("a",)]


async def test_a_service_that_comes_later_is_found_a_second_after_its_name_stood_for_nothing() -> None:
    now = [0.0]
    on_demand = OnDemand(now=lambda: now[0])
    on_demand.attach([].append)
    on_demand.receive(said("a", None))
    assert await on_demand.host("a", 5) == Host(None)
    now[0] = 1.5
    waiting = asyncio.create_task(on_demand.host("a", 5))
    await asyncio.sleep(0)
    on_demand.receive(said("a", "a.x", "1.1.1.1"))
    assert await waiting == Host("a.x", ("1.1.1.1",))
