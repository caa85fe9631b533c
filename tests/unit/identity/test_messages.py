"""The certificate service's messages on the wire."""

from lateen.identity.messages import METHOD, IstioCertificateRequest, IstioCertificateResponse


def test_the_messages_have_the_numbers_of_istios():
    request = IstioCertificateRequest(csr="c", validity_duration=5, metadata={"a": True})
    assert request.SerializeToString() == b"\x0a\x01c\x18\x05\x22\x09\x0a\x07\x0a\x01a\x12\x02\x20\x01"
    assert IstioCertificateResponse(cert_chain=["a", "b"]).SerializeToString() == b"\x0a\x01a\x0a\x01b"
    assert METHOD == "/istio.v1.auth.IstioCertificateService/CreateCertificate"
