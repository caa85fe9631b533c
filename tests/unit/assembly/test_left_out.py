"""What users are told of patches that had to be left out."""

from __future__ import annotations

import pytest

from lateen.assembly.left_out import findings
from lateen.render.patch import Refused
from lateen.values.ref import Ref

IT, OTHER = Ref("EnvoyFilter", "default", "it"), Ref("EnvoyFilter", "default", "other")
PROXY = "sidecar~10.0.0.1~a.default~default.svc.cluster.local"


@pytest.mark.rule("EX-3")
def test_each_patch_is_told_of_once_on_its_object() -> None:
    found = findings(
        [(PROXY, Refused(IT, 1, "b", "name is empty.")), (PROXY, Refused(IT, 1, "a", "name is empty.")), (PROXY, Refused(OTHER, 0, "a", "no."))]
    )
    rest = "Correct the value; everything else is told to proxies as if the patch were not there."
    assert [str(each) for each in found] == [
        f'EnvoyFilter default/it spec.configPatches[1].patch: the patch is left out of "a" and 1 more (proxy {PROXY}): name is empty. {rest}',
        f'EnvoyFilter default/other spec.configPatches[0].patch: the patch is left out of "a" (proxy {PROXY}): no. {rest}',
    ]
    assert {each.code for each in found} == {"LAT0005"}


def test_who_asks_about_one_object_hears_of_that_one() -> None:
    found = findings([(PROXY, Refused(IT, 1, "b", "no.")), (PROXY, Refused(OTHER, 0, "a", "no."))], {OTHER})
    assert [each.ref for each in found] == [OTHER]
