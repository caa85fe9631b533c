"""Ingresses in a running control plane: their status tells where they are reached."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lateen.control.plane import ControlPlane
from lateen.values.ref import Ref

FRONT = """
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {type: LoadBalancer, externalIPs: [9.9.9.9], ports: [{name: http, port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: default, annotations: {kubernetes.io/ingress.class: istio}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"""


@pytest.mark.rule("GW-11")
async def test_the_status_of_an_ingress_follows_the_service_in_front(control_plane: ControlPlane, client: Any) -> None:
    async def told(text: str) -> None:
        async with asyncio.timeout(60):
            while True:
                stored = await control_plane.store.get(Ref("Ingress", "default", "shop"))
                if stored is not None and text in str(stored):
                    return
                await asyncio.sleep(0.02)

    for document in FRONT.split("---"):
        await client.apply(document)
    await told("9.9.9.9")
    await client.apply(FRONT.split("---")[0].replace("9.9.9.9", "8.8.8.8"))
    await told("8.8.8.8")
