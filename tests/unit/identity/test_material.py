"""The authority's folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lateen.identity import ca, csr, material, trust

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_an_empty_folder_gets_an_authority_that_the_next_start_finds_again(tmp_path: Path):
    first = material.load_or_create(tmp_path / "ca", "cluster.local", NOW)
    again = material.load_or_create(tmp_path / "ca", "cluster.local", NOW + timedelta(days=1))
    assert (again.authority.above, again.trust) == (first.authority.above, first.trust)
    assert again.root is not None and again.root.certificate == again.authority.root


def test_keys_are_for_their_owner_only(tmp_path: Path):
    material.load_or_create(tmp_path, "cluster.local", NOW)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        "ca-cert.pem": "0o644",
        "ca-key.pem": "0o600",
        "cert-chain.pem": "0o644",
        "root-cert.pem": "0o644",
        "root-key.pem": "0o600",
    }


@pytest.mark.rule("CA-3")
def test_a_plugged_in_folder_is_taken_as_it_is(tmp_path: Path):
    plugged = material.created("corp.example", NOW)
    material.save(tmp_path, plugged)
    (tmp_path / "root-key.pem").unlink()
    found = material.load_or_create(tmp_path, "cluster.local", NOW)
    assert found.root is None and found.authority.above == plugged.authority.above
    with pytest.raises(material.MaterialUnusable, match=r"root-key\.pem is not in the folder"):
        material.renewed(found, NOW)


def test_a_plugged_in_key_that_does_not_fit_is_said_and_nothing_is_overwritten(tmp_path: Path):
    material.save(tmp_path, material.created("corp.example", NOW))
    (tmp_path / "root-key.pem").unlink()
    (tmp_path / "ca-key.pem").write_text(csr.key_pem(csr.new_key()))
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    with pytest.raises(material.MaterialUnusable, match=r"ca-key\.pem is not the key of ca-cert\.pem"):
        material.load_or_create(tmp_path, "cluster.local", NOW)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_missing_root_is_named(tmp_path: Path):
    material.save(tmp_path, material.created("corp.example", NOW))
    (tmp_path / "root-cert.pem").unlink()
    with pytest.raises(material.MaterialUnusable, match=r"root-cert\.pem is missing"):
        material.load_or_create(tmp_path, "cluster.local", NOW)


def test_a_crash_between_key_and_certificate_is_repaired_with_the_same_root(tmp_path: Path):
    first = material.load_or_create(tmp_path, "cluster.local", NOW)
    (tmp_path / "ca-key.pem").write_text(csr.key_pem(csr.new_key()))
    repaired = material.load_or_create(tmp_path, "cluster.local", NOW)
    assert repaired.authority.root == first.authority.root
    assert repaired.authority.certificate.public_key() == repaired.authority.key.public_key()


def test_a_crash_right_after_the_roots_key_leaves_a_folder_that_starts(tmp_path: Path):
    (tmp_path / "root-key.pem").write_text(csr.key_pem(csr.new_key()))
    assert material.load_or_create(tmp_path, "cluster.local", NOW).root is not None


@pytest.mark.rule("CA-4")
def test_a_rotation_trusts_before_it_signs_and_drops_last_through_the_folder(tmp_path: Path):
    old = material.load_or_create(tmp_path, "cluster.local", NOW)

    def stored(step: material.Material) -> material.Material:
        material.save(tmp_path, step)
        return material.load_or_create(tmp_path, "cluster.local", NOW)

    told = stored(material.announced(old, "cluster.local", NOW))
    assert len(told.trust.roots) == 2 and told.authority.root == old.authority.root
    signing = stored(material.adopted(told, NOW))
    assert len(signing.trust.roots) == 2 and signing.authority.root == told.trust.certificates[1]
    done = stored(material.settled(signing, NOW + timedelta(days=91)))
    assert done.trust == trust.bundle(signing.authority.root)


def test_a_root_that_signs_leaves_itself_may_be_plugged_in(tmp_path: Path):
    root = ca.new_root("corp.example", NOW)
    authority = ca.Authority(root.certificate, root.key, (), root.certificate)
    material.save(tmp_path, material.Material(authority, trust.bundle(root.certificate)))
    assert material.load_or_create(tmp_path, "cluster.local", NOW).authority.above == (root.certificate,)
