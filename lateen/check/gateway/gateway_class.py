"""GatewayClass: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#gatewayclass)."""

from __future__ import annotations

import re

from lateen.api.gateway.gateway_class import GatewayClass
from lateen.api.resource import Resource
from lateen.check.remark import Remarks, wrong

_CONTROLLER = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_LONGEST_NAME, _LONGEST_DESCRIPTION = 253, 64


def gateway_class(of: Resource[GatewayClass]) -> Remarks:
    """A controller, named by domain and path."""
    name, size = of.spec.controller_name, len(of.spec.description)
    if not _CONTROLLER.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield wrong(("spec", "controllerName"), f'found "{name}", expected a domain and a path such as "istio.io/gateway-controller".')
    if size > _LONGEST_DESCRIPTION:
        yield wrong(("spec", "description"), f"found a description of {size} characters, expected at most {_LONGEST_DESCRIPTION}.")
