"""Which object or list a URL of Kubernetes' REST API means (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). Pure."""

from __future__ import annotations

import msgspec

from lateen.api.kinds import KINDS, Kind
from lateen.control.api.failure import Failure
from lateen.values.ref import Ref

_BY_PLURAL = {(kind.group, kind.plural): kind for kind in KINDS.values()}


class Target(msgspec.Struct, frozen=True):
    """A kind in a version; a namespace ("" for all, or cluster-scoped); a name ("" for the list); a subresource ("" or `status`)."""

    kind: Kind
    version: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def api_version(self) -> str:
        """As it stands in manifests of this version."""
        return f"{self.kind.group}/{self.version}" if self.kind.group else self.version

    @property
    def ref(self) -> Ref:
        """The object meant."""
        return Ref(self.kind.key, self.namespace, self.name)


def target(group: str, version: str, rest: str) -> Target:
    """What the rest of a path means, after `/api/v1/` or `/apis/GROUP/VERSION/`. Raises `Failure` (404) when it means nothing."""
    parts = [part for part in rest.split("/") if part]
    namespace = ""
    if len(parts) >= 3 and parts[0] == "namespaces" and not (len(parts) == 3 and parts[2] == "status"):
        namespace, parts = parts[1], parts[2:]
    if not 1 <= len(parts) <= 3:
        raise _nothing(rest)
    plural, name, subresource = (*parts, "", "")[:3]
    kind = _BY_PLURAL.get((group, plural))
    if kind is None or version not in kind.versions or subresource not in ("", "status"):
        raise _nothing(rest)
    if kind.namespaced and name and not namespace:
        raise Failure(400, f"{kind.kind} objects are in namespaces: ask for namespaces/NAMESPACE/{plural}/{name}.")
    return Target(kind, version, namespace if kind.namespaced else "", name, subresource)


def _nothing(rest: str) -> Failure:
    return Failure(404, f"the server could not find the requested resource: there is nothing at {rest}")
