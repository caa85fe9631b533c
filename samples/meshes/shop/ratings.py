"""A rating. The first replica is broken on purpose."""

from __future__ import annotations

import os

from service import NAME, Answer, serve

BROKEN = os.environ.get("REPLICA") == "0"


def rating(path: str, headers: dict[str, str]) -> Answer:
    """The rating, or an error."""
    if BROKEN:
        return 503, {"error": "out of order", "by": NAME}
    return 200, {"served_by": NAME, "rating": 4, "attempt": int(headers.get("x-envoy-attempt-count", "1"))}


if __name__ == "__main__":
    serve(rating)
