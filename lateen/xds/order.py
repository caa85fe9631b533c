"""In which order the types go out on a stream: make before break (XD-3). Tables only; `session` obeys them.

What is new goes clusters, endpoints, listeners, routes, virtual hosts, secrets, then the rest. What is gone goes only when nothing that
the proxy still holds can need it: a cluster after the routes that named it have been replaced **and acknowledged**.
"""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "type.googleapis.com/envoy."

CDS: Final = _PREFIX + "config.cluster.v3.Cluster"
EDS: Final = _PREFIX + "config.endpoint.v3.ClusterLoadAssignment"
LEDS: Final = _PREFIX + "config.endpoint.v3.LbEndpoint"
LDS: Final = _PREFIX + "config.listener.v3.Listener"
RDS: Final = _PREFIX + "config.route.v3.RouteConfiguration"
VHDS: Final = _PREFIX + "config.route.v3.VirtualHost"
SDS: Final = _PREFIX + "extensions.transport_sockets.tls.v3.Secret"
ECDS: Final = _PREFIX + "config.core.v3.TypedExtensionConfig"

PUSH_ORDER: Final = (CDS, EDS, LEDS, LDS, RDS, VHDS, SDS, ECDS)
"""Types not listed come last, in the order in which the proxy asked for them."""

ADDED_AFTER: Final[dict[str, tuple[str, ...]]] = {LDS: (CDS,), RDS: (CDS, LDS), VHDS: (CDS, RDS)}
"""What is new in a type waits while these types still have something new to send. Endpoints wait for nothing: a proxy asks for those
of a cluster only when it has the cluster."""

REMOVED_AFTER: Final[dict[str, tuple[str, ...]]] = {
    CDS: (LDS, RDS, VHDS),
    EDS: (CDS,),
    LEDS: (CDS, EDS),
    RDS: (LDS,),
    SDS: (CDS, LDS),
    ECDS: (LDS,),
}
"""What is gone from a type is told once everything of these types that was published no later has been acknowledged. Endpoints and
route configurations are mostly never told at all: by then the proxy has given up asking for them."""

FOLLOWED_BY: Final[dict[str, str]] = {CDS: EDS, EDS: LEDS}
"""A changed cluster is followed by the assignment that it names in `follows`, and that by the members of the collections that it names: Envoy warms a
changed cluster and waits for its endpoints, without asking for what it already subscribes to. An assignment that changed by itself is followed by
nothing, for the cluster has the members."""

WAITS_FOR_FOLLOWERS: Final = frozenset({LDS, RDS, VHDS})
"""Types that wait for the acknowledgement of a response that brings new clusters with endpoints of their own, or new collections of endpoints: Envoy
asks for those before it acknowledges, so what routes to the cluster arrives behind them and finds it warm."""

COLLECTED_UNDER: Final[dict[str, str]] = {VHDS: RDS}
"""Types which a proxy asks for once and without names, and then expects for each name of the second type that it subscribes to."""


def rank(type_url: str) -> int:
    """The place of a type in the push order."""
    return _RANKS.get(type_url, len(PUSH_ORDER))


_RANKS: Final = {type_url: place for place, type_url in enumerate(PUSH_ORDER)}
