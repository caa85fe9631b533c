"""The messages of `istio.v1.auth.IstioCertificateService`, declared here by hand: two messages of four fields need no generated code.

The names and numbers are those of Istio's `security/v1alpha1/ca.proto`, so agents of Istio can call our service and ours theirs.
They live in a descriptor pool of their own, where they cannot collide with another library's copy.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

SERVICE = "istio.v1.auth.IstioCertificateService"
METHOD = f"/{SERVICE}/CreateCertificate"
WORKLOAD = "Workload"
"""The key of a request's metadata under which an agent says what its workload is called in metrics."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED


def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="lateen/identity/ca.proto", package="istio.v1.auth", syntax="proto3", dependency=[struct_pb2.DESCRIPTOR.name]
    )
    request = file.message_type.add(name="IstioCertificateRequest")
    request.field.add(name="csr", number=1, type=_FIELD.TYPE_STRING, label=_ONE)
    request.field.add(name="validity_duration", number=3, type=_FIELD.TYPE_INT64, label=_ONE)
    request.field.add(name="metadata", number=4, type=_FIELD.TYPE_MESSAGE, type_name=".google.protobuf.Struct", label=_ONE)
    response = file.message_type.add(name="IstioCertificateResponse")
    response.field.add(name="cert_chain", number=1, type=_FIELD.TYPE_STRING, label=_MANY)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _pool()
IstioCertificateRequest: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("istio.v1.auth.IstioCertificateRequest"))
"""`csr` (PEM), `validity_duration` (seconds), `metadata` (a Struct, of which `WORKLOAD` is read)."""
IstioCertificateResponse: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("istio.v1.auth.IstioCertificateResponse"))
"""`cert_chain`: PEM, the leaf first and the root last."""
