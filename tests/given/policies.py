"""AuthorizationPolicies made by chance, of a few words, so that some of their rules fit some calls.

The workload that they are about is at 10.1.0.20, is called as web, and listens on 8080, 9090, 9095 and 9999; callers are friend and api of default,
friend of other, or nobody, at some 10.250.0.x; requests go to `/`, `/public/x` or, as ann, to `/admin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Manifest = dict[str, Any]

SOURCE = {
    "principals": ("cluster.local/ns/default/sa/friend", "*", "cluster.local/ns/other/*", "*/sa/api", "old/ns/default/sa/friend"),
    "namespaces": ("default", "oth*", "*", "elsewhere"),
    "trustDomains": ("cluster.local", "old", "*"),
    "ipBlocks": ("10.0.0.0/8", "10.250.0.0/16", "192.0.2.0/24"),
    "remoteIpBlocks": ("10.0.0.0/8", "203.0.113.0/24"),
    "requestPrincipals": ("*", "one/ann"),
}
OPERATION = {
    "methods": ("GET", "P*", "*"),
    "paths": ("/", "/public/*", "*x", "/admin", "*", "/{*}/x", "/{**}"),
    "hosts": ("web:*", "WEB:8080", "*:9095", "web"),
    "ports": ("8080", "9090", "9095", "9999"),
}
CONDITIONS = {
    "request.headers[x-user]": ("ann", "a*", "*"),
    "source.ip": ("10.250.0.0/16", "192.0.2.1"),
    "source.namespace": ("default", "other"),
    "source.principal": ("*/sa/friend", "cluster.local/ns/default/sa/api"),
    "destination.port": ("8080", "9095"),
    "destination.ip": ("10.1.0.20", "10.0.0.0/30"),
    "connection.sni": ("outbound_.80_*", "*"),
    "request.auth.claims[iss]": ("one",),
}


def lists(chance: Random, of: Mapping[str, Sequence[str]], most: int) -> Manifest:
    """Some lists of some values, some of them turned round."""
    found = {}
    for field in chance.sample(sorted(of), chance.randint(1, most)):
        name = field if chance.random() < 0.65 else f"not{field[0].upper()}{field[1:]}"
        found[name] = chance.sample(of[field], chance.randint(1, min(2, len(of[field]))))
    return found


def any_rule(chance: Random) -> Manifest:
    """A rule of up to two sources, operations and conditions each."""
    found: Manifest = {}
    if chance.random() < 0.7:
        found["from"] = [{"source": lists(chance, SOURCE, 2)} for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.6:
        found["to"] = [{"operation": lists(chance, OPERATION, 2)} for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.4:
        values = "values" if chance.random() < 0.65 else "notValues"
        found["when"] = [{"key": key, values: [chance.choice(CONDITIONS[key])]} for key in chance.sample(sorted(CONDITIONS), chance.randint(1, 2))]
    return found


def policies(seed: int) -> list[Manifest]:
    """One to three policies of namespace default, some of them on trial. The same seed gives the same."""
    chance = Random(seed)
    found = []
    for number in range(chance.randint(1, 3)):
        rules = [any_rule(chance) for _ in range(chance.randint(1, 3))]
        annotations = chance.choice(({"istio.io/dry-run": "true"}, {}, {}, {}))
        metadata = {"name": f"p{number}", "namespace": "default", "annotations": annotations}
        spec = {"action": chance.choice(("ALLOW", "ALLOW", "DENY", "AUDIT")), "rules": rules}
        found.append({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec})
    return found
