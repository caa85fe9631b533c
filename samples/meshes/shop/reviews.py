"""What people think; the second version shows ratings as stars."""

from __future__ import annotations

import os

from service import NAME, Answer, call, serve

STARS = os.environ.get("STARS") == "true"


def reviews(path: str, headers: dict[str, str]) -> Answer:
    """The reviews, with a rating."""
    rating = call("ratings", "/")
    shown = "*" * rating["rating"] if STARS else rating["rating"]
    told = {"served_by": NAME, "version": os.environ["VERSION"], "called_by": headers.get("x-forwarded-client-cert", "")}
    return 200, {**told, "rating": shown, "ratings_asked": rating["attempt"]}


if __name__ == "__main__":
    serve(reviews)
