"""What a fuzzer calls with bytes, and what may never come of them: an exception.

`reading` takes the bytes as the text of a file. `gateway_api` makes objects of Gateway API of them, and reads and checks those. `whole` makes a world
of them, and takes it from text to what every proxy is told. Each choice of `worlds.Drawing` is made by two bytes, so that one byte changes one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import yaml

from lateen.api import kinds, mesh_config, mesh_networks
from lateen.check.offline import check_text
from tests.property.test_worlds import go_through
from tests.property.worlds import WEIGHED, Draw, Drawing

MOST = 8
GATEWAY_API: Final = tuple(kind for kind in kinds.KINDS.values() if kind.group == kinds.GATEWAY_API)


def choices(text: bytes) -> Draw:
    """Choices by two bytes each; the plainest once there are none left."""
    left = iter(zip(text[::2], text[1::2], strict=False))

    def draw(number: int) -> int:
        high, low = next(left, (0, 0))
        return (high * 256 + low) % number

    return draw


def reading(text: bytes) -> None:
    """Reads and checks."""
    read = text.decode(errors="replace")
    check_text(read)
    mesh_config.decode(read)
    mesh_networks.decode(read)


def gateway_api(text: bytes) -> None:
    """Up to `MOST` objects of Gateway API, a quarter of them broken, read and checked; what is said of each can be written down."""
    drawing = Drawing(choices(text))
    drawn = [drawing.manifest(drawing.one(GATEWAY_API)) for _ in range(min(MOST, 1 + len(text) // 200))]
    written = [drawing.corrupted(manifest) if drawing.seldom(4) else manifest for manifest in drawn]
    for finding in check_text(yaml.safe_dump_all(written, allow_unicode=True), "mesh.yaml"):
        msgspec.json.encode(finding.as_json())


def whole(text: bytes) -> None:
    """A world of up to `MOST` objects, a quarter of them broken, on its whole way."""
    drawing = Drawing(choices(text))
    world = []
    for _ in range(min(MOST, 1 + len(text) // 200)):
        manifest = drawing.manifest(drawing.one(WEIGHED))
        world.append(drawing.corrupted(manifest) if drawing.seldom(4) else manifest)
    go_through(yaml.safe_dump_all(world, allow_unicode=True))


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {"reading": reading, "gateway_api": gateway_api, "whole": whole}
