"""RequestAuthentication: which tokens are believed (https://istio.io/latest/docs/reference/config/security/request_authentication/)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from lateen.api.selector import PolicyTargetReference, TargetRefs, WorkloadSelector
from lateen.api.shape import Given, Strict
from lateen.values.duration import Duration


class JWTHeader(Strict, frozen=True):
    """A header that carries a token, behind a prefix such as `Bearer `."""

    name: str
    prefix: str = ""


class ClaimToHeader(Strict, frozen=True):
    """A claim that is passed on as a header."""

    header: str
    claim: str


_Address = Annotated[str, Meta(min_length=1, max_length=2048)]


class JWTRule(Strict, frozen=True):
    """One issuer: where its tokens are found and how they are checked. `jwks_uri_old` is another spelling of `jwks_uri`."""

    issuer: Given = ""
    audiences: tuple[str, ...] = ()
    jwks_uri: _Address = ""
    jwks_uri_old: _Address = msgspec.field(default="", name="jwks_uri")
    jwks: str = ""
    from_headers: tuple[JWTHeader, ...] = ()
    from_params: tuple[str, ...] = ()
    from_cookies: tuple[str, ...] = ()
    output_payload_to_header: str = ""
    forward_original_token: bool = False
    output_claim_to_headers: tuple[ClaimToHeader, ...] = ()
    timeout: Duration | None = None
    space_delimited_claims: Annotated[tuple[str, ...], Meta(max_length=64)] = ()


class RequestAuthentication(Strict, frozen=True):
    """The issuers believed by the selected workloads."""

    selector: WorkloadSelector | None = None
    target_ref: PolicyTargetReference | None = None
    target_refs: TargetRefs = ()
    jwt_rules: Annotated[tuple[JWTRule, ...], Meta(max_length=4096)] = ()
