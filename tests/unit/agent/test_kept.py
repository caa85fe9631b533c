"""What one agent leaves to the next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lateen.agent import kept
from lateen.agent.dns import Host
from lateen.agent.peer_roots import NOBODY, PeerRoots, Root
from lateen.agent.secrets import Certificate
from lateen.identity import ca, csr
from lateen.values.spiffe import Identity

A, B = (Identity("cluster.local", "default", name) for name in "ab")
NOW = datetime.now(UTC)
CALLED = "a-1;default;a;v1;here"


def issued(authority: ca.Authority) -> Certificate:
    key = csr.new_key()
    chain = ca.issue(authority, A, key.public_key(), ca.DEFAULT_TTL, NOW, workload=CALLED)
    return Certificate("".join(chain[:-1]).encode(), csr.key_pem(key).encode(), chain[-1].encode())


def test_a_certificate_is_kept_for_its_identity_its_workload_its_mesh_and_its_time_and_for_this_user_alone(tmp_path: Path) -> None:
    one, other = (issued(ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW)) for _ in range(2))
    kept.keep_certificate(tmp_path, one)
    assert kept.certificate(tmp_path, A, CALLED, one.roots, NOW) == one
    assert kept.certificate(tmp_path, B, CALLED, one.roots, NOW) is None
    assert kept.certificate(tmp_path, A, "a-2;default;a;v2;here", one.roots, NOW) is None
    assert kept.certificate(tmp_path, A, CALLED, other.roots, NOW) is None
    assert kept.certificate(tmp_path, A, CALLED, one.roots, NOW + timedelta(days=2)) is None
    assert (tmp_path / "certificate.json").stat().st_mode & 0o777 == 0o600


def test_nothing_that_can_be_read_is_nothing_kept(tmp_path: Path) -> None:
    (tmp_path / "certificate.json").write_text("{")
    assert kept.certificate(tmp_path, A, CALLED, b"", NOW) is None
    assert kept.hosts(tmp_path) == {}
    kept.keep_hosts(tmp_path, {"a": Host("a.x", ("1.1.1.1",))})
    assert kept.hosts(tmp_path) == {"a": Host("a.x", ("1.1.1.1",))}
    assert kept.peers(tmp_path) == NOBODY
    kept.keep_peers(tmp_path, PeerRoots(("a",), (Root("p", ("d",)),)))
    assert kept.peers(tmp_path) == PeerRoots(("a",), (Root("p", ("d",)),))
