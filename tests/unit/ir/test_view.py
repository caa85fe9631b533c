"""What of a proxy its configuration may depend on."""

from __future__ import annotations

from lateen.ir.view import NOWHERE, Locality, ProxyKind, View


def test_replicas_share_one_view():
    first, second = (View(ProxyKind.SIDECAR, "shop", (("app", "web"),)) for _ in range(2))

    assert first == second
    assert hash(first) == hash(second)


def test_a_locality_reads_as_its_known_parts():
    assert str(Locality("europe", "west")) == "europe/west"
    assert str(NOWHERE) == ""


def test_a_setting_that_was_not_given_is_empty():
    view = View(ProxyKind.SIDECAR, "shop", settings=(("HTTP10", "1"),))

    assert (view.setting("HTTP10"), view.setting("IDLE_TIMEOUT")) == ("1", "")
