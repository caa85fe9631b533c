from lateen.api.core.pod import Pod, PodCondition, PodIP, PodStatus


def test_a_pod_has_all_its_addresses_or_the_one_it_had_first() -> None:
    assert Pod(status=PodStatus(pod_ip="10.0.0.1", pod_ips=(PodIP("10.0.0.1"), PodIP("fd00::1")))).addresses == ("10.0.0.1", "fd00::1")
    assert Pod(status=PodStatus(pod_ip="10.0.0.1")).addresses == ("10.0.0.1",)
    assert Pod().addresses == ()


def test_a_pod_is_ready_when_its_condition_says_so() -> None:
    assert Pod(status=PodStatus(conditions=(PodCondition("Ready", "True"),))).is_ready
    assert not Pod(status=PodStatus(conditions=(PodCondition("Ready", "False"), PodCondition("Initialized", "True")))).is_ready
