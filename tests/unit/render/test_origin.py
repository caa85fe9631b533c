"""Where a piece of configuration says it comes from."""

from __future__ import annotations

from envoy.config.core.v3.base_pb2 import Metadata
from google.protobuf.json_format import MessageToDict

from lateen.render.origin import origin_metadata
from lateen.values.ref import Ref


def test_the_origin_is_written_as_istio_writes_it():
    seen = MessageToDict(Metadata.FromString(origin_metadata(Ref("DestinationRule", "default", "reviews"))))

    assert seen["filterMetadata"]["istio"]["config"] == "/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews"
