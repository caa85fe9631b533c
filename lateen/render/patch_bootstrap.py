"""Patches of what a proxy is started with, laid together for the agent that starts it (EX-1). Envoy merges them into the agent's bootstrap itself."""

from __future__ import annotations

from typing import Any

from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from google.protobuf import json_format

from lateen.ir.patch import Operation, Patch, Reach
from lateen.render.patch_merge import merge
from lateen.render.patch_validity import of_fields
from lateen.render.patch_values import Unreadable, value


def bootstrap(patches: tuple[Patch, ...], *, at_gateway: bool) -> dict[str, Any]:
    """The JSON of one Bootstrap with all that is merged; empty for nothing. What breaks a rule that Envoy states for a field is left out (EX-3)."""
    whole = Bootstrap()
    for patch in patches:
        meant = patch.reach is Reach.ANY or (patch.reach is Reach.GATEWAY) is at_gateway
        if meant and patch.operation is Operation.MERGE:
            _lay(whole, patch)
    return json_format.MessageToDict(whole, preserving_proto_field_name=True)


def _lay(whole: Bootstrap, patch: Patch) -> None:
    try:
        said = value(patch)
    except Unreadable:
        return
    if not any(of_fields(said, "")):
        merge(whole, said)
