"""How a request's destination decides what ALPN the mesh's TLS carries it under (RULE 0.1, CL-6).

The words stand in the destination's metadata, for which see `http_connection_manager`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lateen.ir.destination import Http
from lateen.ir.tls import MeshTls, Tls

HTTP1 = "istio-http/1.1,istio,http/1.1"
HTTP2 = "istio-h2,istio,h2"
WORD, WORD_HTTP2 = "alpn", "alpn_h2"
"""The ALPN for requests; and for requests that come as HTTP/2 where that makes a difference."""

_WORDS: Mapping[Http, Mapping[str, str]] = {
    Http.HTTP1: {WORD: HTTP1},
    Http.HTTP2: {WORD: HTTP2},
    Http.CLIENT: {WORD: HTTP1, WORD_HTTP2: HTTP2},
}


def words(tls: Tls | None, protocol: Http) -> Mapping[str, str]:
    """The words of a destination; none where no identities of the mesh are shown."""
    return _WORDS[protocol] if isinstance(tls, MeshTls) else {}
