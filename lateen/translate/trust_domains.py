"""Trust domain migration (AZ-6, AZ-13): a principal of one of the mesh's own trust domains means the same one of each of them."""

from __future__ import annotations

CLUSTER_LOCAL = "cluster.local"
"""Stands for the mesh's own trust domain in what users write."""


def principals(written: tuple[str, ...], trust_domains: tuple[str, ...]) -> tuple[str, ...]:
    """The principals in all of the trust domains, of which the first is the mesh's own; each once."""
    return tuple(dict.fromkeys(one for each in written for one in _variants(each, trust_domains)))


def _variants(principal: str, trust_domains: tuple[str, ...]) -> tuple[str, ...]:
    domain, slash, rest = principal.partition("/")
    if not slash or domain == "*" or not any(_fits(domain, each) for each in (*trust_domains, CLUSTER_LOCAL)):
        return (principal,)
    return tuple(principal if _fits(domain, each) else f"{each}/{rest}" for each in trust_domains)


def _fits(pattern: str, domain: str) -> bool:
    return domain.endswith(pattern[1:]) if pattern.startswith("*") else domain == pattern
