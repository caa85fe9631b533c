"""`Patch`: a change that a user makes to what Envoy is told, in Envoy's own words.

The one value here whose words are not ours: nobody but `render` understands what it says. What is ours is the order in which patches stand, which is
that in which they take effect, and the object that each came from. What may not enter: who it is meant for, which is settled before.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.values.ref import Ref


class Target(StrEnum):
    """The thing that is changed."""

    LISTENER = "LISTENER"
    FILTER_CHAIN = "FILTER_CHAIN"
    NETWORK_FILTER = "NETWORK_FILTER"
    HTTP_FILTER = "HTTP_FILTER"
    LISTENER_FILTER = "LISTENER_FILTER"
    ROUTE_CONFIGURATION = "ROUTE_CONFIGURATION"
    VIRTUAL_HOST = "VIRTUAL_HOST"
    HTTP_ROUTE = "HTTP_ROUTE"
    CLUSTER = "CLUSTER"
    EXTENSION_CONFIG = "EXTENSION_CONFIG"
    BOOTSTRAP = "BOOTSTRAP"
    """What a proxy is started with."""


class Operation(StrEnum):
    """How it is changed. Merged lists are appended to, or with `MERGE_AND_REPLACE_LIST` replaced."""

    MERGE = "MERGE"
    MERGE_AND_REPLACE_LIST = "MERGE_AND_REPLACE_LIST"
    ADD = "ADD"
    REMOVE = "REMOVE"
    INSERT_BEFORE = "INSERT_BEFORE"
    INSERT_AFTER = "INSERT_AFTER"
    INSERT_FIRST = "INSERT_FIRST"
    REPLACE = "REPLACE"

    @property
    def merges(self) -> bool:
        """Whether the value is merged into what is there."""
        return self in (Operation.MERGE, Operation.MERGE_AND_REPLACE_LIST)


class Reach(StrEnum):
    """The proxies, and of a sidecar the side, that a patch is for."""

    ANY = "ANY"
    INBOUND = "SIDECAR_INBOUND"
    OUTBOUND = "SIDECAR_OUTBOUND"
    GATEWAY = "GATEWAY"


class Place(StrEnum):
    """Where among the others an added HTTP filter stands."""

    ANYWHERE = "UNSPECIFIED"
    AUTHN = "AUTHN"
    AUTHZ = "AUTHZ"
    STATS = "STATS"


class ListenerMatch(msgspec.Struct, frozen=True, cache_hash=True):
    """A listener, and something inside of it. All that is given must hold; what is empty or 0 always does."""

    name: str = ""
    port: int = 0
    listener_filter: str = ""
    chain: str = ""
    server_name: str = ""
    transport: str = ""
    protocols: tuple[str, ...] = ()
    destination_port: int = 0
    filter: str = ""
    sub_filter: str = ""


class TableMatch(msgspec.Struct, frozen=True, cache_hash=True):
    """A route table, and something inside of it. All that is given must hold; `action` is `ROUTE`, `REDIRECT` or `DIRECT_RESPONSE`.

    `port_name` and `gateway` (`namespace/name`) are those of gateways' tables.
    """

    name: str = ""
    port: int = 0
    port_name: str = ""
    gateway: str = ""
    host: str = ""
    domain: str = ""
    route: str = ""
    action: str = ""


class ClusterMatch(msgspec.Struct, frozen=True, cache_hash=True):
    """A cluster by what its name stands for; where `name` is given nothing else is looked at."""

    name: str = ""
    port: int = 0
    service: str = ""
    subset: str = ""


class Patch(msgspec.Struct, frozen=True, cache_hash=True):
    """One change. `value` is the JSON of a message of Envoy, empty where there is none; `match` None is everything that the target can be.

    `origin` is the object that says so, in the entry number `index` of its list.
    """

    target: Target
    operation: Operation
    origin: Ref
    index: int
    reach: Reach = Reach.ANY
    match: ListenerMatch | TableMatch | ClusterMatch | None = None
    value: str = ""
    place: Place = Place.ANYWHERE
