"""The nftables rules, word for word."""

import pytest

from lateen.agent.capture import Capture, removal, ruleset


@pytest.mark.rule("AG-11")
def test_the_usual_rules() -> None:
    assert (
        ruleset(Capture())
        == """\
table inet lateen
delete table inet lateen
table inet lateen {
  chain inbound {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport { 15008, 15020, 15021, 15090 } return
    meta l4proto tcp redirect to :15006
  }
  chain outbound {
    type nat hook output priority -100; policy accept;
    oifname lo ip saddr 127.0.0.6 return
    oifname lo meta skuid 1337 ip daddr != 127.0.0.1 tcp dport != 15008 redirect to :15006
    oifname lo meta skgid 1337 ip daddr != 127.0.0.1 tcp dport != 15008 redirect to :15006
    meta skuid 1337 return
    meta skgid 1337 return
    udp dport 53 redirect to :15053
    tcp dport 53 redirect to :15053
    oifname lo return
    ip daddr 127.0.0.0/8 return
    ip6 daddr ::1 return
    meta l4proto tcp redirect to :15001
  }
}
"""
    )


@pytest.mark.rule("AG-11")
def test_what_is_included_and_excluded() -> None:
    rules = ruleset(
        Capture(
            by_mark=True,
            dns=False,
            inbound=(8080, 9080),
            not_inbound=(22,),
            not_outbound=(3306,),
            outbound_ranges=("10.0.0.0/8",),
            not_outbound_ranges=("10.9.0.0/16",),
            users=(1000,),
            drop_invalid=True,
        )
    )
    lines = [line.strip() for line in rules.splitlines()]
    inbound, outbound = lines[lines.index("chain inbound {") + 2 :], lines[lines.index("chain outbound {") + 2 :]
    assert inbound[:2] == ["tcp dport { 22, 15008, 15020, 15021, 15090 } return", "tcp dport { 8080, 9080 } redirect to :15006"]
    assert outbound[:10] == [
        "oifname lo ip saddr 127.0.0.6 return",
        "oifname lo meta mark 1337 ip daddr != 127.0.0.1 tcp dport != 15008 redirect to :15006",
        "meta mark 1337 return",
        "meta skuid != { 1000 } return",
        "oifname lo return",
        "ip daddr 127.0.0.0/8 return",
        "ip6 daddr ::1 return",
        "tcp dport { 3306 } return",
        "ip daddr { 10.9.0.0/16 } return",
        "ip daddr { 10.0.0.0/8 } meta l4proto tcp redirect to :15001",
    ]
    assert "ct state invalid drop" in lines


@pytest.mark.rule("AG-11")
def test_one_direction_may_be_left_alone_but_for_some_ports() -> None:
    rules = ruleset(Capture(by_mark=True, takes_inbound=False, takes_outbound=False, outbound=(3306,)))
    redirected = [line.strip() for line in rules.splitlines() if "redirect" in line]
    assert redirected == [
        *("udp dport 53 redirect to :15053", "tcp dport 53 redirect to :15053"),
        "tcp dport { 3306 } redirect to :15001",
    ]


def test_taking_the_rules_away_is_no_error_when_there_are_none() -> None:
    assert removal() == "table inet lateen\ndelete table inet lateen\n"
