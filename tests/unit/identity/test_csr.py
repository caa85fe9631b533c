"""What is read from a certificate signing request, and what is refused."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lateen.identity import csr
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity


def test_a_request_gives_its_public_key_whoever_it_says_it_is():
    key = csr.new_key()
    assert csr.public_key(csr.request_pem(key, Identity("cluster.local", "kube-system", "admin"))) == key.public_key()


def test_a_request_whose_signature_does_not_match_is_refused():
    der = bytearray(x509.load_pem_x509_csr(csr.request_pem(csr.new_key()).encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    tampered = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    answer = csr.public_key(tampered)
    assert isinstance(answer, Refusal) and "signature" in answer.sentence


def test_what_is_no_request_is_refused():
    assert csr.public_key("hello") == Refusal("The certificate signing request is not one in PEM form (`-----BEGIN CERTIFICATE REQUEST-----`).")


def test_a_giant_request_is_not_even_parsed():
    assert csr.public_key("x" * 20_000) == Refusal("The certificate signing request has 20000 characters; at most 16384 are read.")


def test_weak_and_odd_keys_are_refused():
    assert csr.public_key(csr.request_pem(rsa.generate_private_key(65537, 1024))) == Refusal("The RSA key has 1024 bits; expected 2048 to 8192.")
    assert csr.public_key(csr.request_pem(ec.generate_private_key(ec.SECP521R1()))) == Refusal(
        "The key is on the curve secp521r1; expected P-256 or P-384."
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(ed25519.Ed25519PrivateKey.generate(), None)
    assert isinstance(csr.public_key(request.public_bytes(Encoding.PEM).decode()), Refusal)
