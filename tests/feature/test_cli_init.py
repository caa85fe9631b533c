"""What `lateen init` writes is what `lateen up` reads."""

from __future__ import annotations

import re

from lateen.cli.init import SAMPLE
from lateen.local import mesh_file


def test_the_sample_is_right_as_it_is() -> None:
    mesh, findings = mesh_file.read(SAMPLE)
    assert findings == []
    assert mesh is not None
    assert list(mesh.services) == ["web"]


def test_it_is_right_with_everything_in_it_that_is_commented_out() -> None:
    everything = re.sub(r"^( *)# ((?:config:|api:|  +\S|gateways:).*)$", r"\1\2", SAMPLE, flags=re.MULTILINE)
    mesh, findings = mesh_file.read(everything)
    assert [str(each) for each in findings] == []
    assert mesh is not None
    assert set(mesh.services) == {"web", "api"}
    assert set(mesh.gateways) == {"ingress"}
