"""Where requests go: a table of virtual hosts, each with rules of which the first that fits decides.

Values only, told to Envoy by `render` and evaluated by `explain`. Times are whole nanoseconds; parts are of a million.
"""

from __future__ import annotations

import msgspec

from lateen.ir.match import EVERYTHING, Match, Text
from lateen.values.ref import Ref

MILLION = 1_000_000
UNNAMED = "default"
"""The name of a rule to which nobody gave one."""


def outbound(host: str, port: int, subset: str = "") -> str:
    """The name under which a destination is known (N-7): `outbound|80|v1|reviews.default.svc.cluster.local`."""
    return f"outbound|{port}|{subset}|{host}"


class HeaderChanges(msgspec.Struct, frozen=True, cache_hash=True):
    """What happens to the headers of a message, as pairs of name and value: replaced or added, appended, taken away."""

    put: tuple[tuple[str, str], ...] = ()
    append: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.append or self.remove)

    def then(self, after: HeaderChanges) -> HeaderChanges:
        """These changes, and `after` them the others."""
        if not (self and after):
            return self or after
        return HeaderChanges(self.put + after.put, self.append + after.append, self.remove + after.remove)


UNCHANGED = HeaderChanges()


class Share(msgspec.Struct, frozen=True, cache_hash=True):
    """One of the destinations among which requests are divided by weight. `authority` replaces the Host header unless empty."""

    destination: str
    weight: int = 1
    request: HeaderChanges = UNCHANGED
    response: HeaderChanges = UNCHANGED
    authority: str = ""


class Retry(msgspec.Struct, frozen=True, cache_hash=True):
    """How often and when a request is tried again.

    `conditions` are Envoy's words (`connect-failure`). `other_hosts` avoids hosts already tried, `other_localities` also localities.
    """

    attempts: int
    conditions: tuple[str, ...]
    status_codes: tuple[int, ...] = ()
    try_timeout: int | None = None
    backoff: int | None = None
    other_hosts: bool = True
    other_localities: bool = False


class Replacement(msgspec.Struct, frozen=True, cache_hash=True):
    """What a path becomes: `prefix` stands for the part that the rule matched; or else `pattern`, by RE2, is substituted (`\\1` for groups)."""

    prefix: str = ""
    pattern: str = ""
    substitution: str = ""


class Mirror(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a copy of some requests goes; nobody waits for the answer."""

    destination: str
    part: int = MILLION


class Cookie(msgspec.Struct, frozen=True, cache_hash=True):
    """A cookie by which requests are spread; with a `lifetime` it is made when the client has none (0: for the session)."""

    name: str
    lifetime: int | None = None
    path: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


class HashKey(msgspec.Struct, frozen=True, cache_hash=True):
    """What decides which endpoint a request sticks to; exactly one field is set."""

    header: str = ""
    parameter: str = ""
    cookie: Cookie | None = None
    source_address: bool = False


class Session(msgspec.Struct, frozen=True, cache_hash=True):
    """A client that was answered by an endpoint goes back to it as long as it is there, also while it drains. The endpoint is told to the client in
    `cookie`, valid under `path`, or else in `header`.
    """

    cookie: str = ""
    path: str = "/"
    header: str = ""


class Forward(msgspec.Struct, frozen=True, cache_hash=True):
    """Send the request on. One share gets everything whatever its weight; with none at all the request is answered with 500.

    `timeout` 0 means none. `authority` replaces the Host header for all shares unless empty; `tells_authority`: what it replaces, for all shares or
    some, is told on as `x-forwarded-host`.
    """

    shares: tuple[Share, ...]
    timeout: int = 0
    retry: Retry | None = None
    authority: str = ""
    tells_authority: bool = False
    path: Replacement | None = None
    mirrors: tuple[Mirror, ...] = ()
    hash_keys: tuple[HashKey, ...] = ()
    session: Session | None = None


class Redirect(msgspec.Struct, frozen=True, cache_hash=True):
    """Tell the client to go elsewhere. What is empty stays as requested; `port` 0 is left to the scheme."""

    code: int = 301
    scheme: str = ""
    authority: str = ""
    port: int = 0
    path: str = ""
    rewrite: Replacement | None = None


class Answer(msgspec.Struct, frozen=True, cache_hash=True):
    """Answer in the upstream's place."""

    status: int
    body: bytes = b""


Action = Forward | Redirect | Answer


class Delay(msgspec.Struct, frozen=True, cache_hash=True):
    """Hold back a part of the requests."""

    part: int
    duration: int


class Abort(msgspec.Struct, frozen=True, cache_hash=True):
    """Fail a part of the requests, with an HTTP status or a gRPC one; the other is None."""

    part: int
    status: int | None = None
    grpc_status: int | None = None


class Fault(msgspec.Struct, frozen=True, cache_hash=True):
    """Faults injected before anything is sent; the delay comes first."""

    delay: Delay | None = None
    abort: Abort | None = None


class Cors(msgspec.Struct, frozen=True, cache_hash=True):
    """Which origins browsers may call from. `max_age` in whole seconds; `credentials` None leaves the header out."""

    origins: tuple[Text, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool | None = None
    forward_unmatched: bool = True


class Rule(msgspec.Struct, frozen=True, cache_hash=True):
    """What happens to requests that fit `match`.

    `operation` names it in traces; `origin` is the object that says so, None for what holds where nobody says anything.
    """

    action: Action
    match: Match = EVERYTHING
    name: str = UNNAMED
    operation: str = ""
    request: HeaderChanges = UNCHANGED
    response: HeaderChanges = UNCHANGED
    fault: Fault | None = None
    cors: Cors | None = None
    stat_prefix: str = ""
    origin: Ref | None = None


class VirtualHost(msgspec.Struct, frozen=True, cache_hash=True):
    """Rules for requests whose Host, without port, is one of `domains` (all different, `*` for any, `*.x` for any name under x).

    With `https_only` plain requests are redirected. `counted`: the request says which attempt it is; at the workload itself it already does, as its
    caller's proxy counted. `grpc`: requests may be gRPC, so gRPC-Web is translated to it. `origins` are all objects that have a say, the
    service included.
    """

    name: str
    domains: tuple[str, ...]
    rules: tuple[Rule, ...]
    https_only: bool = False
    counted: bool = True
    grpc: bool = False
    origins: tuple[Ref, ...] = ()
