"""Which secrets a gateway is told."""

from __future__ import annotations

import pytest

from lateen.assembly.gateway_secrets import secret, secret_entries
from lateen.ir.view import Perspective
from tests.given.worlds import world

SEEN = Perspective("edge", gateway=True)
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: edge}
data: {tls.crt: QQ==, tls.key: QQ==}
"""


@pytest.mark.rule("GW-9")
def test_a_secret_that_is_not_there_has_a_name_and_no_resource():
    g = world(SECRET)

    assert [name for name, _ in secret_entries(g, SEEN, ("kubernetes://b", "kubernetes://a"), ())] == ["kubernetes://a", "kubernetes://b"]
    told = secret(g, "edge", "kubernetes://a")
    assert told is not None and told.name == "kubernetes://a"
    assert secret(g, "edge", "kubernetes://b") is None
