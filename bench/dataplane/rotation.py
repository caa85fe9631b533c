"""Certificates that last half a minute, for two minutes of requests, over connections that are renewed all the time: no request fails.

Each connection between the sidecars ends after ten requests, so that each certificate of either side is shown in many handshakes.
"""

from __future__ import annotations

import asyncio
from typing import Final

from bench.dataplane.latency import HOST, ready
from bench.dataplane.mesh import idle, load, mesh, origin
from bench.figures import Figure

LIFETIME: Final = 30.0
RATE: Final = 200.0
SECONDS: Final = 120.0
_RULE: Final = f"""\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: server, namespace: default}}
spec: {{host: {HOST}, trafficPolicy: {{connectionPool: {{http: {{maxRequestsPerConnection: 10}}}}}}}}
"""
_ISSUED: Final = "citadel_server_success_cert_issuance_count"
_PROXIES: Final = 2


async def measured(lifetime: float = LIFETIME, seconds: float = SECONDS) -> list[Figure]:
    """The whole row."""
    async with mesh("rotation", (origin("server"), idle("client")), lifetime, ("listener.", "cluster.outbound")) as made:
        await made.apply([_RULE])
        await ready(made)
        before = await asyncio.to_thread(made.plane.metric, _ISSUED)
        told = await load(made.namespace("client"), HOST, 80, RATE, 1.0, seconds)
        issued = await asyncio.to_thread(made.plane.metric, _ISSUED) - before
        handshakes = await made.statistic("server", r"^listener\..*15006.*ssl\.handshake$")
        retries = await made.statistic("client", r"^cluster\..*upstream_rq_retry$")
    row = f"certificates of {lifetime:g} s, {RATE:g} requests a second for {seconds:g} s"
    return [
        Figure(row, "failed requests", sum(told["failures"].values()), "", 0),
        Figure(row, "requests", len(told["microseconds"])),
        Figure(row, "certificates issued to each proxy", issued / _PROXIES),
        Figure(row, "handshakes", handshakes),
        Figure(row, "retries", retries),
    ]
