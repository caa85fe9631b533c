"""The most specific chain takes a connection, by what the listener looks at."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.chains import Connection, begins_with_tls, chain, connection, offered, taking
from lateen.ir.chain import ANYTHING, MESH_HTTP, SNIFFED_HTTP, Bytes, Chain, Listener, Match, Side, Transport

TO = Bytes((("there", 1),))


def made(name: str, match: Match = ANYTHING) -> Chain:
    return Chain(name, TO, match)


def listener(*chains: Chain, **more: object) -> Listener:
    return Listener("l", ("0.0.0.0",), 15006, Side.INBOUND, chains, inspect_tls=True, sniff=True, **more)  # type: ignore[arg-type]


@pytest.mark.rule("LI-30")
def test_what_no_chain_takes_is_refused_unless_there_is_one_for_the_rest() -> None:
    strict = made("strict", Match(port=80, transport=Transport.TLS))
    plain = Call("web", 80)
    assert chain(listener(strict), plain) is None
    assert chain(listener(strict, otherwise=made("rest")), plain) == made("rest")


def test_there_is_no_way_back_from_a_criterion_that_fits() -> None:
    wide, narrow = made("wide"), made("narrow", Match(port=80, transport=Transport.TLS))
    assert taking((wide, narrow), Connection("10.0.0.1", 80, Transport.PLAIN)) is None
    assert taking((wide, narrow), Connection("10.0.0.1", 81, Transport.PLAIN)) == wide


def test_the_longest_network_and_the_longest_server_name_win() -> None:
    networks = [made(each, Match(prefixes=(each,))) for each in ("10.0.0.0/8", "10.1.0.0/16")]
    assert taking(networks, Connection("10.1.2.3", 80, Transport.PLAIN)) == networks[1]
    names = [made(each, Match(server_names=(each,))) for each in ("*.example", "*.a.example", "b.a.example")]
    assert taking(names, Connection("10.1.2.3", 80, Transport.TLS, "b.a.example")) == names[2]
    assert taking(names, Connection("10.1.2.3", 80, Transport.TLS, "c.a.example")) == names[1]
    assert taking(names, Connection("10.1.2.3", 80, Transport.TLS, "example")) is None


def test_of_the_offered_protocols_the_first_known_one_decides() -> None:
    one, other = made("one", Match(protocols=("h2",))), made("other", Match(protocols=("http/1.1",)))
    assert taking((one, other), Connection("10.1.2.3", 80, Transport.TLS, protocols=("http/1.1", "h2"))) == other


def test_what_is_not_looked_for_is_not_seen() -> None:
    call = Call("web", 80, address="10.0.0.1", wire=Wire.MESH, sni="Web")
    assert connection(listener(), call) == Connection("10.0.0.1", 80, Transport.TLS, "web", ("istio-http/1.1",))
    assert connection(listener(uninspected=(80,)), call) == Connection("10.0.0.1", 80, Transport.PLAIN)
    plain = Call("web", 80, address="10.0.0.1")
    assert connection(listener(), plain).protocols == SNIFFED_HTTP[:1]
    assert connection(listener(unsniffed=(80,)), plain).protocols == ()
    assert connection(listener(), Call("web", 80, protocol=Protocol.TCP)).protocols == ()


def test_a_proxy_of_the_mesh_says_what_it_sends() -> None:
    assert offered(Call("web", 80, wire=Wire.MESH)) == MESH_HTTP[1:2]
    assert offered(Call("web", 80, wire=Wire.MESH, protocol=Protocol.GRPC)) == MESH_HTTP[2:]
    assert offered(Call("web", 80, wire=Wire.MESH, protocol=Protocol.TCP)) == ("istio-peer-exchange", "istio")
    assert offered(Call("web", 80, wire=Wire.TLS)) == ()
    assert begins_with_tls(Call("web", 80, protocol=Protocol.TLS))
    assert not begins_with_tls(Call("web", 80))
