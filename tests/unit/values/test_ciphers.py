"""Which words of TLS are told on."""

from __future__ import annotations

from lateen.values import ciphers


def test_suites_are_told_once_and_in_order_with_groups_of_equals():
    group = "[AES128-SHA|AES256-SHA]"
    assert ciphers.suites(("AES256-SHA", group, "ROT13", "AES256-SHA", "[AES128-SHA|ROT13]", "!AES128-SHA", "ALL")) == ("AES256-SHA", group, "ALL")


def test_curves_are_told_once_and_in_order():
    assert ciphers.curves(("X25519", "P-256", "BENT", "X25519", "p-384")) == ("X25519", "P-256")
