"""AuthorizationPolicy: who may call what (https://istio.io/latest/docs/reference/config/security/authorization-policy/)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from lateen.api.selector import PolicyTargetReference, TargetRefs, WorkloadSelector
from lateen.api.shape import Strict


class Action(StrEnum):
    """What follows from a match (AZ-2)."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    AUDIT = "AUDIT"
    CUSTOM = "CUSTOM"


_Accounts = Annotated[tuple[Annotated[str, Meta(max_length=320)], ...], Meta(max_length=16)]


class Source(Strict, frozen=True):
    """Conditions on the caller; fields are ANDed, the values of one field ORed (AZ-4)."""

    principals: tuple[str, ...] = ()
    not_principals: tuple[str, ...] = ()
    request_principals: tuple[str, ...] = ()
    not_request_principals: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    not_namespaces: tuple[str, ...] = ()
    service_accounts: _Accounts = ()
    not_service_accounts: _Accounts = ()
    ip_blocks: tuple[str, ...] = ()
    not_ip_blocks: tuple[str, ...] = ()
    remote_ip_blocks: tuple[str, ...] = ()
    not_remote_ip_blocks: tuple[str, ...] = ()
    trust_domains: tuple[str, ...] = ()
    not_trust_domains: tuple[str, ...] = ()


class From(Strict, frozen=True):
    """One caller among which any may match."""

    source: Source | None = None


class Operation(Strict, frozen=True):
    """Conditions on what is called; fields are ANDed, the values of one field ORed."""

    hosts: tuple[str, ...] = ()
    not_hosts: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    not_ports: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    not_methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()


class To(Strict, frozen=True):
    """One operation among which any may match."""

    operation: Operation | None = None


class Condition(Strict, frozen=True):
    """A condition on an attribute such as `request.headers[x]` (AZ-7)."""

    key: str
    values: tuple[str, ...] = ()
    not_values: tuple[str, ...] = ()


class Rule(Strict, frozen=True):
    """Callers, operations and conditions, all of which must hold; an empty rule holds always."""

    from_: Annotated[tuple[From, ...], Meta(max_length=512)] = msgspec.field(default=(), name="from")
    to: tuple[To, ...] = ()
    when: tuple[Condition, ...] = ()


class ExtensionProvider(Strict, frozen=True):
    """The provider of the mesh configuration that decides for `CUSTOM`."""

    name: str = ""


class AuthorizationPolicy(Strict, frozen=True):
    """Rules of which any may match; without rules nothing matches."""

    selector: WorkloadSelector | None = None
    target_ref: PolicyTargetReference | None = None
    target_refs: TargetRefs = ()
    rules: Annotated[tuple[Rule, ...], Meta(max_length=512)] = ()
    action: Action = Action.ALLOW
    provider: ExtensionProvider | None = None
