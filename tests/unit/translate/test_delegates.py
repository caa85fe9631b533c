"""Routes that one VirtualService leaves to another."""

from __future__ import annotations

import pytest

from lateen.translate.delegates import delegates, http_routes
from lateen.values.ref import Ref
from tests.given.worlds import world

WORLD = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: default}
spec:
  hosts: [a.example]
  http:
  - {name: gone, match: [{uri: {prefix: /gone}}], delegate: {name: nobody}}
  - {name: secret, match: [{uri: {prefix: /secret}}], delegate: {name: secret, namespace: other}}
  - {name: shop, match: [{uri: {prefix: /shop}}], delegate: {name: leaf, namespace: other}}
  - {name: rest, route: [{destination: {host: b}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: leaf, namespace: other}
spec:
  exportTo: [default]
  http:
  - {name: nested, delegate: {name: secret}}
  - {name: carts, match: [{uri: {prefix: /shop/carts}}], route: [{destination: {host: carts}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: secret, namespace: other}
spec:
  exportTo: ["."]
  http:
  - {route: [{destination: {host: secret}}]}
"""


@pytest.mark.rule("VS-53")
def test_only_delegates_that_are_there_and_shown_count_and_only_one_level_of_them():
    g = world(WORLD)

    routes = http_routes(g, Ref("VirtualService", "default", "root"))

    assert [(owned.ref.name, owned.route.name) for owned in routes] == [("leaf", "shop-carts"), ("root", "rest")]
    assert delegates(g, Ref("VirtualService", "default", "root")) == (Ref("VirtualService", "other", "leaf"),)
