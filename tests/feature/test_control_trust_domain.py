"""A trust domain that changes while the mesh runs."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from lateen.agent import certificates
from lateen.agent.secrets import Certificate
from lateen.control.plane import ControlPlane
from lateen.identity.trust import named_identity
from lateen.values.spiffe import Identity

MESH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "trustDomain: new.mesh\\ntrustDomainAliases: [ALIASES]"}
"""
OLD = Identity("cluster.local", "default", "web")


async def apply(plane: ControlPlane, client: Any, aliases: str) -> None:
    await client.apply(MESH.replace("ALIASES", aliases))
    await plane.feed.landed((await plane.store.list()).revision)


async def standing(client: Any) -> list[str]:
    told = await client.get("/lateen/v1/standing", ref="ConfigMap/istio-system/istio")
    return [each["code"] for each in told["findings"] if each["path"] == "data.mesh.trustDomain"]


async def test_a_workload_of_an_alias_renews_into_the_new_trust_domain_and_one_of_no_alias_is_refused_and_told_of(
    control_plane: ControlPlane, client: Any
) -> None:
    where = certificates.ControlPlane(control_plane.connection.discovery, control_plane.connection.roots.encode())
    token = (await client.call("POST", "/lateen/v1/tokens", {"serviceAccount": "web"}))["token"]
    before = await certificates.fetch(where, OLD, token)
    assert of(before) == OLD
    await apply(control_plane, client, "")
    assert await standing(client) == ["TrustDomainChanged"]
    with pytest.raises(certificates.RefusedError, match=r'is of the trust domain "cluster.local"; this mesh is new.mesh'):
        await certificates.fetch(where, OLD, before)
    await apply(control_plane, client, "cluster.local")
    assert await standing(client) == []
    assert of(await certificates.fetch(where, OLD, before)) == Identity("new.mesh", "default", "web")
    assert of(await certificates.fetch(where, OLD, token)) == Identity("new.mesh", "default", "web")


def of(certificate: Certificate) -> object:
    return named_identity(x509.load_pem_x509_certificate(certificate.chain))
