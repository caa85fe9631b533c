"""Roots and their overlap."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from lateen.identity import ca, csr, trust
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEB = Identity("cluster.local", "shop", "web")


def leaf(root: ca.Root) -> tuple[x509.Certificate, ...]:
    chain = ca.issue(ca.new_intermediate(root, NOW), WEB, csr.new_key().public_key(), timedelta(hours=1), NOW)
    return tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in chain[:-1])


@pytest.mark.rule("CA-4")
def test_during_the_overlap_leaves_of_both_roots_are_believed():
    old, new = ca.new_root("cluster.local", NOW), ca.new_root("cluster.local", NOW)
    both = trust.bundle(old.certificate).with_root(new.certificate).retiring(old.certificate, NOW)
    assert [trust.verified_identity(both, leaf(root), NOW) for root in (old, new)] == [WEB, WEB]


@pytest.mark.rule("CA-4")
def test_a_retired_root_is_dropped_only_after_its_last_leaf():
    old, new = ca.new_root("cluster.local", NOW), ca.new_root("cluster.local", NOW)
    both = trust.bundle(old.certificate, new.certificate).retiring(old.certificate, NOW)
    assert both.retired_before(NOW) == both
    assert both.retired_before(NOW + timedelta(seconds=1)).certificates == (new.certificate,)
    assert isinstance(trust.verified_identity(trust.bundle(new.certificate), leaf(old), NOW), Refusal)


def test_adding_a_root_twice_changes_nothing_and_adding_a_retired_one_revives_it():
    root = ca.new_root("cluster.local", NOW).certificate
    once = trust.bundle(root)
    assert once.with_root(root) is once
    assert once.retiring(root, NOW).with_root(root) == once


def test_a_bundle_survives_its_file_with_the_time_of_retirement():
    first, second = (ca.new_root("cluster.local", NOW).certificate for _ in range(2))
    bundle = trust.bundle(first, second).retiring(first, NOW)
    assert trust.read_bundle(trust.annotated_pem(bundle)) == bundle
    assert trust.read_bundle(bundle.pem) == trust.bundle(first, second)


def test_a_leaf_that_has_ended_is_refused_with_its_name():
    root = ca.new_root("cluster.local", NOW)
    assert trust.verified_identity(trust.bundle(root.certificate), leaf(root), NOW + timedelta(hours=2)) == Refusal(
        "The certificate of spiffe://cluster.local/ns/shop/sa/web does not lead to a root of this mesh, or is not valid at 2026-05-01 14:00 UTC."
    )


def test_the_serving_certificate_is_no_workload():
    signer = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW)
    serving = x509.load_pem_x509_certificate(ca.serving_certificate(signer, NOW).chain.encode())
    assert isinstance(trust.named_identity(serving), Refusal)
