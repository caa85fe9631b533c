"""Who is who: the mesh's certificate authority, the roots it trusts, and how callers are authenticated.

Reading order: `lifetime`, `csr`, `ca`, `trust` (pure), `material` (the folder), `signed_token`, `join_token`, `possession`,
`authenticate`, `server` (gRPC). Siblings `store`, `xds` and `telemetry` are not known here, nor is this known there: `control` passes
`peer_identity` and `credentials` to whoever serves a port.
"""

from lateen.identity.authenticate import Authenticator, Credentials, authenticated
from lateen.identity.ca import Authority, Root, Serving, issue, new_intermediate, new_root, serving_certificate
from lateen.identity.lifetime import renew_at
from lateen.identity.material import Material, MaterialUnusable, load_or_create
from lateen.identity.refusal import Refusal
from lateen.identity.server import Clients, credentials, handlers, peer_identity, server_credentials
from lateen.identity.trust import TrustBundle

__all__ = [
    "Authenticator",
    "Authority",
    "Clients",
    "Credentials",
    "Material",
    "MaterialUnusable",
    "Refusal",
    "Root",
    "Serving",
    "TrustBundle",
    "authenticated",
    "credentials",
    "handlers",
    "issue",
    "load_or_create",
    "new_intermediate",
    "new_root",
    "peer_identity",
    "renew_at",
    "server_credentials",
    "serving_certificate",
]
