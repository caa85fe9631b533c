"""Gateways as VirtualServices name them (N-2)."""

from __future__ import annotations

MESH = "mesh"
"""The gateway name that stands for all sidecars."""
INGRESS = "ingress"
"""The name of the one gateway that all Ingresses are attached to; nobody can write it."""


def gateway_names(written: tuple[str, ...], namespace: str, domain: str) -> tuple[str, ...]:
    """Gateways named in a VirtualService of `namespace`, each as `namespace/name` or `mesh` (N-2)."""
    return tuple(_full(name, namespace, domain) for name in written) or (MESH,)


def _full(name: str, namespace: str, domain: str) -> str:
    if name == MESH:
        return name
    if name.startswith("./"):
        return f"{namespace}/{name[2:]}"
    if "/" in name:
        return name
    bare, _, rest = name.partition(".")
    owner = rest.removesuffix(f".svc.{domain}").removesuffix(".svc")
    return f"{owner}/{bare}" if rest and "." not in owner else f"{namespace}/{name}"
