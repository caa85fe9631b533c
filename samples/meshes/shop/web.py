"""The front page: what is for sale, and what people think of it. `x-forwarded-client-cert` tells who called."""

from __future__ import annotations

from service import NAME, Answer, call, serve


def page(path: str, headers: dict[str, str]) -> Answer:
    """One page, made of what two other services say; the user is passed on, for routes may depend on it."""
    passed = {"x-user": headers["x-user"]} if "x-user" in headers else {}
    catalog, reviews = call("catalog", "/items"), call("reviews", "/", passed)
    return 200, {"served_by": NAME, "called_by": headers.get("x-forwarded-client-cert", ""), "catalog": catalog, "reviews": reviews}


if __name__ == "__main__":
    serve(page)
