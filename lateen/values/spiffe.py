"""SPIFFE ids of workloads, `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md)."""

from __future__ import annotations

import re

import msgspec

_ID = re.compile(r"spiffe://([a-z0-9._-]{1,255})/ns/([A-Za-z0-9._-]+)/sa/([A-Za-z0-9._-]+)")


class Identity(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Who a workload is."""

    trust_domain: str
    namespace: str
    service_account: str

    def __str__(self) -> str:
        return f"spiffe://{self.trust_domain}/ns/{self.namespace}/sa/{self.service_account}"


def parse(uri: str) -> Identity | None:
    """The identity that `uri` names, or None when it is not of the form that Istio gives to workloads.

    SPIFFE-ID §2.2: a path segment has letters, digits, `.`, `-` and `_`."""
    found = _ID.fullmatch(uri)
    return Identity(*found.groups()) if found else None
