"""The certificate of the gateway's Envoy, told as an agent tells it: `python -m bench.secrets SOCKET`. Nobody asks for it to be shown."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import grpc.aio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lateen.agent.sds import SecretService
from lateen.agent.secrets import Certificate, Secrets


def certificate() -> Certificate:
    """One that signs itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    chain = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(chain, secret, chain)


async def serve(path: str) -> None:
    """Answer until killed."""
    told = grpc.aio.server()
    told.add_generic_rpc_handlers((SecretService(Secrets(certificate())).handler(),))
    told.add_insecure_port(f"unix:{path}")
    await told.start()
    await told.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
