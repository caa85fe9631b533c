"""The authority at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from lateen.control.certificates import Certificates, roots_of


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def leaf(certificates: Certificates) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificates.serving().chain.encode())


def test_its_own_certificate_is_renewed_long_before_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    certificates = Certificates(tmp_path, "cluster.local", (), clock)
    first = leaf(certificates)
    clock.at += timedelta(hours=1)
    certificates.refresh()
    assert leaf(certificates) == first
    clock.at += timedelta(hours=6)
    certificates.refresh()
    assert leaf(certificates).not_valid_after_utc > first.not_valid_after_utc


def test_the_intermediate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    certificates = Certificates(tmp_path, "cluster.local", (), clock)
    first = certificates.authority().certificate
    clock.at += timedelta(days=310)
    certificates.refresh()
    assert certificates.authority().certificate != first
    assert certificates.authority().root == roots_root(certificates)


def roots_root(certificates: Certificates) -> x509.Certificate:
    return certificates.material.trust.certificates[0]


def test_it_bears_the_names_by_which_it_is_reached(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, "cluster.local", ("mesh.example.com", "10.1.2.3"), Clock())
    names = leaf(certificates).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "mesh.example.com" in names.get_values_for_type(x509.DNSName)
    assert "10.1.2.3" in [str(each) for each in names.get_values_for_type(x509.IPAddress)]


def test_a_rotation_tells_whoever_wants_to_know_and_outlives_a_restart(tmp_path: Path) -> None:
    told: list[int] = []
    certificates = Certificates(tmp_path, "cluster.local", (), Clock())
    certificates.changed = lambda: told.append(len(certificates.material.trust.roots))
    certificates.announce()
    assert told == [2]
    assert [root.signs for root in roots_of(certificates.material)] == [True, False]
    certificates.switch()
    assert [(root.signs, bool(root.retired)) for root in roots_of(certificates.material)] == [(False, True), (True, False)]
    assert Certificates(tmp_path, "cluster.local", (), Clock()).roots() == certificates.roots()
