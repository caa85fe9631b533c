import msgspec

from lateen.api.extensions.traffic_extension import ExecutionPhase, TrafficExtension


def test_a_phase_may_be_written_with_the_long_name_of_protobuf() -> None:
    extension = msgspec.convert({"phase": "EXECUTION_PHASE_AUTHN", "lua": {"inlineCode": "x"}}, TrafficExtension)
    assert extension.phase is ExecutionPhase.AUTHN
