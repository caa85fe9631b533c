"""What the DNS proxy answers, bytes to bytes."""

import pytest
from dnslib import EDNS0, DNSRecord

from lateen.agent import dns
from lateen.agent.dns import Host

REVIEWS = Host("reviews.default.svc.cluster.local", ("240.240.0.7", "10.9.0.2"))


def lookup(name: str) -> Host | None:
    return {"reviews": REVIEWS, "reviews.default.svc.cluster.local": REVIEWS, "absent": Host(None)}.get(name)


def ask(name: str, qtype: str = "A") -> bytes:
    return bytes(DNSRecord.question(name, qtype).pack())


def answered(query: bytes, search: tuple[str, ...] = ()) -> DNSRecord:
    reply = dns.answer(query, lookup, search)
    assert reply is not None
    return DNSRecord.parse(reply)


@pytest.mark.rule("AG-5")
def test_a_known_host_is_answered_with_authority_and_thirty_seconds() -> None:
    query = ask("reviews.default.svc.cluster.local")
    reply = answered(query)
    assert (reply.header.rcode, reply.header.aa, reply.header.id) == (0, 1, DNSRecord.parse(query).header.id)
    assert [(str(each.rname), str(each.rdata), each.ttl) for each in reply.rr] == [
        ("reviews.default.svc.cluster.local.", "240.240.0.7", 30),
        ("reviews.default.svc.cluster.local.", "10.9.0.2", 30),
    ]


@pytest.mark.rule("AG-5")
@pytest.mark.parametrize("qtype", ["AAAA", "HTTPS"])
def test_a_known_host_without_what_is_asked_is_noerror_and_never_nxdomain(qtype: str) -> None:
    reply = answered(ask("reviews", qtype))
    assert (reply.header.rcode, reply.header.aa, reply.rr) == (0, 1, [])


@pytest.mark.rule("AG-5")
def test_names_are_looked_up_in_lower_case_and_answered_as_asked() -> None:
    reply = answered(ask("ReViews"))
    assert str(reply.rr[0].rname) == "ReViews."


@pytest.mark.rule("AG-5")
def test_a_name_that_a_search_domain_expanded_is_answered_by_an_alias() -> None:
    reply = answered(ask("reviews.corp.example"), search=("example", "corp.example"))
    assert [(str(each.rname), str(each.rdata)) for each in reply.rr] == [
        ("reviews.corp.example.", "reviews."),
        ("reviews.", "240.240.0.7"),
        ("reviews.", "10.9.0.2"),
    ]


@pytest.mark.rule("AG-5")
@pytest.mark.parametrize(("name", "qtype"), [("example.com", "A"), ("absent", "A"), ("reviews", "MX"), ("reviews", "TXT")])
def test_unknown_names_and_types_go_upstream(name: str, qtype: str) -> None:
    assert dns.answer(ask(name, qtype), lookup) is None


@pytest.mark.rule("AG-5")
def test_a_query_without_a_question_is_a_server_failure() -> None:
    query = DNSRecord()
    reply = DNSRecord.parse(dns.answer(query.pack(), lookup) or b"")
    assert (reply.header.rcode, reply.header.id) == (2, query.header.id)
    assert DNSRecord.parse(dns.answer(b"\x12\x34junk", lookup) or b"").header.id == 0x1234


@pytest.mark.rule("AG-5")
def test_a_reply_too_long_for_udp_is_truncated_unless_the_query_takes_more() -> None:
    many = Host("many", tuple(f"10.0.{n // 256}.{n % 256}" for n in range(100)))
    query = DNSRecord.question("many")
    reply = dns.answer(query.pack(), lambda _: many) or b""
    short = DNSRecord.parse(dns.truncated(reply, query.pack()))
    assert (short.header.tc, short.rr, str(short.q.qname)) == (1, [], "many.")
    query.add_ar(EDNS0(udp_len=4096))
    assert dns.truncated(reply, query.pack()) == reply


def test_candidates_are_the_name_and_then_it_without_search_domains_the_longest_first() -> None:
    assert dns.candidates("a.b.corp.example", ("example", "corp.example")) == ("a.b.corp.example", "a.b", "a.b.corp")
