"""Files of keys and certificates for the stage's echoes and callers: of the mesh's authority, and of one that is none of the mesh's."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lateen.identity import ca
from stage.certificates import minted
from stage.control import Control


class Credentials:
    """Makes PEM files in a folder. `outside_roots` verifies what is not of the mesh."""

    def __init__(self, folder: Path, control: Control) -> None:
        self._folder = folder
        self._control = control
        root = ca.new_root("outside", control.now())
        self._outside = root
        key = root.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.outside_roots = folder / "outside-roots.pem"
        self.outside_roots.write_bytes(root.certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "outside.pem").write_bytes(self.outside_roots.read_bytes() + key)
        self.mesh_roots = folder / "mesh-roots.pem"
        self.mesh_roots.write_bytes(control.certificate("default/default").roots)
        (folder / "roots.pem").write_bytes(self.outside_roots.read_bytes() + self.mesh_roots.read_bytes())
        (folder / "mesh.pem").write_bytes(self.mesh("default/default").read_bytes())

    def mesh(self, identity: str, trust_domain: str = "cluster.local") -> Path:
        """Chain and key of a member of the mesh, `NAMESPACE/SERVICE ACCOUNT`."""
        path = self._folder / f"mesh-{identity.replace('/', '-')}-{trust_domain}.pem"
        made = self._control.certificate(identity, trust_domain)
        path.write_bytes(made.chain + made.key)
        return path

    def outside(self, name: str, *, by_rsa: bool = False) -> Path:
        """Chain and key for a DNS name, an address or a URI, of the authority that `outside_roots` has."""
        path = self._folder / f"outside-{name.replace('/', '-').replace('*', 'any')}{'-rsa' if by_rsa else ''}.pem"
        path.write_bytes(minted(name, self._outside.certificate, self._outside.key, by_rsa=by_rsa))
        return path

    def revoked(self, *certificates: Path) -> Path:
        """The list of that authority by which these are revoked."""
        found = [x509.load_pem_x509_certificate(each.read_bytes()) for each in certificates]
        now = self._outside.certificate.not_valid_before_utc
        builder = x509.CertificateRevocationListBuilder(self._outside.certificate.subject, now, self._outside.certificate.not_valid_after_utc)
        for each in found:
            one = x509.RevokedCertificateBuilder().serial_number(each.serial_number).revocation_date(now).build()
            builder = builder.add_revoked_certificate(one)
        path = self._folder / "revoked.pem"
        path.write_bytes(builder.sign(self._outside.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path
