"""Who may be which proxy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lateen.control.peers import authorize, mismatch
from lateen.identity import Refusal
from lateen.identity.authenticate import Credentials
from lateen.values.spiffe import Identity
from lateen.xds.node import Proxy
from lateen.xds.server import METADATA

WEB = Identity("cluster.local", "default", "web")
SECURE = {"transport_security_type": [b"ssl"]}


def proxy(namespace: str = "default", account: str = "") -> Proxy:
    return Proxy("sidecar~1.1.1.1~a.b~b.svc.cluster.local", "sidecar", ("1.1.1.1",), "a", namespace, "cluster.local", service_account=account)


def web_only(credentials: Credentials, _now: datetime) -> Identity | Refusal | None:
    return WEB if credentials.token == "good" else None


def now() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.rule("XD-10")
def test_namespace_and_service_account_must_fit() -> None:
    assert mismatch(WEB, proxy()) is None
    assert mismatch(WEB, proxy(account="web")) is None
    assert "cannot be a proxy of the service account" in str(mismatch(WEB, proxy(account="admin")))
    assert "cannot be a proxy of the namespace" in str(mismatch(WEB, proxy("prod", "web")))


@pytest.mark.rule("XD-10")
def test_over_tls_a_token_must_be_shown() -> None:
    check = authorize([web_only], now)
    assert check(SECURE | {METADATA: (("authorization", "Bearer good"),)}, proxy()) is None
    assert "neither a certificate nor a token" in str(check(SECURE | {METADATA: (("authorization", "Bearer bad"),)}, proxy()))
    assert "showed neither" in str(check(SECURE, proxy()))


def test_on_plaintext_a_proxy_is_taken_at_its_word() -> None:
    assert authorize([web_only], now)({}, proxy("prod")) is None
