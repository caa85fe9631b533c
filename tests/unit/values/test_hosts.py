"""Host names and wildcards."""

from __future__ import annotations

import pytest

from lateen.values import hosts


@pytest.mark.rule("N-1")
@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("reviews", "reviews.shop.svc.cluster.local"),
        ("reviews.shop", "reviews.shop"),
        ("*", "*"),
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_a_name_without_a_dot_is_completed(written: str, full: str):
    assert hosts.qualified(written, "shop", "cluster.local") == full


@pytest.mark.rule("N-3")
@pytest.mark.parametrize(
    ("left", "right", "overlap"),
    [
        ("a.foo.com", "a.foo.com", True),
        ("*.foo.com", "a.b.foo.com", True),
        ("a.b.foo.com", "*.foo.com", True),
        ("*.foo.com", "foo.com", False),
        ("*.foo.com", "*.b.foo.com", True),
        ("*.foo.com", "*.bar.com", False),
        ("*", "anything", True),
        ("A.foo.com", "a.foo.com", False),
    ],
)
def test_hosts_overlap(left: str, right: str, overlap: bool):
    assert hosts.matches(left, right) is overlap


@pytest.mark.rule("N-3")
def test_being_part_of_a_wildcard_goes_one_way():
    assert hosts.is_subset("*.b.foo.com", "*.foo.com")
    assert not hosts.is_subset("*.foo.com", "*.b.foo.com")
    assert not hosts.is_subset("*.foo.com", "a.foo.com")


def test_addresses_are_told_from_names():
    assert [hosts.is_address(host) for host in ("10.0.0.1", "::1", "10.0.0.256", "a.b")] == [True, True, False, False]


def test_a_wildcard_begins_with_a_star():
    assert [hosts.is_wildcard(host) for host in ("*", "*.a", "a.*")] == [True, True, False]


@pytest.mark.rule("N-3")
def test_a_wildcard_may_stand_for_the_beginning_of_a_label():
    assert [host for host in ("*", "*.example", "*-a.example", "*a.example", "a.example") if hosts.is_partial(host)] == ["*-a.example", "*a.example"]
