"""Host names: short-name expansion (N-1), wildcard matching (N-3). A host is a string; a wildcard is only a leading `*`."""

from __future__ import annotations

import ipaddress


def is_wildcard(host: str) -> bool:
    """Whether the host is `*` or begins with `*.`."""
    return host.startswith("*")


def is_partial(host: str) -> bool:
    """Whether the host is a wildcard for the beginning of a label, such as `*-api.example`."""
    return host.startswith("*") and host != "*" and not host.startswith("*.")


def is_address(host: str) -> bool:
    """Whether the host is an IP address literal, v4 or v6."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Whether the text is a range of IP addresses in CIDR notation."""
    address, slash, length = text.partition("/")
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return bool(address and slash) and length.isdecimal()


def qualified(host: str, namespace: str, domain: str) -> str:
    """The full name of `host` as written in a rule of `namespace` (N-1): only a name without any dot is expanded."""
    if "." in host or host == "*" or is_address(host):
        return host
    return f"{host}.{namespace}.svc.{domain}"


def matches(left: str, right: str) -> bool:
    """Whether the two hosts overlap (N-3). `*.foo.com` matches `a.b.foo.com` but not `foo.com`; two wildcards, one suffix being the other's end."""
    left_wild, right_wild = is_wildcard(left), is_wildcard(right)
    if left_wild and right_wild:
        return left[1:].endswith(right[1:]) or right[1:].endswith(left[1:])
    if left_wild:
        return right.endswith(left[1:])
    if right_wild:
        return left.endswith(right[1:])
    return left == right


def is_subset(host: str, of: str) -> bool:
    """Whether every name that `host` stands for is one that `of` stands for (N-3); one-directional."""
    if is_wildcard(of):
        return host[1:].endswith(of[1:]) if is_wildcard(host) else host.endswith(of[1:])
    return not is_wildcard(host) and host == of
