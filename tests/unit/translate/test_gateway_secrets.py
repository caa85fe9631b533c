"""Secret objects as what gateways ask for."""

from __future__ import annotations

import base64

import pytest

from lateen.api.indexes import ROUTED_PARTS
from lateen.ir.secret import KeyPair, Roots
from lateen.ir.view import Perspective
from lateen.translate.gateway_secrets import material, outward, outward_aliased
from lateen.values.ref import Ref
from tests.given.worlds import world

pytestmark = pytest.mark.rule("GW-9")


def secret(name: str, **values: bytes) -> str:
    written = ", ".join(f"{key.replace('_', '.')}: {base64.b64encode(value).decode()}" for key, value in values.items())
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: edge}}
data: {{{written}}}
"""


def test_certificate_and_key_are_found_under_either_of_their_names():
    g = world(secret("new", tls_crt=b"C", tls_key=b"K"), secret("old", cert=b"c", key=b"k"))

    assert material(g, "edge", "kubernetes://new") == KeyPair("kubernetes://new", b"C", b"K", (Ref("Secret", "edge", "new"),))
    assert material(g, "edge", "kubernetes://old") == KeyPair("kubernetes://old", b"c", b"k", (Ref("Secret", "edge", "old"),))


def test_roots_are_of_the_same_secret_or_of_one_made_for_them_which_is_preferred():
    g = world(secret("a", tls_crt=b"C", tls_key=b"K", ca_crt=b"R", ca_crl=b"L"))
    assert material(g, "edge", "kubernetes://a-cacert") == Roots("kubernetes://a-cacert", b"R", b"L", (Ref("Secret", "edge", "a"),))

    g = world(secret("a", ca_crt=b"R"), secret("a-cacert", cacert=b"S"))
    assert material(g, "edge", "kubernetes://a-cacert") == Roots("kubernetes://a-cacert", b"S", origins=(Ref("Secret", "edge", "a-cacert"),))


def test_secrets_of_other_namespaces_and_incomplete_ones_are_not_told():
    g = world(secret("a", tls_crt=b"C", tls_key=b"K"), secret("half", tls_crt=b"C"))

    assert material(g, "default", "kubernetes://a") is None
    assert material(g, "edge", "kubernetes://half") is None
    assert material(g, "edge", "kubernetes://a-cacert") is None
    assert material(g, "edge", "default") is None


@pytest.mark.rule("DR-8")
def test_secrets_that_rules_name_for_destinations_of_the_gateway_are_known():
    written = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: a, namespace: default}
spec: {hosts: [a.test], resolution: DNS, ports: [{number: 443, name: https}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: default}
spec: {host: a.test, trafficPolicy: {tls: {mode: MUTUAL, credentialName: own}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: default}
spec: {hosts: [a.test], gateways: [gw], http: [{route: [{destination: {host: a.test}}]}]}
"""
    g, seen = world(written), Perspective("edge", gateway=True)

    assert [each for piece in range(ROUTED_PARTS) for each in outward(g, seen, ("default/gw",), piece)] == [
        "kubernetes://own",
        "kubernetes://own-cacert",
    ]
    assert outward_aliased(g, seen, ("default/gw",)) == ()
