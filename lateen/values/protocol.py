"""Protocols of ports, spelled as Istio spells them (SD-1)."""

from __future__ import annotations

from enum import StrEnum


class Protocol(StrEnum):
    """What a port speaks. `AUTO` is found out from the first bytes; `UDP` ports are skipped by the mesh."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    HTTP2 = "HTTP2"
    GRPC = "GRPC"
    GRPC_WEB = "GRPC-WEB"
    TCP = "TCP"
    TLS = "TLS"
    MONGO = "Mongo"
    MYSQL = "MySQL"
    REDIS = "Redis"
    HBONE = "HBONE"
    UDP = "UDP"
    AUTO = "AUTO"

    @property
    def is_http(self) -> bool:
        """Plain HTTP of any version, to which routes apply."""
        return self in _HTTP

    @property
    def is_http2(self) -> bool:
        """HTTP/2 with prior knowledge."""
        return self in (Protocol.HTTP2, Protocol.GRPC, Protocol.GRPC_WEB)

    @property
    def is_tls(self) -> bool:
        """TLS that the application itself speaks; routed by SNI."""
        return self in (Protocol.HTTPS, Protocol.TLS)

    @property
    def may_be_grpc(self) -> bool:
        """Whether gRPC may be spoken, which nobody need declare as such."""
        return self.is_http2 or self.is_auto

    @property
    def is_auto(self) -> bool:
        """Found out from the first bytes."""
        return self is Protocol.AUTO


_HTTP = frozenset({Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC, Protocol.GRPC_WEB})
_WELL_KNOWN_TCP = frozenset({25, 53, 3306, 27017})
_BY_NAME = {protocol.value.lower(): protocol for protocol in Protocol if protocol not in (Protocol.AUTO, Protocol.HBONE)}
_BY_APP_PROTOCOL = {"kubernetes.io/h2c": Protocol.HTTP2, "kubernetes.io/ws": Protocol.HTTP, "kubernetes.io/wss": Protocol.HTTPS}


def named(word: str) -> Protocol | None:
    """The protocol a user's word stands for, whatever its case; None when there is no such protocol."""
    return _BY_NAME.get(word.lower())


def of_port(number: int, name: str, app_protocol: str = "", transport: str = "TCP") -> Protocol:
    """SD-1: `appProtocol` takes the place of the port's name, of which the prefix counts; what is not known by it is found out from the bytes,
    except on server-first ports.
    """
    if transport == "UDP":
        return Protocol.UDP
    word = (app_protocol or name).lower()
    if word.startswith("grpc-web"):
        return Protocol.GRPC_WEB
    known = _BY_APP_PROTOCOL.get(app_protocol.lower()) or _BY_NAME.get(word.split("-", 1)[0])
    return known or (Protocol.TCP if number in _WELL_KNOWN_TCP else Protocol.AUTO)
